"""What the acts of a list have in common: the mailbox as it is now, and remembering before changing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bascule.lists.elements import Standing
from bascule.lists.finding import Found, find
from bascule.lists.planning import Plan
from bascule.lists.rules import Difference
from bascule.mailbox_look import Snapshot, folders_seen
from bascule.replays.acts import Outcome
from bascule.replays.run import Run
from zimbra.client import ZimbraClient
from zimbra.errors import ZimbraError

# What an act remembers. MAKING: the name of what it was about to create, "" when that was refused. MADE: the id or name
# of what it created, SEEN: as the server then showed it. BEFORE: what was there before it changed something, AFTER: as
# the server showed it afterwards.
MAKING, MADE, SEEN, BEFORE, AFTER, DETAIL = "making", "made", "seen", "before", "after", "detail"

_KEPT = "Il reste une différence, que vous n’avez pas demandé de corriger."
CHANGED_SINCE = "Modifié depuis dans Zimbra."
_VERBS = {Standing.MISSING: "Créer", Standing.LACKS: "Compléter"}


def picture_of(client: ZimbraClient) -> Snapshot:
    """The settings a list is made of, as they are now. Raises any ZimbraError."""
    return Snapshot(
        folders=folders_seen(client.folders()),
        incoming=client.filters("incoming"),
        outgoing=client.filters("outgoing"),
        signatures=tuple(client.signatures()),
        identities=tuple(client.identities()),
    )


@dataclass(frozen=True, slots=True)
class ListAct(ABC):
    """Base of the acts (see `replays.acts.Act`). what: the French name of the element, with its article."""

    plan: Plan
    key: str
    what: str

    @property
    def label(self) -> str:
        if self.plan.agreed.get(self.key):
            return f"Corriger {self.what}"
        return f"{_VERBS.get(self.plan.standing[self.key], 'Vérifier')} {self.what}"

    @abstractmethod
    def do(self, run: Run) -> Outcome: ...

    @abstractmethod
    def undo(self, run: Run) -> Outcome: ...

    @contextmanager
    def making(self, run: Run, name: str) -> Iterator[None]:
        """Remember that something called `name` is about to be created, unless the server says that it was not."""
        run.remember(self, **{MAKING: name})
        try:
            yield
        except ZimbraError as error:
            if not error.outcome_unknown:
                run.remember(self, **{MAKING: ""})
            raise

    def look(self, run: Run) -> tuple[Snapshot, Found]:
        picture = picture_of(run.client)
        return picture, find(self.plan.setup, picture)

    def codes(self, differences: tuple[Difference, ...]) -> set[str]:
        """Of the differences there are, those to put right: what is missing, and what the person agreed to."""
        agreed = self.plan.agreed.get(self.key, frozenset())
        return {one.code for one in differences if not one.overwrites or one.code in agreed}

    def present(self, run: Run, *, kept: bool = False) -> Outcome:
        """Nothing was to be changed this time; DONE when an earlier go of this act has changed something."""
        memory = run.recall(self)
        if kept:
            run.remember(self, **{DETAIL: _KEPT})
        return Outcome.DONE if MADE in memory or BEFORE in memory else Outcome.PRESENT

    def left(self, run: Run, why: str = CHANGED_SINCE) -> Outcome:
        run.remember(self, **{DETAIL: why})
        return Outcome.LEFT

    def remember_before(self, run: Run, value: Any) -> None:
        """Only once: after a lost answer, what is there may be our own."""
        if BEFORE not in run.recall(self):
            run.remember(self, **{BEFORE: value})


def taken_back(
    memory: Mapping[str, Any], now: Any, *, remove: Callable[[], object], put_back: Callable[[Any], object]
) -> bool:
    """Take back what `memory` says was made or changed, when it is `now` as it was left. False: it is not."""
    if MADE in memory:
        if now != memory.get(SEEN):
            return False
        remove()
    elif BEFORE in memory:
        if now == memory[BEFORE]:
            return True
        if now != memory.get(AFTER):
            return False
        put_back(memory[BEFORE])
    return True
