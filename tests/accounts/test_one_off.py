"""A password handed to one job."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import one_off, sealing
from accounts.models import OneOffSecret
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def kept(secret: str = "Été2026!", purpose: str = "check:1") -> str:
    return one_off.keep(secret, purpose=purpose, by=make_agent(), lasts=HOUR)


def test_a_ticket_opens_its_secret_until_it_is_forgotten() -> None:
    ticket, other = kept(), kept("autre")
    assert one_off.open_ticket(ticket, purpose="check:1") == "Été2026!"
    assert one_off.open_ticket(ticket, purpose="check:1") == "Été2026!"
    one_off.forget(ticket)
    one_off.forget(ticket)
    with pytest.raises(one_off.SecretGone):
        one_off.open_ticket(ticket, purpose="check:1")
    assert one_off.open_ticket(other, purpose="check:1") == "autre"


def test_what_is_not_its_ticket_opens_nothing() -> None:
    ticket, other = kept(), kept()
    pk, _, _ = ticket.partition(":")
    for wrong in (f"{pk}:{other.partition(':')[2]}", f"{pk}:", f"{pk}:é", f"{pk}:{'A' * 43}="):
        with pytest.raises(one_off.SecretGone):
            one_off.open_ticket(wrong, purpose="check:1")
    with pytest.raises(one_off.SecretGone):
        one_off.open_ticket(ticket, purpose="check:2")


def test_time_is_over() -> None:
    ticket = kept()
    later = timezone.now() + HOUR + timedelta(seconds=1)
    with pytest.raises(one_off.SecretGone):
        one_off.open_ticket(ticket, purpose="check:1", now=later)
    assert one_off.forget_overdue() == 0
    assert one_off.forget_overdue(later) == 1


def test_the_row_alone_is_worth_nothing() -> None:
    ticket = kept("mot-de-passe-1")
    row = OneOffSecret.objects.get()
    inner = sealing.unseal(bytes(row.sealed))
    assert b"mot-de-passe-1" not in inner
    assert ticket.partition(":")[2].encode() not in bytes(row.sealed) + inner


@shared_task
def job(pk: int, ticket: str) -> None:
    """Stands for one that takes a ticket."""


def test_watchers_of_the_queue_do_not_see_the_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}
    monkeypatch.setattr(job, "apply_async", lambda args, **options: sent.update(options, args=args))
    ticket = kept()
    one_off.hand_over(job, 5, ticket, lasts=HOUR)
    assert sent["args"] == (5, ticket)
    assert sent["expires"] == 3600
    assert ticket not in sent["argsrepr"]


def test_a_queue_that_is_away_keeps_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(job, "apply_async", away)
    ticket = kept()
    with caplog.at_level(logging.DEBUG), pytest.raises(one_off.QueueAway):
        one_off.hand_over(job, 5, ticket, lasts=HOUR)
    assert not OneOffSecret.objects.exists()
    assert ticket not in caplog.text
