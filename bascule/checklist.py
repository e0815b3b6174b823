"""What a person did of the thirteen steps: the only writer of it, and the picture of it that the pages show.

A step is open, done, or not concerned; each may become any other, except that
- a step of after the move stays open until the person has moved (StepLocked);
- a step that is not optional cannot be "not concerned" (StepNotOptional).
Saying again what is already so writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from accounts import journal
from accounts.models import Agent
from accounts.sealing import CannotOpen, seal, unseal
from bascule import planning, standings, steps
from bascule.models import StepState
from bascule.planning import Schedule
from bascule.steps import Step

State = StepState.State

# Longer texts are files, and belong elsewhere.
NOTE_MAX_CHARACTERS = 20_000

LOCKED = "Cette étape s’ouvrira quand votre boîte aura été transférée."


class ChecklistError(Exception):
    """Refused: the request must change, trying again does not help. `sentence` tells the person why."""

    sentence = ""


class StepLocked(ChecklistError):
    sentence = LOCKED


class StepNotOptional(ChecklistError):
    sentence = "Cette étape concerne tout le monde : elle ne peut pas être écartée."


class StepTakesNoNotes(ChecklistError):
    sentence = "Cette étape ne comporte pas de notes."


class NoteTooLong(ChecklistError):
    sentence = f"Vos notes dépassent {NOTE_MAX_CHARACTERS:,} caractères : raccourcissez-les.".replace(",", " ")


def mark_done(*, agent: Agent, step: str, by: Agent) -> None:
    """`agent` has done the step of that code. Raises KeyError, StepLocked."""
    _set_state(agent, steps.get(step), State.DONE, by)


def mark_not_concerned(*, agent: Agent, step: str, by: Agent) -> None:
    """The step has no object for `agent`. Raises KeyError, StepLocked, StepNotOptional."""
    chosen = steps.get(step)
    if not chosen.optional:
        raise StepNotOptional(step)
    _set_state(agent, chosen, State.NOT_CONCERNED, by)


def reopen(*, agent: Agent, step: str, by: Agent) -> None:
    """The step is to be done (again). Raises KeyError, StepLocked."""
    _set_state(agent, steps.get(step), State.OPEN, by)


def save_note(*, agent: Agent, step: str, text: str, by: Agent) -> None:
    """Keep `text`, sealed, as what `agent` noted for the step; the empty text takes the note away.

    Raises KeyError, StepTakesNoNotes, StepLocked, NoteTooLong.
    """
    chosen = steps.get(step)
    if not chosen.takes_notes:
        raise StepTakesNoNotes(step)
    # Browsers send line ends as CRLF and count them as one character.
    text = text.replace("\r\n", "\n").strip()
    if len(text) > NOTE_MAX_CHARACTERS:
        raise NoteTooLong(step)
    with transaction.atomic():
        row = _locked_row(agent, chosen)
        if _opened(row.note) == text:
            return
        row.note = seal(text.encode()) if text else b""
        row.save(update_fields=["note", "changed_at"])
        journal.record(
            "step.note_saved" if text else "step.note_removed",
            by=by,
            subject=agent,
            target=f"step:{step}",
            target_label=chosen.title,
        )


def note(agent: Agent, step: str) -> str | None:
    """What `agent` noted for the step, "" for nothing; None when it can no longer be opened (its key is gone)."""
    row = StepState.objects.filter(agent=agent, step=step).only("note").first()
    return _opened(row.note) if row else ""


def _opened(sealed: bytes | memoryview) -> str | None:
    if not sealed:
        return ""
    try:
        return unseal(bytes(sealed)).decode()
    except CannotOpen:
        return None


def _locked_row(agent: Agent, step: Step) -> StepState:
    """The row of the step, made if need be, locked until the transaction ends."""
    if is_locked(step, agent):
        raise StepLocked(step.code)
    StepState.objects.get_or_create(agent=agent, step=step.code)
    return StepState.objects.select_for_update().get(agent=agent, step=step.code)


@transaction.atomic
def _set_state(agent: Agent, step: Step, state: str, by: Agent) -> None:
    row = _locked_row(agent, step)
    if row.state == state:
        return
    before, row.state = row.state, state
    row.save(update_fields=["state", "changed_at"])
    journal.record(
        f"step.{'reopened' if state == State.OPEN else state}",
        by=by,
        subject=agent,
        target=f"step:{step.code}",
        target_label=step.title,
        before=before,
    )
    standings.touch(agent)


def is_locked(step: Step, agent: Agent) -> bool:
    return not step.is_before and not agent.has_migrated


# --- what the pages show ---


@dataclass(frozen=True)
class StepView:
    """A step as it stands for one person."""

    step: Step
    state: str
    locked: bool

    @property
    def is_open(self) -> bool:
        return self.state == State.OPEN

    @property
    def state_label(self) -> str:
        return str(State(self.state).label)


@dataclass(frozen=True)
class TimeLeft:
    """Minutes, least and most; `per_device` comes on top, once for each device."""

    least: int = 0
    most: int = 0
    per_device: tuple[int, int] | None = None

    @property
    def sentence(self) -> str:
        """In words: "28 min", "38 à 53 min, plus 10 à 15 min par appareil"; empty when nothing is left."""
        once = duration(self.least, self.most) if self.most else ""
        if self.per_device is None:
            return once
        device = f"{duration(*self.per_device)} par appareil"
        return f"{once}, plus {device}" if once else device


@dataclass(frozen=True)
class Part:
    """The steps of one phase."""

    phase: str
    title: str
    steps: tuple[StepView, ...]

    @property
    def closed(self) -> int:
        return sum(not view.is_open for view in self.steps)

    @property
    def time_left(self) -> TimeLeft:
        return time_left(self.steps)


@dataclass(frozen=True)
class Checklist:
    """Everything of the home page that depends on the person."""

    schedule: Schedule
    before: Part
    after: Part
    time_left: TimeLeft
    next_step: StepView | None

    @property
    def parts(self) -> tuple[Part, Part]:
        """Both phases, the one that matters now first."""
        return (self.after, self.before) if self.schedule.moved else (self.before, self.after)

    @property
    def current(self) -> Part:
        return self.parts[0]

    def view(self, code: str) -> StepView:
        return next(view for part in self.parts for view in part.steps if view.step.code == code)


def checklist_for(agent: Agent, today: date) -> Checklist:
    """The steps of `agent` as they stand on the day `today`; three queries at most, whatever was done."""
    states = dict(StepState.objects.filter(agent=agent).values_list("step", "state"))
    return checklist(planning.schedule_for(agent, today), states)


def checklist(schedule: Schedule, states: dict[str, str]) -> Checklist:
    """The same from plain values; `states` by code, a step that is not in it is open.

    Before the move everything still open counts as time left. After it, what should have been done before is still
    shown, but is no longer work that waits.
    """
    views = [
        StepView(
            step=step,
            state=states.get(step.code, State.OPEN),
            locked=not step.is_before and not schedule.moved,
        )
        for step in steps.STEPS
    ]
    before = Part("before", "Avant le transfert", tuple(view for view in views if view.step.is_before))
    after = Part("after", "Après le transfert", tuple(view for view in views if not view.step.is_before))
    waiting = after.steps if schedule.moved else tuple(views)
    return Checklist(
        schedule=schedule,
        before=before,
        after=after,
        time_left=time_left(waiting),
        next_step=next((view for view in waiting if view.is_open and not view.locked), None),
    )


def time_left(views: tuple[StepView, ...]) -> TimeLeft:
    """Minutes of the open ones among `views`."""
    timed = [view.step for view in views if view.is_open and view.step.minutes]
    once = [step.minutes for step in timed if step.minutes and not step.per_device]
    each = [step.minutes for step in timed if step.minutes and step.per_device]
    return TimeLeft(
        least=sum(least for least, _ in once),
        most=sum(most for _, most in once),
        per_device=(sum(least for least, _ in each), sum(most for _, most in each)) if each else None,
    )


def duration(least: int, most: int) -> str:
    """Minutes in words: "5 min", "5 à 10 min", "1 h 05", "de 50 min à 1 h 05"."""
    if least == most:
        return _length(least)
    return f"{least} à {most} min" if most < 60 else f"de {_length(least)} à {_length(most)}"


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02}" if hours else f"{rest} min"
