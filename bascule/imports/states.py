"""The life of an import: one table of moves, one function that makes them.

        confirm                 plan            last item            read back
    (nothing) ───► QUEUED ───► SENDING ───► VERIFYING ───► DONE
                     │  ▲          │             │          │
              undo   │  │ retry    │ stopped     │ stopped  │ undo
                     ▼  │          ▼             ▼          ▼
                  UNDOING ◄──── FAILED ◄─────────┘       UNDOING ───► UNDONE

DONE leads back to QUEUED as well, for the items that were refused.

A person may ask for UNDOING from any state but UNDOING and UNDONE; a worker in the middle of a batch notes what
became of that batch, sees the new state, and lets go. Only the holder of the claim makes the moves of workers.
"""

from __future__ import annotations

from typing import Any

from bascule import standings
from bascule.models import Import

State = Import.State

MOVES: dict[str, set[str]] = {
    State.QUEUED: {State.SENDING, State.FAILED, State.UNDOING},
    State.SENDING: {State.VERIFYING, State.FAILED, State.UNDOING},
    State.VERIFYING: {State.DONE, State.FAILED, State.UNDOING},
    State.DONE: {State.QUEUED, State.UNDOING},
    State.UNDOING: {State.UNDONE, State.FAILED},
    State.FAILED: {State.QUEUED, State.UNDOING},
    State.UNDONE: set(),
}


_ON_ITS_WAY = (State.SENDING, State.VERIFYING)


class WrongState(Exception):
    """The import is not, or no longer, in a state from which that move leads."""


def move(pk: int, *, to: str, since: str | None = None, **fields: Any) -> None:
    """Bring import `pk` to state `to`, and set `fields` with it, in one UPDATE.

    since: the one state it must be in; None: any from which the table allows the move. Raises WrongState.
    """
    sources = {source for source, targets in MOVES.items() if to in targets}
    if since is not None:
        sources &= {since}
    if not Import.objects.filter(pk=pk, state__in=sources).update(state=to, **fields):
        raise WrongState(to)
    # The figures count what is done, stopped and taken back, not how far one on its way has come.
    if to not in _ON_ITS_WAY:
        standings.mark_activity(Import.objects.values_list("agent", flat=True).get(pk=pk))
