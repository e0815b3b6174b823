"""A simulated Zimbra behind the portal's own door, and people with a mailbox there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from accounts.models import Agent
from boxes import zimbra_door
from boxes.sync import engine
from tests.factories import make_moved_agent
from tests.simulated import Simulated
from zimbra.transport import HttpTransport


@pytest.fixture
def door(simulated: Simulated, settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated]:
    """The portal is configured for the simulator, which is undisturbed before and after; nothing waits."""
    settings.ZIMBRA_URL = settings.ZIMBRA_ADMIN_URL = simulated.url
    settings.ZIMBRA_ADMIN_ADDRESS = simulated.admin_address
    settings.ZIMBRA_ADMIN_PASSWORD = simulated.admin_password
    monkeypatch.setattr(zimbra_door, "HttpTransport", partial(HttpTransport, pause=lambda seconds: None))
    simulated.disturb()
    yield simulated
    simulated.disturb()


@pytest.fixture
def person(db: None, door: Simulated) -> Callable[..., Agent]:
    """Makes people who have moved, each with an empty mailbox; takes the fields of an agent."""

    def make(**fields: Any) -> Agent:
        return make_moved_agent(door.create_account(), **fields)

    return make


@pytest.fixture
def advance(door: Simulated) -> Callable[[int], None]:
    """What the worker does with a box, as often as it takes; fails when Zimbra has to be waited for."""

    def run(box_id: int) -> None:
        assert engine.advance(box_id) is None

    return run
