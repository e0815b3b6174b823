"""A connection test from the form to its page; the password goes nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, JournalEntry, OneOffSecret
from bascule.devices.connection import engine
from bascule.devices.connection.errors import NoPassword, NoTest, OddPassword, TooMany, UnderWay
from bascule.devices.connection.lines import CHECKS, Line, Outcome
from bascule.models import ConnectionTest
from bascule.tasks import try_connection
from tests.factories import make_agent, make_moved_agent

pytestmark = pytest.mark.django_db
SECRET = "QRSTUVWXYZABCDEF"


@pytest.fixture
def agent() -> Agent:
    return make_moved_agent("marie.payet@ac-reunion.fr")


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    monkeypatch.setattr(try_connection, "apply_async", lambda args, **kwargs: found.append(args))
    return found


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Servers where all is well but the place; the passwords that they were given."""
    given: list[str] = []

    class Made:
        def __init__(self, servers: object, address: str, password: str) -> None:
            given.append(password)

        def lines(self) -> Iterator[Line]:
            for check in CHECKS:
                full = check.code == "imap.quota"
                yield Line(check.code, Outcome.FAILED if full else Outcome.OK, "quota.full" if full else "")

    monkeypatch.setattr(engine, "Trial", Made)
    return given


def begun(agent: Agent, capture: Any) -> ConnectionTest:
    with capture(execute=True):
        return engine.start(agent=agent, by=agent, password=SECRET)


def test_a_test_is_made_once_and_its_password_is_gone(
    agent: Agent,
    handed: list[tuple[int, str]],
    servers: list[str],
    django_capture_on_commit_callbacks: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    test = begun(agent, django_capture_on_commit_callbacks)
    assert OneOffSecret.objects.count() == 1
    for _ in range(2):
        engine.run(*handed[0])
    test.refresh_from_db()
    assert test.state == "done"
    assert len(test.results) == test.total == len(CHECKS)
    assert servers == [SECRET]
    assert not OneOffSecret.objects.exists()
    rows = str([list(model._default_manager.values_list()) for model in apps.get_models()])
    assert SECRET not in rows + caplog.text
    actions = list(JournalEntry.objects.order_by("pk").values_list("action", "details"))
    assert actions[1] == ("connection_test.done", {"tried": len(CHECKS), "failed": 1})


def test_a_test_without_its_password_is_interrupted(
    agent: Agent, handed: list[tuple[int, str]], servers: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    test = begun(agent, django_capture_on_commit_callbacks)
    OneOffSecret.objects.all().delete()
    engine.run(*handed[0])
    test.refresh_from_db()
    assert (test.state, servers) == ("interrupted", [])


def test_a_worker_that_dies_leaves_a_test_that_is_told_to_be_over(
    agent: Agent, handed: list[tuple[int, str]], django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    class Killed:
        def __init__(self, *args: object) -> None:
            raise SystemExit

    monkeypatch.setattr(engine, "Trial", Killed)
    test = begun(agent, django_capture_on_commit_callbacks)
    with pytest.raises(SystemExit):
        engine.run(*handed[0])
    assert not OneOffSecret.objects.exists()
    # Nobody takes it up again.
    engine.run(*handed[0])
    assert engine.interrupt_lost() == 0
    ConnectionTest.objects.update(created_at=timezone.now() - engine.LASTS - timedelta(seconds=1))
    assert engine.interrupt_lost() == 1
    test.refresh_from_db()
    assert test.state == "interrupted"


def test_what_cannot_begin(agent: Agent, handed: list[tuple[int, str]], settings: Any) -> None:
    with pytest.raises(PermissionError):
        engine.start(agent=agent, by=make_agent(is_staff=True), password=SECRET)
    for password, error in ((" \t", NoPassword), ("x" * 201, OddPassword), ("a\0b", OddPassword)):
        with pytest.raises(error):
            engine.start(agent=agent, by=agent, password=password)
    engine.start(agent=agent, by=agent, password=SECRET)
    with pytest.raises(UnderWay):
        engine.start(agent=agent, by=agent, password=SECRET)
    ConnectionTest.objects.update(state="done")
    ConnectionTest.objects.bulk_create(
        ConnectionTest(agent=agent, state="done") for _ in range(engine.MOST_AN_HOUR - 1)
    )
    with pytest.raises(TooMany):
        engine.start(agent=agent, by=agent, password=SECRET)
    settings.CONNECTION_TEST = False
    with pytest.raises(NoTest):
        engine.start(agent=agent, by=agent, password=SECRET)


def test_pages_from_the_form_to_the_report(
    agent: Agent,
    client: Client,
    handed: list[tuple[int, str]],
    servers: list[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    client.force_login(agent)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("connection_test"), {"mot_de_passe": "QRST UVWX YZAB CDEF"})
    page = client.get(answer.url).content.decode()
    assert "L’essai commence" in page
    assert 'hx-trigger="every 1s"' in page
    engine.run(*handed[0])
    assert servers == [SECRET]
    for headers in ({}, {"HX-Request": "true"}):
        page = client.get(answer.url, headers=headers).content.decode()
        assert "Boîte pleine" in page
        assert "Compte rendu pour l’assistance" in page
        assert "hx-trigger" not in page.partition('id="_result"')[2]
    assert reverse("connection_result", args=[handed[0][0]]) in client.get(reverse("connection_test")).content.decode()


def test_nothing_typed_is_told(agent: Agent, client: Client) -> None:
    client.force_login(agent)
    answer = client.post(reverse("connection_test"), {"mot_de_passe": ""}, follow=True)
    assert "Collez le mot de passe" in answer.content.decode()


def test_there_may_be_no_test(agent: Agent, client: Client, settings: Any) -> None:
    settings.CONNECTION_TEST = False
    client.force_login(agent)
    assert client.get(reverse("connection_test")).status_code == 404
