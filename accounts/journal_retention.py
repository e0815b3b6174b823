"""How long the journal is kept: six months to a year as the CNIL asks of traces of use, then erased.

Source: CNIL, Recommandation sur la journalisation (délibération 2021-122), and the guide for developers, sheet 7: a
duration for each kind of data, and the erasure itself on record.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.models import JournalEntry

# One transaction each: short enough that whoever writes an entry meanwhile waits for nothing.
BATCH = 5_000
# Batches of one run of the task; the next one goes on.
MOST_BATCHES = 200


def begins(at: dt.datetime | None = None) -> dt.datetime:
    """Entries from before that instant are erased."""
    return (at or timezone.now()) - dt.timedelta(days=settings.JOURNAL_DAYS)


def purge(*, batch: int = BATCH, most_batches: int = MOST_BATCHES) -> int:
    """Erase what is too old, and say so in the journal; gives how many entries went.

    The day's entry about the erasure grows in the transaction of each batch: killed in between, it is still right.
    """
    erased = 0
    oldest_kept = begins()
    for _ in range(most_batches):
        with transaction.atomic():
            rows = JournalEntry.objects.filter(at__lt=oldest_kept).order_by("at", "id")
            gone, _ = JournalEntry.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:batch])).delete()
            if gone:
                _tell(gone)
        erased += gone
        if gone < batch:
            break
    return erased


def _tell(gone: int) -> None:
    target = f"purge:{timezone.localdate():%Y-%m-%d}"
    told = JournalEntry.objects.select_for_update().filter(target=target, action="journal.purged").first()
    if told is None:
        journal.record("journal.purged", by=None, target=target, count=gone, days=settings.JOURNAL_DAYS)
    else:
        told.details["count"] += gone
        told.save(update_fields=["details"])
