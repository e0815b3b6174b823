"""Devices as lists show them: to their owner, and to the help desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bascule.devices import guides, programs
from bascule.devices.programs import Program
from bascule.models import Device


@dataclass(frozen=True, slots=True)
class Shown:
    """One line. facts: program, version, protocol and what is synchronised, in words."""

    row: Device
    program: Program
    facts: str
    boxes: tuple[str, ...]
    # Steps of its guide that are done, and how many there are.
    ticked: int
    steps: int

    @property
    def is_pop(self) -> bool:
        return self.row.protocol == Device.Protocol.POP

    @property
    def is_avoided(self) -> bool:
        return bool(self.program.avoid)


def shown(devices: Iterable[Device]) -> list[Shown]:
    """Boxes should have been prefetched for more than one."""
    return [_shown(one) for one in devices]


def _shown(device: Device) -> Shown:
    program = programs.of_device(device)
    facts = [program.label, programs.version_label(device), device.get_protocol_display() if device.protocol else ""]
    codes = guides.step_codes(device)
    return Shown(
        device,
        program,
        " · ".join(filter(None, (*facts, synced(device)))),
        tuple(box.name for box in device.boxes.all()),
        len(codes.intersection(device.ticked)),
        len(codes),
    )


def synced(device: Device) -> str:
    """ "messages, contacts et calendrier" """
    words = [
        word
        for has, word in (
            (device.has_mail, "messages"),
            (device.has_contacts, "contacts"),
            (device.has_calendar, "calendrier"),
        )
        if has
    ]
    return f"{', '.join(words[:-1])} et {words[-1]}" if len(words) > 1 else "".join(words)
