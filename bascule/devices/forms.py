"""The one form of a device."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Agent
from bascule.devices import inventory
from bascule.devices.inventory import Wishes
from bascule.devices.programs import Program
from bascule.models import Device


class DeviceForm(forms.Form):
    """program: what it is about, which the page before asked for. device: None for a new one."""

    name = forms.CharField(
        required=False,
        max_length=inventory.NAME_MAX,
        error_messages={"max_length": f"Le nom compte plus de {inventory.NAME_MAX} caractères."},
    )
    version = forms.ChoiceField(required=False)
    protocol = forms.ChoiceField(required=False)
    has_mail = forms.BooleanField(required=False)
    has_contacts = forms.BooleanField(required=False)
    has_calendar = forms.BooleanField(required=False)
    boxes = forms.MultipleChoiceField(required=False)

    def __init__(self, agent: Agent, program: Program, data: Any = None, *, device: Device | None = None) -> None:
        super().__init__(data, initial=_initial(program, device))
        self.program = program
        self._offered: dict[str, list[tuple[str, str]]] = {}
        self._choices("version", [("", "Je ne sais pas"), *program.versions])
        labels = dict(Device.Protocol.choices)
        self._choices("protocol", [("", labels[""]), *((one, labels[one]) for one in program.protocols)])
        self._choices(
            "boxes",
            [(str(box.pk), f"{box.name} ({box.address})") for box in inventory.boxes_for(agent).order_by("name")],
        )

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = self._offered[name] = choices

    def choices_of(self, name: str) -> list[tuple[str, str, bool]]:
        """(value, label, whether it is chosen) as the template draws them."""
        value = self[name].value()
        chosen = {str(one) for one in value} if isinstance(value, list) else {str(value or "")}
        return [(key, label, key in chosen) for key, label in self._offered[name]]

    @property
    def version_choices(self) -> list[tuple[str, str, bool]]:
        return self.choices_of("version") if self.program.versions else []

    @property
    def protocol_choices(self) -> list[tuple[str, str, bool]]:
        return self.choices_of("protocol") if len(self.program.protocols) > 1 else []

    @property
    def box_choices(self) -> list[tuple[str, str, bool]]:
        return self.choices_of("boxes")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not any(values.get(name) for name in ("has_mail", "has_contacts", "has_calendar")):
            self.add_error("has_mail", "Cochez au moins ce que l’appareil relève : messages, contacts ou calendrier.")
        return values

    def wishes(self) -> Wishes:
        """Of a valid form."""
        values = self.cleaned_data
        return Wishes(
            program=self.program.code,
            name=values["name"],
            version=values["version"],
            protocol=values["protocol"],
            has_mail=values["has_mail"],
            has_contacts=values["has_contacts"],
            has_calendar=values["has_calendar"],
            box_ids=tuple(int(one) for one in values["boxes"]),
        )


def _initial(program: Program, device: Device | None) -> dict[str, Any]:
    if device is None:
        # One protocol is no question; of several, people who know it say so.
        only = program.protocols[0] if len(program.protocols) == 1 else ""
        return {"name": program.name, "has_mail": True, "protocol": only}
    return {
        "name": device.name,
        "version": device.version,
        "protocol": device.protocol,
        "has_mail": device.has_mail,
        "has_contacts": device.has_contacts,
        "has_calendar": device.has_calendar,
        "boxes": [str(pk) for pk in device.boxes.values_list("pk", flat=True)],
    }
