"""The life of a directory import: one table of moves, one function that makes them.

        receive          compared           confirm           written          the rest follows
    (nothing) ──► READING ──────► READY ──────────► APPLYING ────────► FOLLOWING ─────────────► DONE
                   │ │ │ ▲          │  ▲               │ │
            errors │ │ │ └──────────│──│─── stale ─────┘ │
                   │ │ └─ nothing to do ──► DONE         │ stopped, or refused under the lock
                   ▼ │              │  └─────────────────┘
              REFUSED└──► FAILED    └──► CANCELLED (from READING as well)

Nothing is written before APPLYING, and what APPLYING writes is one transaction with the move to FOLLOWING.
"""

from __future__ import annotations

from typing import Any

from accounts.models import DirectoryImport

State = DirectoryImport.State

MOVES: dict[str, set[str]] = {
    State.READING: {State.READY, State.REFUSED, State.DONE, State.CANCELLED, State.FAILED},
    State.READY: {State.APPLYING, State.READING, State.CANCELLED},
    State.APPLYING: {State.FOLLOWING, State.READING, State.READY},
    State.FOLLOWING: {State.DONE},
    State.REFUSED: set(),
    State.DONE: set(),
    State.CANCELLED: set(),
    State.FAILED: set(),
}


class DirectoryError(Exception):
    """What was asked for cannot be; `sentence` says in French why."""

    sentence = "Cette action n’est pas possible."


class NotStaff(DirectoryError):
    sentence = "Seule l’équipe DSI peut modifier le répertoire."


class WrongState(DirectoryError):
    """The import is not, or no longer, in a state from which that move leads."""

    sentence = "C’était déjà décidé : voici où en est cet import."


def move(pk: int, *, to: str, since: str | None = None, **fields: Any) -> None:
    """Bring import `pk` to state `to`, and set `fields` with it, in one UPDATE.

    since: the one state it must be in; None: any from which the table allows the move. Raises WrongState;
    IntegrityError for a second one in APPLYING.
    """
    sources = {source for source, targets in MOVES.items() if to in targets}
    if since is not None:
        sources &= {since}
    if not DirectoryImport.objects.filter(pk=pk, state__in=sources).update(state=to, **fields):
        raise WrongState(to)
