"""The thirteen steps of a person's move, as data (domain, section 3). What each page says is in `step_content`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepPhase(StrEnum):
    BEFORE = "before"
    AFTER = "after"


class Tool(StrEnum):
    """What the page of a step offers to do the work with."""

    CONTACTS = "contacts"  # deposit of address books, and their imports
    CALENDARS = "calendars"  # deposit of calendars, and their imports
    NOTES = "notes"  # private notes, shown again in the step after the move
    BOXES = "boxes"  # boxes ticked in a list, with notes
    MAILBOX = "mailbox"  # the way into the new mailbox, with notes on what is missing
    SIGNATURE = "signature"  # signatures saved, and sent to the new mailbox
    FILTERS = "filters"  # rules captured, and sent to the new mailbox
    SERVERS = "servers"  # exact settings for each kind of device


@dataclass(frozen=True)
class Step:
    """One step. `minutes` is the least and the most it takes, None when nobody can say."""

    code: str
    phase: StepPhase
    title: str
    minutes: tuple[int, int] | None
    tool: Tool
    optional: bool = True
    # `*` of the guide: only for what was set up in the old webmail itself.
    convergence_only: bool = False
    # The minutes count once for each device.
    per_device: bool = False
    # The step before the move whose result this step takes up.
    takes_up: str = ""
    takes_notes: bool = False
    # The inventory of devices is part of it.
    about_devices: bool = False

    @property
    def is_before(self) -> bool:
        return self.phase is StepPhase.BEFORE


STEPS: tuple[Step, ...] = (
    Step(
        "capture-filters",
        StepPhase.BEFORE,
        "Relever mes règles de filtrage",
        (5, 5),
        Tool.FILTERS,
        convergence_only=True,
        takes_notes=True,
    ),
    Step(
        "export-calendar",
        StepPhase.BEFORE,
        "Exporter mon agenda",
        (5, 5),
        Tool.CALENDARS,
        convergence_only=True,
    ),
    Step(
        "export-contacts",
        StepPhase.BEFORE,
        "Exporter mon carnet d’adresses",
        (5, 5),
        Tool.CONTACTS,
        convergence_only=True,
    ),
    Step(
        "save-signature",
        StepPhase.BEFORE,
        "Sauvegarder ma signature",
        (5, 5),
        Tool.SIGNATURE,
        convergence_only=True,
        takes_notes=True,
    ),
    Step(
        "note-boxes",
        StepPhase.BEFORE,
        "Noter les boîtes fonctionnelles que j’utilise",
        (3, 3),
        Tool.BOXES,
        takes_notes=True,
    ),
    Step(
        "note-devices",
        StepPhase.BEFORE,
        "Noter mes appareils connectés",
        (5, 5),
        Tool.NOTES,
        takes_notes=True,
        about_devices=True,
    ),
    Step(
        "check-mailbox",
        StepPhase.AFTER,
        "Vérifier mes dossiers et mes messages",
        (5, 10),
        Tool.MAILBOX,
        optional=False,
        takes_notes=True,
    ),
    Step(
        "check-boxes",
        StepPhase.AFTER,
        "Vérifier que je vois mes boîtes partagées",
        (5, 10),
        Tool.BOXES,
        takes_up="note-boxes",
    ),
    Step(
        "recreate-filters",
        StepPhase.AFTER,
        "Recréer mes règles de filtrage",
        (5, 5),
        Tool.FILTERS,
        convergence_only=True,
        takes_up="capture-filters",
    ),
    Step(
        "restore-calendar",
        StepPhase.AFTER,
        "Restaurer mon agenda",
        (5, 10),
        Tool.CALENDARS,
        takes_up="export-calendar",
    ),
    Step(
        "add-contacts",
        StepPhase.AFTER,
        "Ajouter mes contacts",
        None,
        Tool.CONTACTS,
        takes_up="export-contacts",
    ),
    Step(
        "recreate-signature",
        StepPhase.AFTER,
        "Recréer ma signature",
        (2, 2),
        Tool.SIGNATURE,
        takes_up="save-signature",
    ),
    Step(
        "reconfigure-devices",
        StepPhase.AFTER,
        "Reconfigurer Thunderbird et mes mobiles",
        (10, 15),
        Tool.SERVERS,
        per_device=True,
        takes_up="note-devices",
        about_devices=True,
    ),
)

_BY_CODE = {step.code: step for step in STEPS}


def get(code: str) -> Step:
    """The step of that code. Raises KeyError."""
    return _BY_CODE[code]


def neighbours(step: Step) -> tuple[Step | None, Step | None]:
    """The steps before and after `step`, over both phases."""
    place = STEPS.index(step)
    return (STEPS[place - 1] if place else None, STEPS[place + 1] if place + 1 < len(STEPS) else None)
