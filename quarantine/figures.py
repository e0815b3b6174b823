"""Figures of what the gateways decided: taken over from the store into the rows that pages show, each exactly once.

Nothing of a message is among them but that it was, and of a sender only that something was held or refused.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from quarantine.counters.store import Store
from quarantine.counters.types import Batch, KeyTally, StoreDown
from quarantine.gateway import heartbeat
from quarantine.limits import PARIS
from quarantine.models import DrainedBatch, SenderFigure, SlotFigure

log = logging.getLogger(__name__)

# What was held or refused of a person: as long as staff may be asked about it.
SENDER_FIGURES_KEPT = dt.timedelta(days=90)
SLOT_FIGURES_KEPT = dt.timedelta(days=400)
# A batch is offered again until the store was told to forget it: days are more than enough.
_BATCHES_KEPT = dt.timedelta(days=30)
_ROWS_AT_ONCE = 500

_SlotKey = tuple[dt.datetime, str]
_SenderKey = tuple[dt.date, str, str, str]


def take_over() -> int:
    """Take over what the store has tallied; gives how many batches were new. Raises StoreDown."""
    count = 0
    with Store(settings.LIMITS_REDIS_URL, timeout=10) as store:
        for batch in store.batches():
            count += _write(batch)
            # Killed before this: the batch is offered again, and known by its row.
            store.forget_batch(batch.id)
    return count


def take_over_or_log() -> None:
    """As `take_over`, for a task: what a store that is down has tallied waits there."""
    try:
        take_over()
    except StoreDown as error:
        log.warning("figures of the gateways not taken over: %s", error)


def forget_old() -> None:
    """Remove figures and notes whose time is over."""
    now = timezone.now()
    SenderFigure.objects.filter(day__lt=(now - SENDER_FIGURES_KEPT).astimezone(PARIS).date()).delete()
    SlotFigure.objects.filter(slot__lt=now - SLOT_FIGURES_KEPT).delete()
    DrainedBatch.objects.filter(at__lt=now - _BATCHES_KEPT).delete()
    heartbeat.forget_old(now)


def _write(batch: Batch) -> bool:
    """Add a batch to the rows, unless that was done; gives whether it was new."""
    with transaction.atomic():
        _, is_new = DrainedBatch.objects.get_or_create(batch=batch.id)
        if is_new:
            _write_slots({(one.slot, one.outcome.value): (one.messages, one.recipients) for one in batch.slots})
            _write_senders(_by_day(batch.keys))
    return is_new


def _write_slots(added: Mapping[_SlotKey, tuple[int, int]]) -> None:
    SlotFigure.objects.bulk_create(
        [SlotFigure(slot=slot, outcome=outcome) for slot, outcome in added], ignore_conflicts=True
    )
    slots = {slot for slot, _ in added}
    rows = [
        row
        for row in SlotFigure.objects.select_for_update().filter(slot__in=slots).order_by("pk")
        if (row.slot, row.outcome) in added
    ]
    for row in rows:
        messages, recipients = added[row.slot, row.outcome]
        row.messages += messages
        row.recipients += recipients
    SlotFigure.objects.bulk_update(rows, ["messages", "recipients"], batch_size=_ROWS_AT_ONCE)


def _by_day(tallies: Iterable[KeyTally]) -> dict[_SenderKey, list[KeyTally]]:
    """The tallies of each subject, outcome and day in Paris. A name that no database can write is written as near to
    it as can be."""
    found: dict[_SenderKey, list[KeyTally]] = defaultdict(list)
    for one in tallies:
        key = one.key.replace("\0", "").encode("utf-8", "replace").decode()[:320]
        found[one.slot.astimezone(PARIS).date(), one.subject.value, key, one.outcome.value].append(one)
    return found


def _write_senders(added: Mapping[_SenderKey, list[KeyTally]]) -> None:
    # In one order everywhere: two that write at once wait for one another instead of locking each other out.
    keys = sorted(added)
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        part = {key: added[key] for key in keys[start : start + _ROWS_AT_ONCE]}
        SenderFigure.objects.bulk_create([_new(key, tallies) for key, tallies in part.items()], ignore_conflicts=True)
        names = {key for _, _, key, _ in part}
        days = {day for day, _, _, _ in part}
        rows = []
        for row in (
            SenderFigure.objects.select_for_update()
            .filter(day__in=days, key__in=names)
            .order_by("day", "subject", "key", "outcome")
        ):
            tallies = part.get((row.day, row.subject, row.key, row.outcome))
            if tallies:
                _add(row, tallies)
                rows.append(row)
        SenderFigure.objects.bulk_update(
            rows, ["messages", "recipients", "first_at", "last_at", "window"], batch_size=_ROWS_AT_ONCE
        )


def _new(key: _SenderKey, tallies: list[KeyTally]) -> SenderFigure:
    day, subject, name, outcome = key
    return SenderFigure(
        day=day,
        subject=subject,
        key=name,
        outcome=outcome,
        first_at=min(one.first for one in tallies),
        last_at=min(one.first for one in tallies),
    )


def _add(row: SenderFigure, tallies: list[KeyTally]) -> None:
    for one in tallies:
        row.messages += one.messages
        row.recipients += one.recipients
        row.first_at = min(row.first_at, one.first)
        if one.last >= row.last_at:
            row.last_at, row.window = one.last, one.window
