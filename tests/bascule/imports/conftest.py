"""A simulated Zimbra behind the portal's own door, and people with a mailbox there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule.imports import recover
from boxes import zimbra_door
from tests.factories import make_agent
from tests.simulated import DOMAIN, Simulated
from zimbra.client import ZimbraClient
from zimbra.transport import HttpTransport


@pytest.fixture
def door(simulated: Simulated, settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated]:
    """The portal is configured for the simulator, which is undisturbed before and after."""
    settings.ZIMBRA_URL = settings.ZIMBRA_ADMIN_URL = simulated.url
    settings.ZIMBRA_ADMIN_ADDRESS = simulated.admin_address
    settings.ZIMBRA_ADMIN_PASSWORD = simulated.admin_password
    settings.IMPORT_BATCH_ITEMS = 10
    monkeypatch.setattr(recover, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(zimbra_door, "HttpTransport", partial(HttpTransport, pause=lambda seconds: None))
    simulated.disturb()
    yield simulated
    simulated.disturb()


@pytest.fixture
def agent(db: None, door: Simulated) -> Agent:
    """A person who has moved, with an empty mailbox."""
    address = door.create_account()
    assert address.endswith(DOMAIN)
    return make_agent(address, migrated_at=timezone.now())


@pytest.fixture
def mailbox(agent: Agent, door: Simulated) -> Iterator[ZimbraClient]:
    with door.client(agent.address) as client:
        yield client
