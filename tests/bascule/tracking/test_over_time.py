"""Trend of one wave and comparison of all: days without a note are told by the one before, days to come by none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from bascule.models import Wave, WaveDay
from bascule.tracking import comparison, trend
from tests.factories import make_wave

pytestmark = pytest.mark.django_db

DAY = date(2030, 3, 15)


def note(wave: Wave, days: int, **counts: int) -> None:
    WaveDay.objects.create(wave=wave, day=DAY + timedelta(days=days), people=100, **counts)


def test_days_without_a_note_are_told_by_the_one_before() -> None:
    wave = make_wave(day=DAY)
    note(wave, -3, moved=1)
    note(wave, -1, moved=5)
    found = trend.days_of(wave, DAY)
    assert [day.counts["moved"] for day in found] == [1, 1, 5, 5]
    assert found[-1].day == DAY
    assert trend.days_of(make_wave(day=DAY), DAY) == []
    drawn = trend.chart(found, wave)
    assert drawn is not None
    assert drawn.mark is not None


def test_a_long_trend_keeps_its_latest_days() -> None:
    wave = make_wave(day=DAY)
    note(wave, -400, moved=1)
    note(wave, 0, moved=9)
    found = trend.days_of(wave, DAY)
    assert len(found) == trend.MOST_DAYS
    assert [found[0].counts["moved"], found[-1].counts["moved"]] == [1, 9]


def test_waves_are_compared_at_the_same_distance(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    early, late, undated = make_wave(day=DAY), make_wave(day=DAY + timedelta(days=10)), make_wave()
    for offset, count in ((-8, 10), (0, 50), (6, 80)):
        note(early, offset, complete=count)
    note(late, 3, complete=30)
    with django_assert_num_queries(1):
        rows = comparison.compare([early, late, undated], "complete", DAY + timedelta(days=8))
    assert [row.wave for row in rows] == [early, late]
    at = dict(zip(comparison.OFFSETS, rows[0].cells, strict=True))
    assert (at[-14], at[-7], at[0], at[7], at[14]) == (None, (10, 100), (50, 100), (80, 100), None)
    at = dict(zip(comparison.OFFSETS, rows[1].cells, strict=True))
    assert (at[-14], at[-7], at[-3], at[-1]) == (None, (30, 100), (30, 100), None)
    assert rows[1].told[comparison.OFFSETS.index(-7)] == "30\N{NO-BREAK SPACE}%"
    assert [comparison.offset_label(n) for n in (-7, 0, 14)] == ["J−7", "Jour J", "J+14"]
