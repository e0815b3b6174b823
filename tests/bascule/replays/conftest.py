"""A made-up mailbox behind every kind of replay, and a person who has moved."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule.models import Replay
from bascule.replays import engine, procedures
from tests.bascule.replays.made_up import Mailbox, no_door, procedure
from tests.factories import make_agent


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """What every kind of replay writes to in these tests; nothing is reached over a network."""
    mailbox = Mailbox()
    for kind in ("filters", "signature", "list", "existing"):
        monkeypatch.setitem(procedures.PROCEDURES, Replay.Kind(kind), procedure(mailbox))
    monkeypatch.setattr(engine.zimbra_door, "mailbox_of", no_door)
    return mailbox


@pytest.fixture
def person(box: Mailbox, db: None) -> Agent:
    return make_agent(migrated_at=timezone.now())
