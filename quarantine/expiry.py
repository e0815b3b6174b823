"""What the quarantine keeps no longer, erased for good: bytes and rows, nothing stays on disk.

    held                 after its days
    deleted              once it cannot be taken back any more
    released             the row, after its days; the bytes went with the delivery
    being delivered      never: somebody wants it; nor while it is on its way to the alert address

Rows go first, files after the commit: a process that dies in between leaves a file that no row knows, which the next
run removes.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts import journal
from quarantine import contents, held, passages
from quarantine.models import AlertReport, HeldContent, Hold

# Messages in one transaction, and in one line of the journal.
BATCH = 500


def expire() -> int:
    """Erase what is due; gives how many messages were erased because nobody wanted them within their days."""
    over = _erase_all(_over(), "quarantine.expired")
    _erase_all(_no_longer_shown(), "")
    passages.forget_old(timezone.now())
    known = set(HeldContent.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    contents.delete_orphans(known)
    return over


def _over() -> Q:
    return Q(state=Hold.State.HELD, expires_at__lte=timezone.now())


def _no_longer_shown() -> Q:
    deleted = Q(state=Hold.State.DELETED, state_at__lt=held.undo_since())
    return deleted | Q(state__in=[Hold.State.RELEASED, Hold.State.DELETED], expires_at__lte=timezone.now())


def _erase_all(due: Q, action: str) -> int:
    total = 0
    while True:
        erased = _erase_batch(due, action)
        total += erased
        if erased < BATCH:
            return total


def _erase_batch(due: Q, action: str) -> int:
    """Erase up to BATCH holds that are `due`, with their number in the journal as `action` ("": none); gives it."""
    forget: list[Callable[[], None]] = []
    with transaction.atomic():
        # In the order of their keys, as every batch does: two runs at once wait for each other and do not lock up.
        reported = AlertReport.objects.filter(hold=OuterRef("pk"), state=AlertReport.State.WAITING)
        rows = Hold.objects.select_for_update().filter(due).exclude(Exists(reported)).order_by("pk")
        taken = list(rows.values_list("pk", "content_id")[:BATCH])
        Hold.objects.filter(pk__in=[pk for pk, _ in taken]).delete()
        for content_id in sorted({content_id for _, content_id in taken}):
            dropped = held.drop_bytes(content_id)
            if dropped:
                forget.append(dropped)
        HeldContent.objects.filter(pk__in={content_id for _, content_id in taken}, holds__isnull=True).delete()
        if taken and action:
            journal.record(action, by=None, count=len(taken), days=settings.QUARANTINE_DAYS)
    for one in forget:
        one()
    return len(taken)
