"""When a series is over for certain: what lets a look into one week pass it by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zimbra.simulator.appointments import ms
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.moments import Zones
from zimbra.simulator.formats.occurrences import HORIZON, expand, reach

HOUR = 3_600_000
START = ms(2026, 1, 5) + 8 * HOUR


def _series(rule: str, start: str = "20260105T080000Z", *more: Property) -> Component:
    return Component("VEVENT", [Property("DTSTART", {}, start), Property("RRULE", {}, rule), *more])


def test_a_series_with_an_end_is_over_soon_after_it() -> None:
    end = reach(_series("FREQ=WEEKLY;UNTIL=20260302T080000Z"), START, HOUR)
    assert end is not None
    assert ms(2026, 3, 2) + 9 * HOUR <= end < ms(2026, 3, 8)


def test_a_series_without_end_lasts_as_long_as_the_server_follows_it() -> None:
    end = reach(_series("FREQ=DAILY"), START, HOUR)
    assert end is not None
    assert end > START + HORIZON["DAILY"] // timedelta(milliseconds=1)


def test_a_further_date_counts() -> None:
    end = reach(_series("FREQ=DAILY;COUNT=2", "20260105T080000Z", Property("RDATE", {}, "20270101T080000Z")), START, 0)
    assert end is not None
    assert end >= ms(2027, 1, 1) + 8 * HOUR


@pytest.mark.parametrize(
    "rule", ["FREQ=MONTHLY;COUNT=3;BYMONTHDAY=31", "FREQ=YEARLY;COUNT=2;BYMONTH=2", "FREQ=DAILY;COUNT=9;BYDAY=MO"]
)
def test_it_is_not_certain_where_periods_may_be_skipped(rule: str) -> None:
    assert reach(_series(rule), START, HOUR) is None


@given(
    frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    count=st.integers(1, 12),
    interval=st.integers(1, 5),
    day=st.integers(1, 31),
    days=st.sampled_from(["", ";BYDAY=MO,FR", ";BYDAY=SU"]),
)
def test_no_instance_is_later(frequency: str, count: int, interval: int, day: int, days: str) -> None:
    start = ms(2026, 1, day)
    series = _series(f"FREQ={frequency};COUNT={count};INTERVAL={interval}{days}", f"202601{day:02}T000000Z")
    end = reach(series, start, HOUR)
    if end is not None:
        found = expand(series, Zones("Europe/Paris"), HOUR, start - HOUR, ms(2300, 1, 1))
        assert max(one.starts + one.length for one in found) <= end
