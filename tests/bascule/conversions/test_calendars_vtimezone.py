"""Our VTIMEZONEs say what tzdata says, at every hour around every change."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import islice

import icalendar
import pytest

from bascule.conversions.calendars import zones
from bascule.conversions.calendars.definitions import parse_offset
from bascule.conversions.calendars.expansion import local_dates
from bascule.conversions.calendars.recurrence import parse_rule
from bascule.conversions.calendars.times import parse_time
from bascule.conversions.calendars.vtimezone import vtimezone
from tests.each import each

ZONES = [
    "Indian/Reunion",
    "Europe/Paris",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Moscow",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Boa_Vista",
    "America/Santiago",
    "America/Havana",
    "America/Nuuk",
    "America/St_Johns",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Antarctica/Troll",
    "Etc/GMT+5",
    "EST",
]
FIRST, LAST = datetime(1970, 1, 2), datetime(2040, 12, 31)


def onsets(text: str) -> list[tuple[datetime, timedelta]]:
    """(instant in UTC, offset from then on), read from a VTIMEZONE as RFC 5545 3.6.5 says."""
    found = []
    for block in text.replace("\r\n ", "").split("BEGIN:")[2:]:
        lines = [line.partition(":")[::2] for line in block.splitlines() if ":" in line]
        values = dict(lines)
        before, after = parse_offset(values["TZOFFSETFROM"]), parse_offset(values["TZOFFSETTO"])
        start = parse_time(values["DTSTART"])
        assert before is not None
        assert after is not None
        assert start is not None
        dates = {start.clock} | {parse_time(value).clock for name, value in lines if name == "RDATE"}  # type: ignore[union-attr]
        rule = parse_rule(values.get("RRULE", "")).rule
        if rule is not None:
            last = rule.until.clock + before if rule.until else None
            dates |= set(islice(local_dates(rule, start.clock, last), 80))
        found += [(date - before, after) for date in dates]
    return sorted(found)


@each("name", ZONES)
def test_definition_agrees_with_tzdata_around_every_change(name: str) -> None:
    zone = zones.load(name)
    changes = onsets(vtimezone(name))
    instants = [instant for instant, _ in changes]
    probes = [FIRST + timedelta(days=5 * step) for step in range(5180)]
    probes += [instant + timedelta(hours=hours) for instant in instants for hours in range(-30, 31)]
    for probe in probes:
        if FIRST <= probe <= LAST:
            expected = probe.replace(tzinfo=UTC).astimezone(zone).utcoffset()
            assert changes[bisect_right(instants, probe) - 1][1] == expected, probe


def test_a_zone_in_force_is_one_rule_without_end() -> None:
    text = vtimezone("Europe/Paris")
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n" in text
    assert "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n" in text


def test_an_independent_reader_agrees() -> None:
    text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + vtimezone("Europe/Paris") + "END:VCALENDAR\r\n"
    (definition,) = icalendar.Calendar.from_ical(text).walk("VTIMEZONE")
    zone = definition.to_tz(lookup_tzid=False)
    for month in range(1, 13):
        moment = datetime(2031, month, 10, 12)
        assert zone.utcoffset(moment) == zones.offset_of(moment, "Europe/Paris")


def test_an_unknown_zone_has_no_definition() -> None:
    with pytest.raises(KeyError):
        vtimezone("Lune/Mer")
