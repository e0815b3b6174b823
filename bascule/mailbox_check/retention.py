"""What was read of mailboxes goes some time after the move: by then nothing can be fetched from the old server."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Agent
from bascule.mailbox_check import asking

# Each is a transaction of its own; the next hour takes the rest.
_AT_ONCE = 500


def expire() -> int:
    """Erase the censuses of people who moved more than MAILBOX_CHECK_DAYS ago. How many people."""
    before = timezone.now() - timedelta(days=settings.MAILBOX_CHECK_DAYS)
    people = Agent.objects.filter(migrated_at__lt=before, mailbox_censuses__isnull=False).distinct()[:_AT_ONCE]
    for agent in people:
        asking.delete_all(agent=agent, by=None)
    return len(people)
