"""Dates, times and durations of calendar files: tolerant reading, strict writing.

Local times are naive `datetime` values kept beside the name of their zone, because a recurrence is a matter of wall
clocks; they become instants only through `zones`. Rules: RFC 5545 3.3.4, 3.3.5, 3.3.6; ISO 8601 with separators and
offsets, `24:00` and leap seconds are accepted because exports hold them.
"""

# ruff: noqa: DTZ001, DTZ901 - wall clock times are naive by design
from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple

UTC = "UTC"
FIRST_YEAR, LAST_YEAR = 1000, 9900
DAY = timedelta(days=1)
# What a person sees of an appointment without a length; Zimbra would show one second.
SHORTEST_VISIBLE = timedelta(minutes=30)
_LONGEST = timedelta(days=366 * 200)

_TOLERANT = re.compile(
    r"""\s*(?P<year>\d{4})[-/.]?(?P<month>\d{1,2})[-/.]?(?P<day>\d{1,2})
    (?:[T\s]+(?P<hour>\d{1,2}):?(?P<minute>\d{2})?:?(?P<second>\d{2})?(?:[.,]\d+)?
       \s*(?P<zone>Z|GMT|UTC|[+-]\d{2}:?(?:\d{2})?)?)?[TZ]?\s*$""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_DURATION = re.compile(
    r"""\s*(?P<sign>[+-])?\s*P?\s*(?P<sign2>[+-])?
    (?:(?P<weeks>\d+)W)?(?:(?P<days>-?\d+)D)?
    (?:T?(?:(?P<hours>-?\d+)H)?(?:(?P<minutes>-?\d+)M)?(?:(?P<seconds>-?\d+)(?:[.,]\d+)?S?)?)?\s*$""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


class Moment(NamedTuple):
    """A date (all day, zone "") or a naive local time and its zone: "UTC", an Olson name, "" while still floating."""

    value: date
    zone: str = ""

    @property
    def all_day(self) -> bool:
        return not isinstance(self.value, datetime)

    @property
    def floating(self) -> bool:
        return not self.zone and isinstance(self.value, datetime)

    @property
    def day(self) -> date:
        return self.value.date() if isinstance(self.value, datetime) else self.value

    @property
    def clock(self) -> datetime:
        """The local time; midnight when all day."""
        return self.value if isinstance(self.value, datetime) else datetime.combine(self.value, datetime.min.time())

    def at(self, value: datetime) -> Moment:
        """A moment of the same type and zone at another local time."""
        return Moment(value, self.zone) if isinstance(self.value, datetime) else Moment(value.date(), "")


def parse_time(text: str) -> Moment | None:
    """A DATE or DATE-TIME value: zone is "UTC" with a Z or an offset, "" otherwise.

    None when it is neither, and outside the years that appointments have: 0001 and 9999 are how programs write "none".
    """
    found = _parse_strictly(text) or _parse_tolerantly(text)
    return found if found is not None and FIRST_YEAR <= found.value.year <= LAST_YEAR else None


def _parse_strictly(text: str) -> Moment | None:
    size = len(text)
    if text[:8].isdigit() and text.isascii():
        try:
            if size == 16 and text[15] == "Z" and text[8] == "T" and text[9:15].isdigit():
                return Moment(datetime.fromisoformat(text[:15]), UTC)
            if size == 15 and text[8] == "T" and text[9:].isdigit():
                return Moment(datetime.fromisoformat(text), "")
            if size == 8:
                return Moment(date.fromisoformat(text), "")
        except ValueError:
            pass
    return None


def _parse_tolerantly(text: str) -> Moment | None:
    found = _TOLERANT.match(text[:60])
    if found is None:
        return None
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        if found["hour"] is None:
            return Moment(day, "")
        hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
        extra = timedelta(0)
        if hour == 24 and minute == second == 0:
            hour, extra = 0, DAY
        local = datetime(day.year, day.month, day.day, hour, minute, min(second, 59)) + extra
        zone = (found["zone"] or "").upper()
        if zone and zone[0] in "+-":
            digits = zone[1:].replace(":", "")
            offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
            return Moment(local - offset if zone[0] == "+" else local + offset, UTC)
    except (ValueError, OverflowError):
        return None
    return Moment(local, UTC if zone else "")


def parse_duration(text: str) -> timedelta | None:
    """A DURATION value, negative ones included; None when it is none or longer than two centuries."""
    found = _DURATION.match(text[:80])
    if found is None or not any(character.isdigit() for character in text):
        return None
    try:
        length = timedelta(
            weeks=int(found["weeks"] or 0),
            days=int(found["days"] or 0),
            hours=int(found["hours"] or 0),
            minutes=int(found["minutes"] or 0),
            seconds=int(found["seconds"] or 0),
        )
    except (OverflowError, ValueError):
        return None
    if abs(length) > _LONGEST:
        return None
    return -length if "-" in (found["sign"], found["sign2"]) else length


def format_value(value: date) -> str:
    """`20240916` or `20240916T053000`; always four digits of year."""
    text = f"{value.year:04d}{value.month:02d}{value.day:02d}"
    if isinstance(value, datetime):
        return f"{text}T{value.hour:02d}{value.minute:02d}{value.second:02d}"
    return text


def format_property(name: str, moment: Moment) -> str:
    """The whole property line, with VALUE=DATE or TZID when it needs one."""
    if not isinstance(moment.value, datetime):
        return f"{name};VALUE=DATE:{format_value(moment.value)}"
    if moment.zone == UTC:
        return f"{name}:{format_value(moment.value)}Z"
    if not moment.zone:
        return f"{name}:{format_value(moment.value)}"
    return f"{name};TZID={moment.zone}:{format_value(moment.value)}"


def format_duration(length: timedelta) -> str:
    """The shortest DURATION value for `length`: `P1D`, `-PT15M`, `PT0S`."""
    seconds = int(length.total_seconds())
    sign = "-" if seconds < 0 else ""
    seconds = abs(seconds)
    days, seconds = divmod(seconds, 86400)
    if days and not seconds:
        return f"{sign}P{days // 7}W" if days % 7 == 0 else f"{sign}P{days}D"
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    clock = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    return f"{sign}P{f'{days}D' if days else ''}T{clock or '0S'}"


def shift(value: date, length: timedelta) -> date:
    """`value + length`, staying inside the years 1 to 9999."""
    try:
        return value + length
    except OverflowError:
        extreme = datetime.max if length > timedelta(0) else datetime.min
        return extreme.replace(microsecond=0) if isinstance(value, datetime) else extreme.date()
