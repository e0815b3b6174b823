"""Who got which reminder is kept as long as the journal; a trial for a month. Counts of the rounds stay."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts import journal_retention
from bascule.models import Reminder, ReminderMail, ReminderTrial
from bascule.reminders.states import State

BATCH = 5_000
MOST_BATCHES = 100
TRIAL_DAYS = 30


def forget() -> int:
    """Erase the lists of people of reminders that are over; gives how many rows went.

    Never those of a reminder that may still leave: they are what keeps anybody from getting it twice.
    """
    limit = journal_retention.begins()
    ReminderTrial.objects.filter(created_at__lt=timezone.now() - timedelta(days=TRIAL_DAYS)).delete()
    over = Reminder.objects.filter(state__in=[State.DONE, State.CANCELLED], created_at__lt=limit)
    erased = 0
    for reminder in over.order_by("pk").values_list("pk", flat=True):
        for _ in range(MOST_BATCHES):
            with transaction.atomic():
                rows = ReminderMail.objects.filter(reminder=reminder, at__lt=limit).order_by("pk")
                gone, _ = ReminderMail.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:BATCH])).delete()
            erased += gone
            if gone < BATCH:
                break
    return erased
