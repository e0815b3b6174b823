"""Drawings of figures as plain numbers, in the units of an SVG's own field: templates only place them.

Colour never tells alone: each kind has a pattern too, and the same figures stand beside every drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

# Width of a bar; height and width of a curve.
BAR = 1000
CURVE_WIDTH, CURVE_HEIGHT = 960, 240


@dataclass(frozen=True)
class Segment:
    """A piece of a bar. kind: names its colour and pattern; x, width: of `BAR`; query: of the list of those people."""

    kind: str
    label: str
    count: int
    percent: str
    x: float
    width: float
    query: str = ""


def percent(count: int, total: int) -> str:
    """ "62 %"; never 100 % before everybody is there, nor 0 % once somebody is; "–" of nobody."""
    if total <= 0:
        return "–"
    share = round(100 * count / total)
    if count < total:
        share = min(share, 99)
    if count > 0:
        share = max(share, 1)
    return f"{share}\N{NO-BREAK SPACE}%"


def stacked(parts: Sequence[tuple[str, str, int, str]], total: int) -> list[Segment]:
    """A bar of `parts` (kind, label, count, query) that together make `total`; pieces of nobody are left out of the
    drawing by their width of 0, not of the list."""
    found, x = [], 0.0
    for kind, label, count, query in parts:
        width = BAR * count / total if total > 0 else 0.0
        found.append(Segment(kind, label, count, percent(count, total), round(x, 1), round(width, 1), query))
        x += width
    return found


@dataclass(frozen=True)
class Curve:
    """A line; points: of an SVG polyline; last: the latest figure."""

    kind: str
    label: str
    points: str
    last: int


@dataclass(frozen=True)
class CurveChart:
    """Lines over the same days. top: the figure at its upper edge; mark: x of a day to point out, None outside."""

    curves: list[Curve]
    first: date
    last: date
    top: int
    mark: float | None


def curves(
    days: Sequence[tuple[date, dict[str, int]]], kinds: Sequence[tuple[str, str]], mark: date | None
) -> CurveChart | None:
    """Lines of `kinds` (kind, label) through `days`, in order; None of fewer than two. mark: a day to point out."""
    if len(days) < 2:
        return None
    first, last = days[0][0], days[-1][0]
    span = (last - first).days or 1
    top = max(1, max(counts["people"] for _, counts in days))

    def x(day: date) -> float:
        return round(CURVE_WIDTH * (day - first).days / span, 1)

    def y(count: int) -> float:
        # Some air above, so that a line at the very top is seen in its whole width.
        return round(CURVE_HEIGHT - (CURVE_HEIGHT - 4) * count / top, 1)

    drawn = [
        Curve(kind, label, " ".join(f"{x(day)},{y(counts[kind])}" for day, counts in days), days[-1][1][kind])
        for kind, label in kinds
    ]
    return CurveChart(drawn, first, last, top, x(mark) if mark is not None and first <= mark <= last else None)


def spark(values: Sequence[tuple[int, int]], least: int, most: int) -> str:
    """Points of a small line 100 wide and 30 high through `values` (place between `least` and `most`, percentage)."""
    span = most - least or 1
    return " ".join(
        f"{round(100 * (place - least) / span, 1)},{round(28 - 26 * share / 100, 1)}" for place, share in values
    )
