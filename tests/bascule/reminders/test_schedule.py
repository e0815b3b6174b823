"""When a reminder leaves: by the wave's date as it is, in Réunion's time; not late, not without a date."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from accounts import mail_pace
from accounts.models import JournalEntry
from bascule.models import Reminder, Wave
from bascule.reminders import listing, schedule, sending, states, writing
from tests.bascule.reminders.cast import make_reminder, people, round_of, send_all, wave_of_all
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

When = Reminder.When


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_pace, "_paces", [])


def day(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days)


def set_date(wave: Wave, date: dt.date | None) -> None:
    Wave.objects.filter(pk=wave.pk).update(date=date, period_label="mi-mai", period_start=dt.date(2030, 5, 15))


def test_due_is_counted_from_the_waves_date_in_reunion() -> None:
    wave = Wave(date=dt.date(2026, 3, 20))
    table = [
        (Reminder(when=When.BEFORE_OR_AFTER, days=-10, hour=8), "2026-03-10T04:00:00+00:00"),
        (Reminder(when=When.BEFORE_OR_AFTER, days=1, hour=0), "2026-03-20T20:00:00+00:00"),
        (Reminder(when=When.ON_DATE, date=dt.date(2026, 1, 1), hour=3), "2025-12-31T23:00:00+00:00"),
    ]
    for reminder, wanted in table:
        due = schedule.due(reminder, wave)
        assert due is not None
        assert due.astimezone(dt.UTC).isoformat() == wanted
    assert schedule.due(table[0][0], Wave(period_label="mi-mai")) is None
    assert schedule.in_words(table[0][0]) == "10 jours avant le transfert, à 8 h"
    assert schedule.in_words(table[1][0]) == "1 jour après le transfert, à 0 h"


def test_a_reminder_follows_the_date_of_its_wave() -> None:
    wave = wave_of_all(day=day(20))
    people(1)
    reminder = make_reminder(wave, when=When.BEFORE_OR_AFTER, days=-10, hour=0)
    send_all(reminder)
    assert mail.outbox == []
    set_date(wave, day(30))
    send_all(reminder)
    assert mail.outbox == []
    set_date(wave, day(10))
    send_all(reminder)
    assert len(mail.outbox) == 1
    # Put off again, once it has gone.
    set_date(wave, day(20))
    send_all(reminder)
    set_date(wave, day(10))
    send_all(reminder)
    assert len(mail.outbox) == 1


def test_without_an_exact_date_nothing_leaves() -> None:
    wave = wave_of_all()
    people(1)
    reminder = make_reminder(wave, when=When.BEFORE_OR_AFTER, days=-10)
    send_all(reminder)
    assert sending.advance(round_of(reminder).pk) is None
    assert mail.outbox == []
    assert [line.needs_date for line in listing.lines(reminder)] == [True]
    set_date(wave, day(9))
    send_all(reminder)
    assert len(mail.outbox) == 1


def test_a_moment_long_past_is_missed_and_staff_decide() -> None:
    wave = wave_of_all(day=day(20))
    people(1)
    staff = make_agent(is_staff=True)
    reminder = make_reminder(wave, when=When.BEFORE_OR_AFTER, days=-10, hour=0)
    set_date(wave, day(7))
    send_all(reminder)
    assert mail.outbox == []
    late = round_of(reminder)
    assert late.state == "missed"
    assert [one.count for one in listing.waiting()] == [1, 0]
    assert JournalEntry.objects.filter(action="reminder.missed").exists()
    reminder.refresh_from_db()
    assert reminder.state == Reminder.State.DONE
    writing.send_missed(late=late, by=staff)
    send_all(reminder)
    assert len(mail.outbox) == 1
    with pytest.raises(states.WrongState):
        writing.send_missed(late=round_of(reminder), by=staff)


def test_a_moment_that_is_over_is_not_planned() -> None:
    wave = wave_of_all(day=day(3))
    with pytest.raises(states.ReminderError) as refused:
        make_reminder(wave, when=When.BEFORE_OR_AFTER, days=-10)
    assert "déjà passé" in refused.value.sentence
    assert Reminder.objects.get().state == Reminder.State.DRAFT


def test_each_wave_has_its_own_moment() -> None:
    soon, later = wave_of_all(day=day(5)), wave_of_all(day=day(50))
    people(2)
    reminder = make_reminder(soon, later, when=When.BEFORE_OR_AFTER, days=-5, hour=0)
    send_all(reminder)
    assert len(mail.outbox) == 2
    assert [(line.round.wave, line.round.state) for line in listing.lines(reminder)] == [
        (soon, "done"),
        (later, "waiting"),
    ]
    reminder.refresh_from_db()
    assert reminder.state == Reminder.State.PLANNED


def test_only_staff_write_and_only_drafts_change() -> None:
    wave = wave_of_all()
    with pytest.raises(states.NotStaff):
        make_reminder(wave, by=make_agent())
    reminder = make_reminder(wave)
    staff = make_agent(is_staff=True)
    for act in (writing.plan, writing.resume):
        with pytest.raises(states.WrongState):
            act(reminder=reminder, by=staff)
    with pytest.raises(states.ReminderError):
        writing.send_again(reminder=reminder, by=staff)
