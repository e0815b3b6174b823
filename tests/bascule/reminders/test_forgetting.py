"""Lists of people who got a reminder go with the journal; never those of one that may still leave."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from bascule.models import Reminder, ReminderMail, ReminderTrial
from bascule.reminders import forgetting
from tests.bascule.reminders.cast import make_reminder, people, wave_of_all
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


def test_old_lists_go_and_what_may_still_leave_stays(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.JOURNAL_DAYS = 200
    monkeypatch.setattr(forgetting, "BATCH", 2)
    wave, agents, now = wave_of_all(), people(3), timezone.now()
    table = [("done", 300, 0), ("cancelled", 300, 0), ("planned", 300, 3), ("done", 100, 3)]
    made = []
    for state, days, kept in table:
        reminder = make_reminder(wave, plan=False, name=state)
        at = now - dt.timedelta(days=days)
        Reminder.objects.filter(pk=reminder.pk).update(state=state, created_at=at)
        ReminderMail.objects.bulk_create(
            ReminderMail(reminder=reminder, agent=agent, state=ReminderMail.State.SENT, at=at) for agent in agents
        )
        made.append((reminder, kept))
    staff = make_agent(is_staff=True)
    trial = ReminderTrial.objects.create(subject="S", body="B", by=staff, about=staff)
    ReminderTrial.objects.update(created_at=now - dt.timedelta(days=31))
    assert forgetting.forget() == 6
    assert [reminder.mails.count() for reminder, _ in made] == [kept for _, kept in made]
    assert not ReminderTrial.objects.filter(pk=trial.pk).exists()
