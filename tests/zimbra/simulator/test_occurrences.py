"""Rules followed without a server: which instances, and how far a rule without any is looked into."""

from __future__ import annotations

from datetime import UTC, datetime

import dateutil.rrule
import pytest

from tests.each import each
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.moments import Zones
from zimbra.simulator.formats.occurrences import CYCLE, REACH, expand


def _days(rule: str, start: str, since: datetime, until: datetime) -> list[str]:
    """The days of the instances between two instants, as YYYYMMDD."""
    component = Component("VEVENT", [Property("DTSTART", {}, start), Property("RRULE", {}, rule)], [])
    span = [int(at.replace(tzinfo=UTC).timestamp() * 1000) for at in (since, until)]
    return [one.local.local.strftime("%Y%m%d") for one in expand(component, Zones("UTC"), 3_600_000, *span)]


@each(
    ("rule", "start", "days"),
    [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "20240229T090000Z", ["20240229", "20280229", "20320229"]),
        ("FREQ=MONTHLY;BYDAY=5FR;COUNT=3", "20260130T090000Z", ["20260130", "20260529", "20260731"]),
        ("FREQ=DAILY;UNTIL=20260103T090000Z", "20260101T090000Z", ["20260101", "20260102", "20260103"]),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH", "19981231T090000Z", ["20201231", "20261231", "20321230"]),
    ],
)
def test_the_days_of_a_rule(rule: str, start: str, days: list[str]) -> None:
    assert _days(rule, start, datetime(2020, 1, 1), datetime(2033, 1, 1)) == days


@pytest.mark.parametrize("ends", ["", ";COUNT=5", ";UNTIL=20990101T000000Z"])
@pytest.mark.parametrize("freq", ["DAILY", "WEEKLY", "MONTHLY"])
def test_a_rule_that_never_happens_is_followed_for_some_centuries_only(
    freq: str, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    months = 0
    rebuild = dateutil.rrule._iterinfo.rebuild

    def counted(self: dateutil.rrule._iterinfo, year: int, month: int) -> None:
        nonlocal months
        months += 1
        rebuild(self, year, month)

    monkeypatch.setattr(dateutil.rrule._iterinfo, "rebuild", counted)
    rule = f"FREQ={freq};BYMONTH=2;BYMONTHDAY=30{ends}"
    assert _days(rule, "20260105T090000Z", datetime(2026, 1, 1), datetime(2030, 1, 1)) == ["20260105"]
    assert 0 < months <= 12 * (CYCLE + REACH)
