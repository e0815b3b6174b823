"""Two servers for a worker's tests, and a person who has a mailbox on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import Agent
from bascule.mailbox_check import acts, asking, engine
from bascule.models import MailboxAct, MailboxCensus, MailboxComparison
from bascule.tasks import carry_mailbox_act, carry_mailbox_census
from tests import dovecot
from tests.dovecot import PASSWORD, Dovecot
from tests.factories import make_moved_agent


@pytest.fixture(scope="session")
def old_server() -> Iterator[Dovecot]:
    if not dovecot.IS_HERE:
        pytest.skip("needs Dovecot, and root to start it")
    with dovecot.running(separator=".") as running:
        yield running


@pytest.fixture(scope="session")
def new_server(old_server: Dovecot) -> Iterator[Dovecot]:
    with dovecot.running(separator="/") as running:
        yield running


@dataclass
class Queue:
    """What workers are told: task and its arguments."""

    told: list[tuple[str, tuple[Any, ...]]]

    def work(self, most: int = 50) -> None:
        """As workers would, until nothing is left."""
        for _ in range(most):
            if not self.told:
                return
            name, args = self.told.pop(0)
            {"census": engine.carry, "act": acts.carry}[name](*args)
        raise AssertionError("endless")


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue([])
    for name, task in (("census", carry_mailbox_census), ("act", carry_mailbox_act)):
        monkeypatch.setattr(
            task, "apply_async", lambda args, name=name, **kwargs: made.told.append((name, tuple(args)))
        )
    monkeypatch.setattr(
        "bascule.mailbox_check.handing.hand_out",
        lambda task, pk, **kwargs: made.told.append(("act" if task is carry_mailbox_act else "census", (pk,))),
    )
    return made


@dataclass
class Person:
    agent: Agent
    old: Dovecot
    new: Dovecot
    queue: Queue
    capture: Any

    def census(self, password: str = PASSWORD) -> MailboxCensus:
        with self.capture(execute=True):
            census = asking.start_census(agent=self.agent, by=self.agent, password=password)
        self.queue.work()
        census.refresh_from_db()
        return census

    def compare(self, password: str = PASSWORD) -> MailboxComparison:
        with self.capture(execute=True):
            census = asking.start_comparison(agent=self.agent, by=self.agent, password=password)
        self.queue.work()
        census.refresh_from_db()
        assert census.state == "done", census.error
        return MailboxComparison.objects.get(agent=self.agent)

    def details(self, pair_id: int) -> MailboxAct:
        with self.capture(execute=True):
            act = acts.ask_details(agent=self.agent, by=self.agent, pair_id=pair_id, password=PASSWORD)
        self.queue.work()
        act.refresh_from_db()
        return act


@pytest.fixture
def person(
    old_server: Dovecot,
    new_server: Dovecot,
    queue: Queue,
    settings: Any,
    django_capture_on_commit_callbacks: Any,
    db: None,
) -> Person:
    for side, server in (("OLD", old_server), ("NEW", new_server)):
        setattr(settings, f"{side}_IMAP_HOST", "127.0.0.1")
        setattr(settings, f"{side}_IMAP_PORT", server.port)
        setattr(settings, f"{side}_IMAP_SECURITY", "none")
    return Person(make_moved_agent(), old_server, new_server, queue, django_capture_on_commit_callbacks)
