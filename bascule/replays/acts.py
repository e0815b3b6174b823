"""What a replay is made of: acts, each of which can be done twice without harm, and taken back.

An act looks before it writes: a worker killed after the request left, or an answer that was lost, is followed by
another go of the same act, which finds what the first one made. What was there before is remembered, and committed,
before anything is changed; that memory is what `undo` works from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from bascule.replays.run import Run


class Outcome(StrEnum):
    """What became of an act. PRESENT: it was so already, and undo will not touch it. LEFT: what undo could not, or
    should not, take back, because it was changed since."""

    DONE = "done"
    PRESENT = "present"
    UNDONE = "undone"
    LEFT = "left"


class Act(Protocol):
    """One change in the mailbox. key: stable, unique within the plan; what is remembered hangs on it."""

    @property
    def key(self) -> str: ...

    @property
    def label(self) -> str:
        """What the person reads: a French infinitive, « Créer le dossier … »."""
        ...

    def do(self, run: Run) -> Outcome:
        """Make the change, unless it is there: DONE or PRESENT. Raises ZimbraError, Stopped."""
        ...

    def undo(self, run: Run) -> Outcome:
        """Take back what `do` made, as far as it is still as `do` left it: UNDONE or LEFT. Raises ZimbraError."""
        ...


def _always_ready(run: Run) -> None:
    """Nothing has to hold before the first act."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """How one kind of replay works. acts: of a plan (JSON). verify: French sentences of what differs afterwards.

    ready: looks, before the first act changes anything, whether the plan still fits; raises ZimbraError, Stopped.
    can_undo: a replay that is through can be taken back; one that is not can be stopped in any case.
    done_title, done: what the page says of a replay that is through and of which nothing differs. summary: said in
    place of `done`, from the plan and the memory.
    """

    acts: Callable[[Mapping[str, Any]], Sequence[Act]]
    verify: Callable[[Run], list[str]]
    ready: Callable[[Run], None] = _always_ready
    can_undo: bool = True
    done_title: str = "En place dans Zimbra"
    done: str = "Relu après l’envoi : tout est conforme à ce que vous aviez confirmé."
    summary: Callable[[Mapping[str, Any], Mapping[str, Mapping[str, Any]]], str] | None = None
