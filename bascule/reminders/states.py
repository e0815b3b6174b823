"""The life of a reminder and of its rounds (drawn in `bascule.models.reminders`): one table of moves each, one function
that makes them."""

from __future__ import annotations

from typing import Any

from bascule.models import Reminder, ReminderRound

State = Reminder.State
RoundState = ReminderRound.State

MOVES: dict[str, set[str]] = {
    State.DRAFT: {State.PLANNED, State.CANCELLED},
    State.PLANNED: {State.PAUSED, State.DONE, State.CANCELLED},
    State.PAUSED: {State.PLANNED, State.CANCELLED},
    State.DONE: {State.PLANNED},
    State.CANCELLED: set(),
}
ROUND_MOVES: dict[str, set[str]] = {
    RoundState.WAITING: {RoundState.SENDING, RoundState.MISSED},
    RoundState.SENDING: {RoundState.DONE},
    RoundState.DONE: {RoundState.SENDING},
    RoundState.MISSED: {RoundState.SENDING},
}
OPEN = (RoundState.WAITING, RoundState.SENDING)


class ReminderError(Exception):
    """What was asked cannot be done; `sentence` says why, in French."""

    sentence = "Cette relance ne peut pas être modifiée ainsi."

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class WrongState(ReminderError):
    sentence = "Cette relance a changé entre-temps : regardez où elle en est, puis recommencez."


class NotStaff(ReminderError):
    sentence = "Seule l’équipe DSI peut faire cela."


def move(pk: int, *, to: str, since: str | None = None, **fields: Any) -> None:
    """Bring reminder `pk` to state `to`, and set `fields` with it, in one UPDATE.

    since: the one state it must be in; None: any from which the table allows the move. Raises WrongState.
    """
    sources = {source for source, targets in MOVES.items() if to in targets}
    if since is not None:
        sources &= {since}
    if not Reminder.objects.filter(pk=pk, state__in=sources).update(state=to, **fields):
        raise WrongState


def move_round(pk: int, *, to: str, **fields: Any) -> None:
    """The same for a round. Raises WrongState."""
    sources = {source for source, targets in ROUND_MOVES.items() if to in targets}
    if not ReminderRound.objects.filter(pk=pk, state__in=sources).update(state=to, **fields):
        raise WrongState
