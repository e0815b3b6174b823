"""Figures as drawings: nothing rounded to what is not true, everything within the field."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bascule.tracking import charts

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("count", "total", "told"),
    [(0, 0, "–"), (0, 9, "0"), (1, 1000, "1"), (999, 1000, "99"), (1000, 1000, "100"), (1, 3, "33"), (2, 3, "67")],
)
def test_percentages_say_all_and_none_only_when_it_is_so(count: int, total: int, told: str) -> None:
    assert charts.percent(count, total) == (told if told == "–" else f"{told}{NBSP}%")


def test_pieces_of_a_bar_follow_one_another_and_fill_it() -> None:
    bar = charts.stacked([("a", "A", 1, "x=1"), ("b", "B", 0, ""), ("c", "C", 3, "")], 4)
    assert [(piece.x, piece.width) for piece in bar] == [(0.0, 250.0), (250.0, 0.0), (250.0, 750.0)]
    assert bar[0].query == "x=1"
    assert [piece.width for piece in charts.stacked([("a", "A", 0, "")], 0)] == [0.0]


def test_curves_go_through_every_day_within_the_field() -> None:
    first = date(2030, 1, 1)
    days = [(first + timedelta(days=n), {"people": 10, "moved": n}) for n in range(11)]
    chart = charts.curves(days, [("moved", "Transférées")], first + timedelta(days=5))
    assert chart is not None
    points = [tuple(map(float, point.split(","))) for point in chart.curves[0].points.split()]
    assert points[0] == (0.0, charts.CURVE_HEIGHT)
    assert points[-1] == (charts.CURVE_WIDTH, 4.0)
    assert (chart.mark, chart.top, chart.curves[0].last) == (charts.CURVE_WIDTH / 2, 10, 10)
    later = charts.curves(days, [("moved", "")], first + timedelta(days=40))
    assert later is not None
    assert later.mark is None
    assert charts.curves(days[:1], [("moved", "")], None) is None


def test_small_lines_stay_in_their_field() -> None:
    assert charts.spark([(-28, 0), (0, 50), (28, 100)], -28, 28) == "0.0,28.0 50.0,15.0 100.0,2.0"
