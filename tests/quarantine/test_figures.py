"""Figures of the gateways taken over from the store: each once, whatever happens in between."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from django.db import DatabaseError
from django.utils import timezone

from quarantine import figures
from quarantine.counters.store import Store
from quarantine.counters.types import Question, StoreDown
from quarantine.limits import Rules, Schedule
from quarantine.models import DrainedBatch, SenderFigure, SlotFigure
from tests.stores import StoreServer

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 3, 4, 11, tzinfo=dt.UTC)
ALWAYS = Rules(night_divisor=1, weekend_divisor=1, weekend_night_divisor=1)
DAY = Schedule(ALWAYS, NOON).periods()


class Clock:
    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def __call__(self) -> int:
        return int(self.at.timestamp() * 1_000_000)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def store(store_server: StoreServer, settings: object, clock: Clock) -> Store:
    settings.LIMITS_REDIS_URL = store_server.url  # type: ignore[attr-defined]
    return Store(store_server.url, test_clock=clock)


def ask(store: Store, recipients: int, sender: str = "a@x.example", ip: str = "192.0.2.1") -> None:
    store.decide(Question(recipients, ip, sender, DAY))


def slots() -> list[tuple[str, str, int, int]]:
    rows = SlotFigure.objects.order_by("slot", "outcome")
    return [(f"{row.slot:%H:%M}", row.outcome, row.messages, row.recipients) for row in rows]


def senders() -> list[tuple[str, str, str, str, int, int, int]]:
    rows = SenderFigure.objects.order_by("day", "subject", "key", "outcome")
    return [
        (f"{row.day:%d}", row.subject, row.key, row.outcome, row.messages, row.recipients, row.window) for row in rows
    ]


def test_figures_add_up_over_batches_slots_and_days(store: Store, clock: Clock) -> None:
    ask(store, 500)
    ask(store, 100)
    assert figures.take_over() == 1
    ask(store, 50)
    clock.at += dt.timedelta(minutes=6)
    ask(store, 3000)
    ask(store, 1, sender="b@x.example", ip="192.0.2.2")
    assert figures.take_over() == 1
    assert slots() == [
        ("11:00", "accepted", 1, 500),
        ("11:00", "held", 2, 150),
        ("11:05", "accepted", 1, 1),
        ("11:05", "refused", 1, 3000),
    ]
    first, second = ("04", "ip", "192.0.2.1"), ("04", "sender", "a@x.example")
    assert senders() == [
        (*first, "held", 2, 150, 60),
        (*first, "refused", 1, 3000, senders()[1][-1]),
        (*second, "held", 2, 150, 60),
        (*second, "refused", 1, 3000, senders()[3][-1]),
    ]
    held = SenderFigure.objects.get(subject="sender", outcome="held")
    assert held.first_at == held.last_at == NOON
    # A new day in Paris, not in UTC.
    clock.at = NOON.replace(hour=23, minute=30)
    ask(store, 3000)
    figures.take_over()
    assert [row[0] for row in senders() if row[1] == "sender"] == ["04", "04", "05"]


def test_nothing_to_take_over_is_nothing(store: Store) -> None:
    assert figures.take_over() == 0
    assert not DrainedBatch.objects.exists()


def test_batch_is_written_once_when_killed_before_the_store_was_told(store: Store) -> None:
    ask(store, 600)
    with mock.patch.object(Store, "forget_batch", side_effect=StoreDown("killed")), pytest.raises(StoreDown):
        figures.take_over()
    before = (slots(), senders())
    ask(store, 1, sender="b@x.example", ip="192.0.2.2")
    assert figures.take_over() == 1
    assert slots() == [("11:00", "accepted", 1, 1), ("11:00", "held", 1, 600)]
    assert senders() == before[1]
    assert store.batches() == []


def test_batch_is_whole_or_not_there_when_the_database_fails(store: Store) -> None:
    ask(store, 600)
    with mock.patch.object(figures, "_write_senders", side_effect=DatabaseError), pytest.raises(DatabaseError):
        figures.take_over()
    assert slots() == []
    assert not DrainedBatch.objects.exists()
    assert figures.take_over() == 1
    assert slots() == [("11:00", "held", 1, 600)]
    assert len(senders()) == 2


def test_many_senders_are_written_in_few_queries(store: Store, django_assert_max_num_queries: object) -> None:
    for number in range(60):
        ask(store, 600, sender=f"{number}@x.example", ip=f"192.0.2.{number}")
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        figures.take_over()
    assert SenderFigure.objects.count() == 120
    assert slots() == [("11:00", "held", 60, 36_000)]


def test_name_that_no_database_can_write_stops_nothing(store: Store) -> None:
    ask(store, 600, sender="\udcff\0x@x.example")
    assert figures.take_over() == 1
    assert SenderFigure.objects.get(subject="sender").key == "?x@x.example"


def test_store_that_is_down_is_left_for_the_next_time(store_server: StoreServer, settings: object) -> None:
    settings.LIMITS_REDIS_URL = f"unix://{store_server.folder}/nothing"  # type: ignore[attr-defined]
    figures.take_over_or_log()
    with pytest.raises(StoreDown):
        figures.take_over()


def test_old_figures_are_forgotten() -> None:
    now = timezone.now()
    for days in (89, 92):
        at = now - dt.timedelta(days=days)
        SenderFigure.objects.create(
            day=at.date(), subject="ip", key="192.0.2.1", outcome="held", first_at=at, last_at=at
        )
    for days in (399, 401):
        SlotFigure.objects.create(slot=now - dt.timedelta(days=days), outcome="held")
    DrainedBatch.objects.create(batch="old")
    DrainedBatch.objects.update(at=now - dt.timedelta(days=31))
    DrainedBatch.objects.create(batch="new")
    figures.forget_old()
    assert SenderFigure.objects.count() == SlotFigure.objects.count() == 1
    assert [one.batch for one in DrainedBatch.objects.all()] == ["new"]
