"""All waves side by side, each at the same distance from its own date: a week before, the day itself, a week after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from bascule.models import Wave, WaveDay
from bascule.tracking.charts import percent, spark

# Days from the date of the wave.
OFFSETS = (-28, -14, -7, -3, -1, 0, 1, 3, 7, 14, 28)
# A wave of which nothing was noted for longer is not guessed at.
_LOOK_BACK = 30

MEASURES: dict[str, str] = {
    "prepared": "Préparation terminée",
    "moved": "Personnes transférées",
    "complete": "Tout est terminé",
}


@dataclass(frozen=True)
class Compared:
    """A wave at each of `OFFSETS`: the count out of so many people, None where nothing is known (yet)."""

    wave: Wave
    cells: list[tuple[int, int] | None]
    points: str

    @property
    def told(self) -> list[str]:
        return ["" if cell is None else percent(*cell) for cell in self.cells]


def compare(waves: Sequence[Wave], measure: str, today: date) -> list[Compared]:
    """`waves` that have a date, as they come; one query, whatever their number."""
    dated = [wave for wave in waves if wave.date is not None]
    noted = _noted(dated, measure)
    found = []
    for wave in dated:
        assert wave.date is not None
        cells = [
            _at(noted[wave.pk], wave.date + timedelta(days=offset))
            if wave.date + timedelta(days=offset) <= today
            else None
            for offset in OFFSETS
        ]
        line = [
            (offset, round(100 * cell[0] / cell[1]) if cell[1] else 0)
            for offset, cell in zip(OFFSETS, cells, strict=True)
            if cell is not None
        ]
        found.append(Compared(wave, cells, spark(line, OFFSETS[0], OFFSETS[-1]) if len(line) > 1 else ""))
    return found


def _noted(waves: Sequence[Wave], measure: str) -> dict[int, list[tuple[date, int, int]]]:
    """Day, count and people of each wave round its date, the earliest first."""
    around = Q(pk=None)
    for wave in waves:
        assert wave.date is not None
        first, last = wave.date + timedelta(days=OFFSETS[0] - _LOOK_BACK), wave.date + timedelta(days=OFFSETS[-1])
        around |= Q(wave=wave.pk, day__range=(first, last))
    found: dict[int, list[tuple[date, int, int]]] = defaultdict(list)
    rows = WaveDay.objects.filter(around).order_by("wave", "day").values_list("wave", "day", measure, "people")
    for wave_id, day, count, people in rows:
        found[wave_id].append((day, count, people))
    return found


def _at(days: list[tuple[date, int, int]], day: date) -> tuple[int, int] | None:
    """The latest that is known on `day`."""
    known = [one for one in days if one[0] <= day]
    return (known[-1][1], known[-1][2]) if known else None


def offset_label(offset: int) -> str:
    return "Jour J" if offset == 0 else f"J{'+' if offset > 0 else '−'}{abs(offset)}"
