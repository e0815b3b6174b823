"""Messages that are too long for a cookie do not stand in the database in clear."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from bascule.conversions.filters.model import SourceRule
from bascule.filters import captured
from bascule.views import filters
from tests.factories import make_agent
from tests.pages import parse, select

pytestmark = pytest.mark.django_db

# Nothing that a cookie could hold compressed.
_LONG = [
    f"règle secrète {number} " + " ".join(sha256(f"{number} {part}".encode()).hexdigest() for part in range(20))
    for number in range(5)
]


@pytest.fixture
def told(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Somebody to whom five long messages were told by the page before."""

    def tell(request: Any, rule_id: int) -> Any:
        for one in _LONG:
            messages.info(request, one)
        return before(request, rule_id)

    before = filters.own_rule
    monkeypatch.setattr(filters, "own_rule", tell)
    agent = make_agent()
    rule = captured.add(agent=agent, source=SourceRule("discard;"), by=agent)
    client.force_login(agent)
    assert client.post(reverse("filter_switch", args=[rule.pk])).status_code == 302
    return client


def test_long_messages_wait_sealed_and_are_shown(told: Client) -> None:
    session = Session.objects.get().get_decoded()
    assert "_messages" in session
    assert "secr" not in str(session)
    shown = select(parse(told.get(reverse("filters")).content), ".fr-alert")
    assert [any(f"secrète {number}" in one.text_content() for one in shown) for number in range(5)] == [True] * 5
    assert "_messages" not in Session.objects.get().get_decoded()


def test_messages_that_cannot_be_opened_are_dropped(told: Client, settings: Any) -> None:
    settings.SEAL_KEYS = [Fernet.generate_key().decode()]
    answer = told.get(reverse("filters"))
    assert answer.status_code == 200
