"""A wave of people who have moved, with mailboxes on the simulated Zimbra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule import standings
from bascule.bulk import engine
from bascule.models import BulkRun, MailServer, Wave
from tests.bascule.imports.conftest import door
from tests.factories import make_agent, make_wave
from tests.simulated import Simulated

__all__ = ["door"]

People = Callable[..., list[Agent]]


@pytest.fixture(autouse=True)
def no_bound(settings: Any) -> None:
    """The rate is a subject of `test_servers`; elsewhere nobody waits for it."""
    settings.ZIMBRA_RATE = 10_000


@pytest.fixture
def wave(db: None) -> Wave:
    return make_wave("bulk")


@pytest.fixture
def staff(db: None) -> Agent:
    return make_agent(is_staff=True)


@pytest.fixture
def people(wave: Wave, door: Simulated) -> People:
    """Make people of the wave, each with an empty mailbox."""

    def make(count: int) -> list[Agent]:
        made = [make_agent(door.create_account(), population="bulk", migrated_at=timezone.now()) for _ in range(count)]
        standings.refresh(made)
        return made

    return make


def work() -> None:
    """As the queue and its workers would, until nobody has anything to do now."""
    for server in MailServer.objects.all():
        while engine.work(server.pk) == 0.0:
            pass


def outcomes(run: BulkRun) -> dict[str, str]:
    return dict(run.persons.values_list("agent__address", "state"))
