"""What a run over a wave would do, for its page: counted there and then where the wave is small, else by a task, and
kept: of twenty thousand people every file has to be looked up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.handing_out import hand_out_on_commit
from bascule.bulk import choosing
from bascule.bulk.choosing import Amount, KindAmount, Preview
from bascule.models import BulkForecast, Standing, Wave

# People of a wave that is counted while its page is made.
MOST_COUNTED_AT_ONCE = 2_000
# How long a count is shown before another is asked for, and how long a task may take before it is asked for again.
FRESH = timedelta(minutes=2)
PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True)
class Forecast:
    """preview: None as long as nothing was counted. counted_at: None: just now. is_counting: another count is on its
    way, look again."""

    preview: Preview | None
    counted_at: datetime | None = None
    is_counting: bool = False


def of_wave(wave: Wave, *, since: datetime | None = None) -> Forecast:
    """since: counts of before that are out of date, as when a run has ended."""
    people = Standing.objects.filter(wave=wave).order_by()[: MOST_COUNTED_AT_ONCE + 1].count()
    if people <= MOST_COUNTED_AT_ONCE:
        return Forecast(choosing.preview(wave))
    row, _ = BulkForecast.objects.get_or_create(wave=wave)
    now = timezone.now()
    oldest = max(filter(None, (now - FRESH, since)))
    if row.counted_at is not None and row.counted_at >= oldest:
        return Forecast(_read(row.counts), row.counted_at)
    _ask(row, now)
    return Forecast(_read(row.counts) if row.counted_at else None, row.counted_at, is_counting=True)


def count(wave_id: int) -> None:
    """Count and keep; what a task calls. A wave that is gone is let be."""
    wave = Wave.objects.filter(pk=wave_id).first()
    if wave is None:
        return
    at = timezone.now()
    counts = asdict(choosing.preview(wave))
    BulkForecast.objects.filter(pk=wave_id).update(counts=counts, counted_at=at, asked_at=None)


def _ask(row: BulkForecast, now: datetime) -> None:
    """One of those who look hands it out."""
    from bascule.tasks import count_bulk_forecast

    lately = BulkForecast.objects.filter(Q(asked_at=None) | Q(asked_at__lt=now - PATIENCE), pk=row.pk)
    with transaction.atomic():
        if lately.update(asked_at=now):
            hand_out_on_commit(count_bulk_forecast, row.pk)


def _read(kept: dict[str, Any]) -> Preview:
    values = dict(kept)
    for name in ("total", "imported", "not_moved", "own"):
        values[name] = Amount(**values[name])
    values["kinds"] = [KindAmount(one["label"], Amount(**one["amount"])) for one in values["kinds"]]
    return Preview(**values)
