"""The portal's own mails under the sending limits (domain, section 7), and when the counters are away."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings as live

from accounts import mail_pace
from quarantine import portal_pace
from quarantine.counters.store import Store
from quarantine.counters.types import StoreDown, Usage
from quarantine.limits import Rules, Subject
from quarantine.models import SendingRules

# Tuesday 10 o'clock in Paris (winter): by day.
DAY = dt.datetime(2026, 3, 10, 9, tzinfo=dt.UTC)
NIGHT = DAY.replace(hour=20)
SATURDAY = DAY + dt.timedelta(days=4)


@pytest.mark.parametrize(
    ("share", "factor", "used", "at", "free"),
    [
        (100, 1, (0, 0, 0, 0), DAY, 500),
        (80, 1, (0, 0, 0, 0), DAY, 400),
        (80, 1, (100, 100, 100, 100), DAY, 300),
        (80, 1, (0, 500, 500, 500), DAY, 140),
        (80, 1, (0, 0, 1500, 1500), DAY, 100),
        (80, 1, (0, 0, 0, 3990), DAY, 10),
        (80, 1, (0, 0, 0, 4800), DAY, 0),
        (80, 1, (0, 0, 0, 0), NIGHT, 100),
        (80, 1, (0, 0, 0, 990), NIGHT, 10),
        (80, 1, (0, 0, 0, 0), SATURDAY, 200),
        (80, 2, (0, 0, 0, 0), DAY, 800),
    ],
)
def test_free_is_the_share_of_warn_that_is_left(
    settings, share: int, factor: int, used: tuple[int, ...], at: dt.datetime, free: int
) -> None:
    settings.MAIL_SHARE_PERCENT = share
    assert portal_pace.free(Rules(), factor, used, at) == free


def test_end_keeps_to_every_window() -> None:
    def end(recipients: int, used: tuple[int, ...] = (0, 0, 0, 0), at: dt.datetime = DAY) -> dt.timedelta | None:
        found = portal_pace.end_of(recipients, rules=Rules(), factor=1, used=used, at=at)
        return None if found is None else found - at

    assert end(0) == dt.timedelta(0)
    assert end(400) == dt.timedelta(0)
    # 400 each ten minutes, until the hour has had 1600.
    assert end(401) == dt.timedelta(minutes=10)
    assert end(1601) == dt.timedelta(hours=1)
    # 4000 within ten hours, then night: nothing until the ten hours are over, a quarter then.
    assert end(4000) == dt.timedelta(hours=2, minutes=10)
    late = end(4001)
    assert late is not None
    assert late >= dt.timedelta(hours=10)
    assert end(1, used=(0, 0, 0, 4000)) == dt.timedelta(hours=9)
    assert end(10_000_000) is None


@pytest.mark.django_db
def test_room_takes_the_larger_of_both_counts(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.EMAIL_HOST_USER = ""
    asked: list[str] = []

    def usage(store: Store, subject: Subject, key: str) -> Usage:
        asked.append(key)
        return Usage(subject, key, (0, 0, 1500, 1500))

    monkeypatch.setattr(Store, "usage", usage)
    pace = portal_pace.PortalPace()
    assert pace.room("Portail@ac-reunion.fr", DAY) == 100
    mail_pace.note_sent(350, DAY)
    assert pace.room("portail@ac-reunion.fr", DAY) == 50
    settings.EMAIL_HOST_USER = "bascule"
    pace.room("portail@ac-reunion.fr", DAY)
    assert asked == ["portail@ac-reunion.fr", "portail@ac-reunion.fr", "bascule"]


@pytest.mark.django_db
def test_counters_that_are_away_leave_the_own_tally(monkeypatch: pytest.MonkeyPatch) -> None:
    def usage(store: Store, subject: Subject, key: str) -> Usage:
        raise StoreDown("gone")

    monkeypatch.setattr(Store, "usage", usage)
    mail_pace.note_sent(390, DAY)
    assert portal_pace.PortalPace().room("portail@ac-reunion.fr", DAY) == 10


@pytest.mark.django_db
def test_without_rules_the_documented_ones_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "usage", lambda store, subject, key: Usage(subject, key))
    SendingRules.objects.all().delete()
    assert portal_pace.PortalPace().room("portail@ac-reunion.fr", DAY) == 500 * live.MAIL_SHARE_PERCENT // 100


def test_the_portal_registers_itself() -> None:
    assert any(isinstance(pace, portal_pace.PortalPace) for pace in mail_pace._paces)
