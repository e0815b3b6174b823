from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sign_in
from accounts.models import Agent, FailedSignIn, JournalEntry
from tests.factories import population

pytestmark = pytest.mark.django_db
PASSWORD = "filao-corail-piton-974"


@pytest.fixture
def agent() -> Agent:
    return Agent.objects.create_user(
        "Marie.Payet@ac-reunion.fr",
        PASSWORD,
        given_name="Marie",
        family_name="Payet",
        population=population(),
    )


def attempt(client: Client, address: str, password: str, **extra: str):
    return client.post(reverse("sign_in"), {"address": address, "password": password, **extra})


def test_address_is_stored_in_lower_case(agent: Agent) -> None:
    assert agent.address == "marie.payet@ac-reunion.fr"


def test_sign_in_with_another_case_is_the_same_person(client: Client, agent: Agent) -> None:
    answer = attempt(client, "MARIE.PAYET@ac-reunion.fr", PASSWORD)
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(agent.pk)
    assert JournalEntry.objects.get().action == "account.signed_in"


@pytest.mark.parametrize(
    ("address", "password"),
    [("marie.payet@ac-reunion.fr", "wrong"), ("nobody@ac-reunion.fr", PASSWORD)],
)
def test_sign_in_refused_says_the_same_for_both_causes(
    client: Client, agent: Agent, address: str, password: str
) -> None:
    answer = attempt(client, address, password)
    assert "Adresse ou mot de passe incorrect" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_refused_sign_in_is_told_in_the_title(client: Client, agent: Agent) -> None:
    assert "<title>Erreur – Connexion" in attempt(client, agent.address, "faux").content.decode()


def test_deactivated_person_cannot_sign_in(client: Client, agent: Agent) -> None:
    Agent.objects.update(is_active=False)
    assert attempt(client, agent.address, PASSWORD).status_code == 200
    assert "_auth_user_id" not in client.session


def test_deactivation_ends_an_open_session(client: Client, agent: Agent) -> None:
    client.force_login(agent)
    Agent.objects.update(is_active=False)
    assert client.get(reverse("notices")).status_code == 302


def test_right_password_is_refused_after_too_many_failures(client: Client, agent: Agent, settings) -> None:
    for _ in range(settings.SIGN_IN_MAX_FAILURES):
        attempt(client, agent.address, "wrong")
    answer = attempt(client, agent.address, PASSWORD)
    assert answer.status_code == 429
    [entry] = JournalEntry.objects.filter(action="account.sign_in_suspended")
    assert (entry.actor, entry.subject) == ("", agent.address)
    assert "Trop d’essais" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_failures_are_forgotten_after_the_window(client: Client, agent: Agent, settings) -> None:
    for _ in range(settings.SIGN_IN_MAX_FAILURES):
        attempt(client, agent.address, "wrong")
    FailedSignIn.objects.update(at=timezone.now() - timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS + 1))
    assert attempt(client, agent.address, PASSWORD).status_code == 302


def test_failures_of_one_network_address_suspend_it_for_all(settings) -> None:
    for number in range(settings.SIGN_IN_MAX_FAILURES * sign_in.NETWORK_FACTOR):
        sign_in.note_failure(address=f"a{number}@ac-reunion.fr", network_address="192.0.2.7")
    with pytest.raises(sign_in.TooManyFailures):
        sign_in.check_not_throttled(address="other@ac-reunion.fr", network_address="192.0.2.7")
    sign_in.check_not_throttled(address="other@ac-reunion.fr", network_address="192.0.2.8")


def test_right_password_clears_the_count(client: Client, agent: Agent, settings) -> None:
    for _ in range(settings.SIGN_IN_MAX_FAILURES - 1):
        attempt(client, agent.address, "wrong")
    attempt(client, agent.address, PASSWORD)
    assert not FailedSignIn.objects.exists()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_next_page_stays_on_this_site(client: Client, agent: Agent, target: str) -> None:
    answer = attempt(client, agent.address, PASSWORD, next=target)
    assert answer["Location"] == reverse("home")


def test_sign_out_needs_a_post(client: Client, agent: Agent) -> None:
    client.force_login(agent)
    assert client.get(reverse("sign_out")).status_code == 405
    client.post(reverse("sign_out"))
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "expected"),
    [
        (False, "198.51.100.9", "192.0.2.1"),
        (True, "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (True, "", "192.0.2.1"),
    ],
)
def test_network_address_is_the_callers_and_not_a_claim(
    rf, settings, behind_proxy: bool, forwarded: str, expected: str
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded} if forwarded else None)
    assert sign_in.network_address_of(request) == expected
