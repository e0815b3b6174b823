"""The life of a replay: one table of moves, one function that makes them.

        confirm           first act            read back
    (nothing) ───► QUEUED ───► RUNNING ─────────────► DONE
                     │  ▲         │                     │
               undo  │  │ retry   │ stopped             │ undo
                     ▼  │         ▼                     ▼
                  UNDOING ◄──── FAILED ◄──────────── UNDOING ───► UNDONE

A person may ask for UNDOING from any state but UNDOING and UNDONE; a worker in the middle of an act notes what became
of that act, sees the new state, and lets go. Only the holder of the claim makes the moves of workers.
"""

from __future__ import annotations

from typing import Any

from bascule import standings
from bascule.models import Replay

State = Replay.State

MOVES: dict[str, set[str]] = {
    State.QUEUED: {State.RUNNING, State.FAILED, State.UNDOING},
    State.RUNNING: {State.DONE, State.FAILED, State.UNDOING},
    State.DONE: {State.UNDOING},
    State.UNDOING: {State.UNDONE, State.FAILED},
    State.FAILED: {State.QUEUED, State.UNDOING},
    State.UNDONE: set(),
}


class WrongState(Exception):
    """The replay is not, or no longer, in a state from which that move leads."""


def move(pk: int, *, to: str, since: str | None = None, **fields: Any) -> None:
    """Bring replay `pk` to state `to`, and set `fields` with it, in one UPDATE.

    since: the one state it must be in; None: any from which the table allows the move. Raises WrongState, and
    IntegrityError when another replay of the same thing is under way.
    """
    sources = {source for source, targets in MOVES.items() if to in targets}
    if since is not None:
        sources &= {since}
    if not Replay.objects.filter(pk=pk, state__in=sources).update(state=to, **fields):
        raise WrongState(to)
    standings.mark_activity(Replay.objects.values_list("agent", flat=True).get(pk=pk))
