"""The life of an intake: one table of moves, one function that makes them.

        receive            look through          confirm            everybody has theirs
    (nothing) ───► LOOKING ───────────► READY ───────────► GIVING ─────────────────────► DONE
                    │   │                 │                 │  ▲
               stop │   └──► CANCELLED ◄──┘            stop │  │ go on
                    └─────────────────► FAILED ◄────────────┘  │
                                          └────────────────────┘

Until it is confirmed staff may give it up, and nobody has got anything. Only the holder of the claim makes the moves of
workers.
"""

from __future__ import annotations

from typing import Any

from bascule.models import FilterIntake

State = FilterIntake.State

MOVES: dict[str, set[str]] = {
    State.LOOKING: {State.READY, State.FAILED, State.CANCELLED},
    State.READY: {State.GIVING, State.CANCELLED},
    State.GIVING: {State.DONE, State.FAILED},
    State.FAILED: {State.GIVING},
    State.DONE: set(),
    State.CANCELLED: set(),
}


class WrongState(Exception):
    """The intake is not, or no longer, in a state from which that move leads."""


def move(pk: int, *, to: str, since: str | None = None, **fields: Any) -> None:
    """Bring intake `pk` to state `to`, and set `fields` with it, in one UPDATE.

    since: the one state it must be in; None: any from which the table allows the move. Raises WrongState.
    """
    sources = {source for source, targets in MOVES.items() if to in targets}
    if since is not None:
        sources &= {since}
    if not FilterIntake.objects.filter(pk=pk, state__in=sources).update(state=to, **fields):
        raise WrongState(to)
