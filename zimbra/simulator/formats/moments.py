"""Dates, times and zones of iCalendar values."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.tz import tzical

from zimbra.simulator.fault import parse_error
from zimbra.simulator.formats.ical import Component, Property, folded
from zimbra.simulator.formats.zone_names import well_known

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)\Z")
_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
# Room is left at both ends of what Python can count, so that zones and durations never fall off.
_YEARS = range(2, 9801)


@dataclass(frozen=True)
class Moment:
    """A DATE (midnight) or a DATE-TIME; `zone` None for floating and for dates, "UTC" for Z."""

    local: datetime
    zone: str | None
    is_date: bool

    def text(self) -> str:
        if self.is_date:
            return self.local.strftime("%Y%m%d")
        return self.local.strftime("%Y%m%dT%H%M%S") + ("Z" if self.zone == "UTC" else "")


@lru_cache(maxsize=256)
def _defined(text: str) -> tzinfo | None:
    try:
        calendar = tzical(io.StringIO(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n"))
        return calendar.get()
    except ValueError:
        return None


class Zones:
    """The zones of one calendar: its own definitions, those everybody knows, and the account's for the rest."""

    def __init__(self, local: str) -> None:
        self.local = local if well_known(local) else "Europe/Paris"
        self.definitions: dict[str, Component] = {}

    def define(self, component: Component) -> None:
        tzid = component.text("TZID")
        if tzid:
            self.definitions[tzid] = component

    def knows(self, tzid: str) -> bool:
        return tzid in self.definitions or well_known(tzid) is not None

    def info(self, tzid: str | None) -> tzinfo:
        if tzid == "UTC":
            return UTC
        if tzid is not None:
            name = well_known(tzid)
            if name is not None:
                return ZoneInfo(name)
            if tzid in self.definitions:
                found = _defined(folded(self.definitions[tzid]))
                if found is not None:
                    return found
        return ZoneInfo(self.local)

    def milliseconds(self, moment: Moment) -> int:
        """The instant, in milliseconds since 1970."""
        offset = moment.local.replace(tzinfo=self.info(moment.zone)).utcoffset() or timedelta()
        return round((moment.local - _EPOCH - offset) / timedelta(milliseconds=1))


def parse_moment(prop: Property, zones: Zones, *, streaming: bool = False) -> Moment:
    """The moment a DATE or DATE-TIME property names.

    An unknown TZID is the account's own zone, unless the calendar is being streamed: then service.PARSE_ERROR.
    """
    moment = parse_value(prop.value)
    tzid = prop.params.get("TZID")
    if moment.is_date or moment.zone == "UTC" or not tzid:
        return moment
    if not zones.knows(tzid):
        if streaming:
            raise parse_error(f"TZID reference encountered before/without its VTIMEZONE: {tzid[:80]}")
        return Moment(moment.local, zones.local, False)
    return Moment(moment.local, tzid, False)


def parse_value(text: str) -> Moment:
    """`20240131` or `20240131T100000[Z]`; anything else is service.PARSE_ERROR."""
    try:
        if text[:4].isdecimal() and int(text[:4]) not in _YEARS:
            raise parse_error(f"invalid date/time: {text[:40]}")
        found = _TIME.match(text)
        if found:
            year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
            local = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001
            return Moment(local, "UTC" if found[7] else None, False)
        found = _DATE.match(text)
        if found:
            day_only = date(int(found[1]), int(found[2]), int(found[3]))
            return Moment(datetime.combine(day_only, datetime.min.time()), None, True)
    except ValueError:
        raise parse_error(f"invalid date/time: {text[:40]}") from None
    raise parse_error(f"invalid date/time: {text[:40]}")


def later(moment: Moment, length: timedelta) -> Moment:
    """The moment after a duration, on the wall clock; service.PARSE_ERROR beyond the years that can be counted."""
    try:
        local = moment.local + length
    except OverflowError:
        raise parse_error("duration too long") from None
    if local.year not in _YEARS:
        raise parse_error("duration too long")
    return Moment(local, moment.zone, moment.is_date)


def parse_duration(text: str) -> timedelta:
    """An iCalendar duration, or service.PARSE_ERROR."""
    found = _DURATION.match(text.strip().upper())
    if found is None or not any(found.groups()[1:]):
        raise parse_error(f"invalid duration: {text[:40]}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    if max(weeks, days, hours, minutes, seconds) > 10_000_000:
        raise parse_error(f"invalid duration: {text[:40]}")
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length


_DAY_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def definition(tzid: str, year: int) -> Component | None:
    """A VTIMEZONE for a well-known zone, good around `year`."""
    name = well_known(tzid)
    if name is None:
        return None
    component = Component("VTIMEZONE", [Property("TZID", {}, tzid)])
    offset, changes = _changes(name, year)
    if not changes:
        component.children.append(_observance("STANDARD", datetime(1971, 1, 1), offset, offset, ""))  # noqa: DTZ001
    for local, old, new, summer in changes:
        last = (local + timedelta(days=7)).month != local.month
        rank = -1 if last else (local.day - 1) // 7 + 1
        rule = f"FREQ=YEARLY;BYMONTH={local.month};BYDAY={rank}{_DAY_NAMES[local.weekday()]}"
        start = local.replace(year=1971)
        component.children.append(_observance("DAYLIGHT" if summer else "STANDARD", start, old, new, rule))
    return component


@lru_cache(maxsize=512)
def _changes(name: str, year: int) -> tuple[timedelta, tuple[tuple[datetime, timedelta, timedelta, bool], ...]]:
    """The offset at the end of the year; each change of it: local time before, offsets before and after, summer."""
    zone = ZoneInfo(name)
    changes: list[tuple[datetime, timedelta, timedelta, bool]] = []
    at = datetime(year, 1, 1, tzinfo=UTC)
    before = at.astimezone(zone)
    while at.year == year:
        at += timedelta(hours=1)
        after = at.astimezone(zone)
        old, new = before.utcoffset() or timedelta(), after.utcoffset() or timedelta()
        if old != new:
            changes.append(((at + old).replace(tzinfo=None), old, new, bool(after.dst())))
        before = after
    return before.utcoffset() or timedelta(), tuple(changes)


def _observance(name: str, start: datetime, old: timedelta, new: timedelta, rule: str) -> Component:
    found = Component(name, [Property("DTSTART", {}, start.strftime("%Y%m%dT%H%M%S"))])
    for key, offset in (("TZOFFSETFROM", old), ("TZOFFSETTO", new)):
        minutes = int(offset.total_seconds()) // 60
        found.properties.append(
            Property(key, {}, f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}")
        )
    if rule:
        found.properties.append(Property("RRULE", {}, rule))
    return found
