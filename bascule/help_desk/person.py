"""Who a person is to the help desk: identity, wave and why, steps, boxes, journal. A bounded number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Value, When
from django.urls import NoReverseMatch, reverse

from accounts import sentences
from accounts.models import Agent, JournalEntry
from bascule import planning, steps
from bascule.checklist import StepView, checklist
from bascule.help_desk.acts_wave import when_of
from bascule.models import Standing, StepState, Wave, WaveAssignment
from bascule.planning import Schedule
from boxes import selectors
from boxes.models import AccountRequest, Box

JOURNAL_SHOWN = 50
BOXES_SHOWN = 100


@dataclass(frozen=True)
class Place:
    """The wave of a person. why: in words; when: date or period; url: the wave's own page."""

    wave: Wave | None
    why: str
    when: str
    schedule: Schedule
    assignment: WaveAssignment | None
    url: str = ""


@dataclass(frozen=True)
class StepLine:
    """A step as the person sees it. has_notes: something is noted, whatever it is; changed_at: last touched."""

    view: StepView
    changed_at: datetime | None
    has_notes: bool

    @property
    def code(self) -> str:
        return self.view.step.code

    @property
    def may_be_left_out(self) -> bool:
        return self.view.step.optional and self.view.state != StepState.State.NOT_CONCERNED


@dataclass(frozen=True)
class StepPart:
    title: str
    lines: list[StepLine]
    closed: int


@dataclass(frozen=True)
class JournalLine:
    entry: JournalEntry
    sentence: str
    reason: str
    on_behalf: str


def load(agent_id: int) -> Agent | None:
    """The person with all that the page says of identity and wave; one query."""
    rows = Agent.objects.select_related(
        "population", "establishment", "standing__wave", "wave_assignment__wave", "wave_assignment__by"
    )
    return rows.filter(pk=agent_id).first()


def facts(agent: Agent) -> list[str]:
    """What is out of the ordinary, in whole sentences."""
    told = []
    if not agent.is_active:
        told.append(
            "Cette personne n’est plus dans l’annuaire : elle ne peut plus se connecter, rien ne lui est envoyé."
        )
    if agent.last_login is None:
        told.append("Elle ne s’est jamais connectée au portail.")
    if agent.is_staff:
        told.append("Elle fait partie de l’équipe DSI : elle a accès à ces pages.")
    if agent.function == Agent.Function.HEAD:
        told.append(
            "Direction : propriétaire par défaut des boîtes de son établissement, dont elle fait le recensement."
        )
    request = AccountRequest.objects.filter(agent=agent).order_by("-pk").first()
    if request is not None:
        told.append(f"Personnel de collectivité ({request.employer}) : son compte a été demandé par le recensement.")
    return told


def place(agent: Agent, today: date) -> Place:
    """Where the person stands in the planning, and why there."""
    standing: Standing | None = getattr(agent, "standing", None)
    assignment: WaveAssignment | None = getattr(agent, "wave_assignment", None)
    wave, assigned = planning.wave_of(agent)
    moved_on = agent.migrated_at.date() if agent.migrated_at else None
    schedule = planning.schedule(wave, moved_on=moved_on, today=today, assigned=assigned)
    if wave is None:
        why = "Aucune vague ne prend son établissement ni sa population."
    elif assigned:
        why = "Choisie à la main par l’équipe DSI."
    elif agent.has_migrated:
        why = "La vague de son transfert."
    elif wave.state in Wave.CLOSED:
        why = f"La vague est {wave.get_state_display().lower()} : sa liste ne change plus."
    elif standing is not None and standing.wave_id == wave.pk and standing.why:
        why = f"Donnée {standing.get_why_display()}."
    else:
        why = "Donnée par le planning."
    return Place(wave, why, when_of(wave) if wave else "", schedule, assignment, _url("wave", wave.pk) if wave else "")


def parts(agent: Agent, schedule: Schedule) -> tuple[list[StepPart], datetime | None]:
    """The steps as they stand on the person's home page, and when the last one was touched; one query."""
    rows = StepState.objects.filter(agent=agent).annotate(
        is_noted=Case(When(note=b"", then=Value(0)), default=Value(1))
    )
    known = {code: (state, at, bool(noted)) for code, state, at, noted in rows.values_list(*_STEP_COLUMNS)}
    seen = checklist(schedule, {code: state for code, (state, _, _) in known.items()})
    shown = [
        StepPart(
            part.title,
            [StepLine(view, *known.get(view.step.code, ("", None, False))[1:]) for view in part.steps],
            part.closed,
        )
        for part in seen.parts
    ]
    return shown, max((at for _, at, _ in known.values()), default=None)


_STEP_COLUMNS = ("step", "state", "changed_at", "is_noted")


def notes_taken(shown: list[StepPart]) -> list[tuple[str, bool]]:
    """Steps in which the person may write notes of the own (devices, boxes), and whether there are any: never which."""
    taking = {step.code for step in steps.STEPS if step.takes_notes}
    lines = [line for part in shown for line in part.lines if line.code in taking]
    return [(line.view.step.title, line.has_notes) for line in lines]


def boxes(agent: Agent) -> dict[str, Any]:
    """Boxes noted, accesses with role and state, accesses to come."""
    return {
        "accesses": selectors.my_boxes(agent)[:BOXES_SHOWN],
        "to_come": selectors.boxes_to_come(agent)[:BOXES_SHOWN],
        "noted": list(Box.objects.filter(uses__agent=agent).order_by("name", "address")[:BOXES_SHOWN]),
    }


def journal_of(agent: Agent) -> list[JournalLine]:
    """The latest entries that concern the person."""
    entries = JournalEntry.objects.filter(subject=agent.address).order_by("-at", "-id")[:JOURNAL_SHOWN]
    return [
        JournalLine(entry, sentences.sentence(entry), sentences.reason(entry), sentences.on_behalf_of(entry))
        for entry in entries
    ]


def _url(name: str, *args: object) -> str:
    """The address of a page of another part of the portal; empty where that part is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
