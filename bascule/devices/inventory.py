"""A person's devices: the only writer of them, and what pages read.

    À refaire ◄──► Fait
        ▲            ▲
        └► Ne sert plus ◄┘        any to any; being set up again is possible after the move only

Only the person writes: the inventory is theirs, and staff read it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts import journal
from accounts.models import Agent
from accounts.plain_text import plain
from bascule.devices import guides, programs
from bascule.models import Device
from boxes.models import Box, Delegation

State = Device.State

# Nobody reads mail on more; a hand-made flood must end somewhere.
MOST_DEVICES = 20
NAME_MAX = 60

SORTS = {"ajout": "Ordre d’ajout", "nom": "Nom", "etat": "À refaire d’abord"}


class DeviceError(Exception):
    """Refused; `sentence` tells the person why."""

    sentence = ""


class TooMany(DeviceError):
    sentence = f"Vous avez déjà noté {MOST_DEVICES} appareils : retirez ceux qui ne servent plus."


class NameTaken(DeviceError):
    sentence = "Vous avez déjà un appareil de ce nom : choisissez-en un autre, pour les reconnaître."


class NotMoved(DeviceError):
    sentence = "Cette étape s’ouvrira quand votre boîte aura été transférée."


class NotYours(DeviceError):
    sentence = "Cet appareil n’est pas le vôtre."


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the form of a device says. box_ids: boxes out of reach are left out."""

    program: str
    name: str
    version: str = ""
    protocol: str = ""
    has_mail: bool = True
    has_contacts: bool = False
    has_calendar: bool = False
    box_ids: tuple[int, ...] = ()


def of_agent(agent: Agent) -> QuerySet[Device]:
    """The person's devices in the order they were noted."""
    return Device.objects.filter(agent=agent)


def chosen(devices: Collection[Device], *, wanted: str = "", state: str = "", sort: str = "") -> list[Device]:
    """Those whose name or program hold the words of `wanted`, in that state, sorted by a key of SORTS.

    Done here and not in the database: accents must not matter, and there are never more than `MOST_DEVICES`.
    """
    sought = plain(wanted).split()
    kept = [
        one
        for one in devices
        if (not state or one.state == state)
        and all(word in plain(f"{one.name} {programs.of_device(one).label}") for word in sought)
    ]
    if sort == "nom":
        kept.sort(key=lambda one: plain(one.name))
    elif sort == "etat":
        order = {State.TO_DO: 0, State.DONE: 1, State.UNUSED: 2}
        kept.sort(key=lambda one: order[State(one.state)])
    return kept


def boxes_for(agent: Agent) -> QuerySet[Box]:
    """Functional boxes that may be read on a device: those noted, and those the person has access to."""
    return Box.objects.filter(
        Q(uses__agent=agent) | Q(pk__in=Delegation.objects.current().filter(agent=agent).values("box"))
    ).distinct()


def add(*, agent: Agent, wishes: Wishes, by: Agent) -> Device:
    """Note a device. Raises KeyError (no such program), TooMany, NameTaken, NotYours."""
    _own(agent, by)
    with transaction.atomic():
        # The person's row is the lock under which the devices are counted.
        Agent.objects.select_for_update().get(pk=agent.pk)
        if of_agent(agent).count() >= MOST_DEVICES:
            raise TooMany
        try:
            with transaction.atomic():
                device = Device.objects.create(agent=agent, **_columns(wishes))
        except IntegrityError as error:
            raise NameTaken from error
        _set_boxes(device, wishes)
        _record("device.added", device, by)
    return device


def change(*, device: Device, wishes: Wishes, by: Agent) -> None:
    """Raises KeyError, NameTaken, NotYours. What was ticked of another program's guide is forgotten."""
    _own(device.agent, by)
    with transaction.atomic():
        row = _locked(device)
        columns = _columns(wishes)
        if columns["program"] != row.program:
            columns |= {"ticked": [], "state": State.TO_DO if row.state == State.DONE else row.state}
        for name, value in columns.items():
            setattr(row, name, value)
        try:
            with transaction.atomic():
                row.save(update_fields=[*columns, "changed_at"])
        except IntegrityError as error:
            raise NameTaken from error
        _set_boxes(row, wishes)
        _record("device.changed", row, by)


def remove(*, device: Device, by: Agent) -> None:
    """The device goes from the list; its application passwords stay as they are. Raises NotYours."""
    _own(device.agent, by)
    with transaction.atomic():
        row = _locked(device)
        _record("device.removed", row, by)
        row.delete()


def mark(*, device: Device, state: str, by: Agent) -> None:
    """Raises NotMoved (set up again before the move), NotYours, ValueError (no such state)."""
    wanted = State(state)
    _own(device.agent, by)
    if wanted == State.DONE and not device.agent.has_migrated:
        raise NotMoved
    with transaction.atomic():
        row = _locked(device)
        if row.state == wanted:
            return
        row.state = wanted
        row.save(update_fields=["state", "changed_at"])
        _record(f"device.{wanted.value}", row, by)


def tick(*, device: Device, step: str, done: bool, by: Agent) -> None:
    """Remember that a step of the device's guide is done, or not any more. Raises KeyError (no such step), NotYours.

    A step ticked is no act worth the journal: the state of the device is.
    """
    _own(device.agent, by)
    with transaction.atomic():
        row = _locked(device)
        if step not in guides.step_codes(row):
            raise KeyError(step)
        ticked = [code for code in row.ticked if code != step]
        row.ticked = [*ticked, step] if done else ticked
        row.save(update_fields=["ticked", "changed_at"])


def _own(agent: Agent, by: Agent) -> None:
    if agent.pk != by.pk:
        raise NotYours


def _locked(device: Device) -> Device:
    return Device.objects.select_for_update().get(pk=device.pk)


def _columns(wishes: Wishes) -> dict[str, Any]:
    program = programs.get(wishes.program)
    versions = dict(program.versions)
    return {
        "kind": program.kind,
        "program": program.code,
        "name": clean_name(wishes.name) or program.name,
        "version": wishes.version if wishes.version in versions else "",
        "protocol": wishes.protocol if wishes.protocol in program.protocols else "",
        "has_mail": wishes.has_mail,
        "has_contacts": wishes.has_contacts and program.contacts,
        "has_calendar": wishes.has_calendar and program.calendar,
    }


def clean_name(name: str) -> str:
    """Blanks as one, nothing that is not printed: it becomes the name of an application password."""
    return " ".join("".join(one if one.isprintable() else " " for one in name).split())[:NAME_MAX].rstrip()


def _set_boxes(device: Device, wishes: Wishes) -> None:
    device.boxes.set(boxes_for(device.agent).filter(pk__in=wishes.box_ids))


def _record(action: str, device: Device, by: Agent) -> None:
    journal.record(
        action, by=by, subject=device.agent, target=f"device:{device.pk}", target_label=device.name, kind=device.kind
    )


# --- what pages show ---


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a person is with the devices. left: those still to be set up again."""

    total: int
    done: int
    unused: int

    @property
    def left(self) -> int:
        return self.total - self.done - self.unused

    @property
    def is_over(self) -> bool:
        """At least one device, and none left to set up."""
        return self.total > 0 and self.left == 0

    @property
    def in_use(self) -> int:
        return self.total - self.unused


def standing(devices: Collection[Device]) -> Standing:
    states = [one.state for one in devices]
    return Standing(len(states), states.count(State.DONE), states.count(State.UNUSED))
