"""A wave day by day: what `WaveDay` noted. A day on which nothing changed is told by the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bascule.models import Wave, WaveDay
from bascule.models.tracking import count_fields
from bascule.tracking.charts import CurveChart, curves

# The curve of a wave goes back so far.
MOST_DAYS = 120

KINDS: tuple[tuple[str, str], ...] = (
    ("prepared", "Préparation terminée"),
    ("moved", "Transférées"),
    ("complete", "Tout est terminé"),
)


@dataclass(frozen=True)
class Day:
    """The counts of a wave at the end of a day."""

    day: date
    counts: dict[str, int]


def days_of(wave: Wave, today: date) -> list[Day]:
    """Every day since the figures begin (or the last `MOST_DAYS`), the earliest first."""
    fields = count_fields()
    rows = WaveDay.objects.filter(wave=wave, day__lte=today).order_by("-day").values_list("day", *fields)
    noted = {row[0]: dict(zip(fields, row[1:], strict=True)) for row in rows[:MOST_DAYS]}
    if not noted:
        return []
    day = max(min(noted), today - timedelta(days=MOST_DAYS - 1))
    latest = noted[min(noted)]
    found = []
    while day <= today:
        latest = noted.get(day, latest)
        found.append(Day(day, latest))
        day += timedelta(days=1)
    return found


def chart(days: list[Day], wave: Wave) -> CurveChart | None:
    return curves([(day.day, day.counts) for day in days], KINDS, wave.date)
