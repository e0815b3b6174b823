"""Reminders follow waves that are merged or split, and still nobody gets one twice."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail

from accounts import mail_pace
from bascule import standings
from bascule.models import Reminder, ReminderMail, ReminderRound, Wave
from bascule.waves import editing, splitting
from tests.bascule.reminders.cast import make_reminder, people, send_all, wave_of_all
from tests.factories import make_agent, make_wave

pytestmark = pytest.mark.django_db

DAY = dt.date(2031, 1, 10)


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_pace, "_paces", [])


def test_reminders_of_a_wave_that_is_merged_go_to_the_other_one() -> None:
    staff = make_agent(is_staff=True, population="dsi")
    wave, gone = wave_of_all(day=DAY), make_wave("second-degree", day=DAY)
    one, other = people(1)[0], people(1, population="second-degree")[0]
    sent = make_reminder(gone, wave, name="Partie", by=staff)
    waiting = make_reminder(gone, name="À venir", by=staff, when=Reminder.When.BEFORE_OR_AFTER, days=-10)
    send_all(sent)
    assert sorted(message.to[0] for message in mail.outbox) == sorted([one.address, other.address])
    splitting.merge(wave_id=wave.pk, version=wave.version, other_id=gone.pk, by=staff)
    assert [row.wave for row in waiting.rounds.all()] == [wave]
    [left] = sent.rounds.all()
    assert (left.counts["sent"], left.expected) == (2, 2)
    assert ReminderMail.objects.filter(round=left).count() == 2
    send_all(sent)
    assert len(mail.outbox) == 2


def test_reminders_that_wait_are_for_the_parts_of_a_wave_too() -> None:
    staff = make_agent(is_staff=True, population="dsi")
    wave = make_wave("first-degree", "second-degree", day=DAY)
    standings.refresh()
    waiting = make_reminder(wave, by=staff, when=Reminder.When.BEFORE_OR_AFTER, days=-10)
    over = make_reminder(wave, by=staff)
    send_all(over)
    [second] = wave.populations.filter(code="second-degree")
    made = splitting.by_populations(
        wave_id=wave.pk, version=wave.version, populations=[second.pk], name="Second degré", when=None, by=staff
    )
    assert {row.wave for row in waiting.rounds.all()} == {wave, *made.made}
    assert {row.wave for row in over.rounds.all()} == {wave}
    assert Wave.objects.count() == 2


def test_reminders_of_a_wave_that_is_deleted_are_over_unless_they_have_another() -> None:
    staff = make_agent(is_staff=True, population="dsi")
    gone, kept = make_wave("second-degree", day=DAY), wave_of_all(day=DAY)
    later = {"by": staff, "when": Reminder.When.BEFORE_OR_AFTER, "days": -10}
    alone, both = make_reminder(gone, name="Seule", **later), make_reminder(gone, kept, name="Deux", **later)
    draft = make_reminder(gone, name="Brouillon", plan=False, by=staff)
    ended = make_reminder(kept, gone, name="Déjà partie", **later)
    ended.rounds.filter(wave=kept).update(state=ReminderRound.State.DONE)
    editing.delete(wave_id=gone.pk, version=gone.version, by=staff)
    assert {row.name: row.state for row in Reminder.objects.all()} == {
        alone.name: Reminder.State.CANCELLED,
        both.name: Reminder.State.PLANNED,
        draft.name: Reminder.State.DRAFT,
        ended.name: Reminder.State.DONE,
    }
