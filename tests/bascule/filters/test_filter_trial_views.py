"""The page « Essayer mes règles », as the browser asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from bascule.models import CapturedRule, Deposit
from tests.bascule.filters.trial_rules import captured
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def agent(client: Client) -> Agent:
    agent = make_agent()
    client.force_login(agent)
    return agent


@pytest.fixture
def rule(agent: Agent) -> CapturedRule:
    return captured(agent, 'if header :contains "Subject" "réunion" { fileinto "Réunions"; stop; }', HOSTILE)


def _post(client: Client, **fields: Any) -> HttpResponse:
    return client.post(reverse("filter_trial"), fields)  # type: ignore[return-value] # Of the test client.


def _page(response: HttpResponse) -> str:
    return " ".join(response.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


def test_fields_are_tried(client: Client, rule: CapturedRule) -> None:
    response = _post(client, sender="Élise <e@b.example>", subject=f"La RéUNION {HOSTILE}", body="Bonjour")
    page = _page(response)
    assert response.status_code == 200
    assert "Même résultat" in page
    assert page.count(reverse("filter_detail", args=[rule.pk])) == 2
    assert "Avant (Convergence)" in page
    assert "Après (Zimbra)" in page
    assert HOSTILE not in page


def test_verdict_says_what_is_different(client: Client, agent: Agent) -> None:
    captured(agent, 'redirect "perso@ailleurs.example";', "Transfert")
    page = _page(_post(client, subject="x"))
    assert "Résultat différent" in page
    assert "Il ne sera plus transféré à “perso@ailleurs.example”." in page


def test_source_is_tried(client: Client, rule: CapturedRule) -> None:
    page = _page(_post(client, source="Subject: =?utf-8?q?r=C3=A9union?=\r\n\r\nBonjour", subject="autre"))
    assert "sera classé dans “Réunions”" in page


@pytest.mark.parametrize(
    "content",
    [b"Subject: =?utf-8?q?r=C3=A9union?=\r\n\r\nx", b"", b"\0\xff\xfe" * 5000, b"Subject: " + b"a" * 3_000_000],
)
def test_file_is_tried_and_not_kept(client: Client, rule: CapturedRule, content: bytes) -> None:
    response = _post(client, file=SimpleUploadedFile("message.eml", content))
    assert response.status_code == 200
    assert "Le message sera" in _page(response) or "Le message restera" in _page(response)
    assert not Deposit.objects.exists()


def test_file_that_is_too_big_is_refused(client: Client, rule: CapturedRule, settings: Any) -> None:
    settings.DEPOSIT_MAX_BYTES = 1000
    response = _post(client, file=SimpleUploadedFile("message.eml", b"x" * 2000))
    assert response.status_code == 422
    assert "message.eml" in _page(response)


def test_both_a_source_and_a_file_are_too_much(client: Client, rule: CapturedRule) -> None:
    response = _post(client, source="Subject: a", file=SimpleUploadedFile("a.eml", b"Subject: b"))
    assert response.status_code == 422
    assert "lequel faut-il essayer" in _page(response)


@pytest.mark.parametrize(("name", "value"), [("size", "beaucoup"), ("size", "99999999"), ("sender", "a" * 3000)])
def test_wrong_fields_are_told(client: Client, rule: CapturedRule, name: str, value: str) -> None:
    response = _post(client, **{name: value})
    assert response.status_code == 422
    assert "fr-error-text" in _page(response)


def test_message_made_from_a_rule_fills_the_form(client: Client, rule: CapturedRule) -> None:
    page = _page(client.get(reverse("filter_trial"), {"regle": rule.pk}))  # type: ignore[arg-type] # As above.
    assert 'value="réunion"' in page
    response = _post(client, regle=rule.pk, subject="réunion", headers="X-Projet: a\nsans deux-points", size="20")
    assert "sera classé dans “Réunions”" in _page(response)


def test_rule_without_example_says_so(client: Client, agent: Agent) -> None:
    never = captured(agent, "if allof (size :over 10M, size :under 1M) { discard; }")
    outgoing = captured(agent, "discard;", direction="outgoing")
    assert "Aucun message d’exemple" in _page(client.get(reverse("filter_trial"), {"regle": never.pk}))  # type: ignore[arg-type] # As above.
    assert "messages envoyés" in _page(client.get(reverse("filter_trial"), {"regle": outgoing.pk}))  # type: ignore[arg-type] # As above.


@pytest.mark.parametrize("wanted", ["0", "99999", "-1", "abc", "9" * 30, "²"])
def test_rule_that_is_none_is_not_found(client: Client, agent: Agent, wanted: str) -> None:
    assert client.get(reverse("filter_trial"), {"regle": wanted}).status_code == 404
    assert _post(client, regle=wanted).status_code == 404


def test_rule_of_somebody_else_is_not_found(client: Client, agent: Agent) -> None:
    foreign = captured(make_agent(), "discard;")
    assert client.get(reverse("filter_trial"), {"regle": foreign.pk}).status_code == 404
    assert _post(client, regle=foreign.pk).status_code == 404
    assert "Même résultat" in _page(_post(client, subject="x"))


def test_stranger_has_to_sign_in(client: Client) -> None:
    assert client.get(reverse("filter_trial")).status_code == 302
    assert _post(client, subject="x").status_code == 302


def test_forged_form_is_refused(agent: Agent) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(agent)
    assert strict.post(reverse("filter_trial"), {"subject": "x"}).status_code == 403
