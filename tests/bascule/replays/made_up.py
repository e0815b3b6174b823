"""A made-up thing to carry into a made-up mailbox: acts that write letters, and fail on demand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Agent
from bascule.models import Replay
from bascule.replays import confirm, engine
from bascule.replays.acts import Outcome, Procedure

LETTERS = ["a", "b", "c"]


@dataclass
class Mailbox:
    """What stands in it, what was asked of it, and what happens before an act."""

    letters: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    trouble: Callable[[str], None] = lambda asked: None
    ready: Callable[[Any], None] = lambda run: None
    findings: list[str] = field(default_factory=list)
    can_undo: bool = True

    def ask(self, what: str) -> None:
        self.asked.append(what)
        self.trouble(what)


@dataclass(frozen=True)
class Letter:
    key: str
    mailbox: Mailbox

    @property
    def label(self) -> str:
        return f"Écrire {self.key}"

    def do(self, run) -> Outcome:
        if not run.recall(self) and self.key in self.mailbox.letters:
            return Outcome.PRESENT
        run.remember(self, begun=True)
        self.mailbox.ask(f"do {self.key}")
        if self.key not in self.mailbox.letters:
            self.mailbox.letters.append(self.key)
        self.mailbox.trouble(f"done {self.key}")
        return Outcome.DONE

    def undo(self, run) -> Outcome:
        self.mailbox.ask(f"undo {self.key}")
        if f"{self.key}!" in self.mailbox.letters:
            run.remember(self, detail="Quelqu’un l’a souligné.")
            return Outcome.LEFT
        if self.key in self.mailbox.letters:
            self.mailbox.letters.remove(self.key)
        self.mailbox.trouble(f"undone {self.key}")
        return Outcome.UNDONE


def procedure(mailbox: Mailbox) -> Procedure:
    return Procedure(
        acts=lambda plan: [Letter(one, mailbox) for one in plan["letters"]],
        verify=lambda run: mailbox.findings,
        ready=lambda run: mailbox.ready(run),
        can_undo=mailbox.can_undo,
    )


class Killed(BaseException):
    """Stands in for the end of the process."""


def once(box: Mailbox, what: str, trouble: BaseException) -> None:
    """Let `trouble` happen the first time `what` is asked."""
    happened: list[str] = []

    def strike(asked: str) -> None:
        if asked == what and not happened:
            happened.append(asked)
            raise trouble

    box.trouble = strike


@contextmanager
def no_door(agent: Agent):
    yield None


def begin(agent: Agent, letters: list[str] = LETTERS, kind: str = "filters", of_list=None) -> Replay:
    plan = {"letters": letters}
    return confirm.start(agent=agent, kind=Replay.Kind(kind), plan=plan, by=agent, of_list=of_list)


def advance(replay: Replay) -> float | None:
    """A worker's go, once any pause is over."""
    Replay.objects.filter(pk=replay.pk).update(retry_at=None)
    try:
        return engine.advance(replay.pk)
    finally:
        replay.refresh_from_db()
