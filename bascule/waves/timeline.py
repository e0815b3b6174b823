"""All waves over the months, as a drawing: places of bars, texts and lines in its own units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bascule.waves.listing import Row

_SHORT = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
WIDTH = 1000
_NAMES = 270
_RIGHT = 90
_TOP = 44
# Where the line of today is named.
_FOOT = 20
_LINE = 28
_SHORTEST = 8
_MOST_NAME = 34
# Names of months stand side by side in so many units.
_MONTH_ROOM = 48


@dataclass(frozen=True)
class Bar:
    """One wave. y: of its line; name: as much of it as there is room for; text_x: where its state is written, after
    the bar or, where there is no room, before it (`anchor`)."""

    row: Row
    name: str
    x: int
    y: int
    width: int
    text_x: int
    anchor: str

    @property
    def middle(self) -> int:
        return self.y + _LINE // 2

    @property
    def baseline(self) -> int:
        return self.middle + 5

    @property
    def top(self) -> int:
        return self.y + 6

    @property
    def height(self) -> int:
        return _LINE - 12


@dataclass(frozen=True)
class Month:
    x: int
    label: str
    year: str


@dataclass(frozen=True)
class Timeline:
    height: int
    bars: list[Bar]
    months: list[Month]
    today_x: int
    width: int = WIDTH
    names: int = _NAMES
    top: int = _TOP

    @property
    def bottom(self) -> int:
        """Where the lines end."""
        return self.height - _FOOT


def draw(rows: Sequence[Row], today: date) -> Timeline | None:
    """The waves in their order; None without any. Today is always within."""
    if not rows:
        return None
    first = min([today, *(row.when.start for row in rows)]).replace(day=1)
    last = _next_month(max([today, *(row.when.end for row in rows)]))
    room = WIDTH - _NAMES - _RIGHT
    days = (last - first).days

    def place(day: date) -> int:
        return _NAMES + round((day - first).days * room / days)

    bars = []
    for number, row in enumerate(rows):
        x, end = place(row.when.start), place(row.when.end + timedelta(days=1))
        width = max(end - x, _SHORTEST)
        after = x + width + 6
        fits = after + _RIGHT <= WIDTH
        name = row.wave.name if len(row.wave.name) <= _MOST_NAME else f"{row.wave.name[: _MOST_NAME - 1]}…"
        text_x, anchor = (after, "start") if fits else (x - 6, "end")
        bars.append(Bar(row, name, x, _TOP + number * _LINE, width, text_x, anchor))
    return Timeline(_TOP + len(rows) * _LINE + _FOOT, bars, _months(first, last, place), place(today))


def _months(first: date, last: date, place: Callable[[date], int]) -> list[Month]:
    days = []
    day = first
    while day < last:
        days.append(day)
        day = _next_month(day)
    every = next((step for step in (1, 2, 3, 6) if len(days) / step * _MONTH_ROOM <= WIDTH - _NAMES - _RIGHT), 12)
    shown = [day for day in days if (day.month - 1) % every == 0]
    # The year stands where it begins, and with the first month.
    return [
        Month(place(day), _SHORT[day.month - 1], str(day.year) if day == shown[0] or day.month == 1 else "")
        for day in shown
    ]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
