"""Keeping the figures of waves true, and reading them. `refresh_wave` is the one writer.

What changes people, steps, files and imports notes the moment on the person's `Standing`; the clock comes by every few
seconds and counts the waves in which something has moved. Transactions end later than the moments they note: rows that
changed shortly before the last count are looked for again.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from bascule.models import Standing, Wave, WaveDay, WaveFigure
from bascule.models.tracking import count_fields
from bascule.tracking import counting

# No transaction of a worker or of a page lasts longer than this after it has noted the moment.
OVERLAP = timedelta(minutes=2)
# A wave is not counted again before so many times what counting it took: of one core, 2.5 % for a wave that is under
# way, 0.3 % for another, whatever happens in it.
REST_UNDER_WAY, REST = 40, 300
LEAST_REST = timedelta(seconds=8)
# Waves are counted for so long at a time; the next look at the clock begins with those that wait longest.
SLICE_SECONDS = 8.0


def refresh_wave(wave_id: int) -> bool:
    """Count that wave anew and note it as the state of the day; False when there is no such wave.

    In one transaction: readers see the figures of before or of after. Two at once follow one another.
    """
    started = time.monotonic()
    try:
        with transaction.atomic():
            if not Wave.objects.filter(pk=wave_id).exists():
                return False
            whole = counting.row_of(wave_id)
            # Before the count: what commits while it runs is looked for again.
            now = timezone.now()
            counting.count(wave_id)
            cost = round((time.monotonic() - started) * 1000)
            WaveFigure.objects.filter(pk=whole.pk).update(computed_at=now, cost_ms=cost, is_stale=False)
            whole.refresh_from_db()
            counts = {name: getattr(whole, name) for name in count_fields()}
            WaveDay.objects.update_or_create(wave_id=wave_id, day=timezone.localdate(now), defaults=counts)
    except IntegrityError:
        # Deleted meanwhile.
        if Wave.objects.filter(pk=wave_id).exists():
            raise
        return False
    return True


def due() -> list[int]:
    """Waves in which something has changed since they were counted, those that were never counted first.

    One look into an index for each wave.
    """
    now = timezone.now()
    known = {row.wave_id: row for row in whole_waves()}
    waves = Wave.objects.order_by("pk").values_list("pk", "state")
    found = []
    for wave_id, state in waves:
        row = known.get(wave_id)
        if row is None or row.computed_at is None or row.is_stale:
            found.append(wave_id)
            continue
        times = REST_UNDER_WAY if state == Wave.State.UNDER_WAY else REST
        rest = max(LEAST_REST, timedelta(milliseconds=times * row.cost_ms))
        if now - row.computed_at >= rest and _changed_since(row.wave_id, row.computed_at - OVERLAP):
            found.append(wave_id)
    return sorted(found, key=lambda pk: _counted(known.get(pk)))


def _counted(row: WaveFigure | None) -> float:
    return row.computed_at.timestamp() if row is not None and row.computed_at is not None else 0.0


def refresh_due() -> int:
    """Count the waves that are due, for as long as the clock gives; how many were."""
    until = time.monotonic() + SLICE_SECONDS
    counted = 0
    for wave_id in due():
        counted += refresh_wave(wave_id)
        if time.monotonic() >= until:
            break
    return counted


def refresh_all() -> int:
    """Count every wave; gives how many."""
    return sum(refresh_wave(pk) for pk in list(Wave.objects.order_by("pk").values_list("pk", flat=True)))


def _changed_since(wave_id: int, moment: datetime) -> bool:
    return Standing.objects.filter(wave=wave_id, changed_at__gt=moment).exists()


def is_behind(whole: WaveFigure) -> bool:
    """Whether changes wait to be counted for longer than the clock needs: no worker is at it."""
    if whole.computed_at is None:
        return True
    late = timezone.now() - max(timedelta(minutes=1), timedelta(milliseconds=2 * REST * whole.cost_ms))
    if whole.computed_at >= late:
        return False
    return Standing.objects.filter(wave=whole.wave_id, changed_at__gt=whole.computed_at, changed_at__lt=late).exists()


def whole_waves() -> QuerySet[WaveFigure]:
    """The row of each wave that was ever counted."""
    return WaveFigure.objects.filter(dimension=WaveFigure.Dimension.ALL)


def figure_of(wave: Wave) -> WaveFigure:
    """The figures of the whole wave; an empty row, not saved, when it was never counted."""
    return whole_waves().filter(wave=wave).first() or WaveFigure(wave=wave, dimension=WaveFigure.Dimension.ALL)


def people_by_wave() -> dict[int, int]:
    """How many active people each wave has, as it was counted last, by the number of the wave."""
    return dict(whole_waves().values_list("wave_id", "people"))


def failed_total() -> int:
    """Jobs that somebody has to look at, over all waves."""
    rows = whole_waves().aggregate(total=Sum(F("imports_failed") + F("replays_failed") + F("unreadable")))
    return int(rows["total"] or 0)
