"""Dates, sizes and comparisons as search queries write them.

A date is a day of the reader ("1/9/2026" or "9/1/2026" by language, "2026/9/1"), a moment in milliseconds, or an
offset from now: "-1d", "+2week", "-3month", "-1year"; hours ("h") and minutes ("mi") make moments, the others days.
Source: Zimbra's DateQuery.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_COMPARISON = re.compile(r"\s*(<=|>=|<|>|=)?\s*(.*?)\s*\Z", re.DOTALL)
_OFFSET = re.compile(r"([+-])\s*(\d{1,5})\s*([A-Za-z]*)\Z")
_DAY = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})\Z")
_SIZE = re.compile(r"(\d{1,15})\s*([bkmgt]?)b?\Z", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


@dataclass(frozen=True)
class Clock:
    """What dates in a query depend on: the reader's zone, whether months come first, and now."""

    zone: tzinfo = UTC
    month_first: bool = False
    now: datetime | None = None

    def today(self) -> datetime:
        return (self.now or datetime.now(UTC)).astimezone(self.zone)


def compared(text: str) -> tuple[str, str]:
    """The comparison before a value, "" when there is none, and the value."""
    match = _COMPARISON.match(text)
    return ("", text) if match is None else (match[1] or "", match[2])


def size(text: str) -> int | None:
    """Bytes of "100", "10k", "1MB"; None for what is no size."""
    match = _SIZE.match(text.strip())
    return None if match is None else int(match[1]) * _UNITS[match[2].lower()]


def span(text: str, clock: Clock) -> tuple[int, int] | None:
    """First millisecond of a date and the first after it; None for what is no date."""
    text = text.strip()
    offset = _OFFSET.match(text)
    try:
        if offset is not None:
            return _offset(offset, clock)
        if re.fullmatch(r"\d{9,15}", text):
            # Milliseconds; Zimbra counts those of Lucene alike.
            return int(text), int(text) + 1
        if re.fullmatch(r"\d{8}", text):
            return _day(datetime(int(text[:4]), int(text[4:6]), int(text[6:]), tzinfo=clock.zone))
        match = _DAY.match(text)
        if match is None:
            return None
        return _day(_date(match[1], match[2], match[3], clock))
    except (ValueError, OverflowError):
        return None


def _date(first: str, second: str, third: str, clock: Clock) -> datetime:
    if len(first) == 4:
        return datetime(int(first), int(second), int(third), tzinfo=clock.zone)
    year = int(third) + (2000 if len(third) <= 2 else 0)
    one, other = int(first), int(second)
    month, day = (one, other) if clock.month_first else (other, one)
    if month > 12:
        month, day = day, month
    return datetime(year, month, day, tzinfo=clock.zone)


def _day(start: datetime) -> tuple[int, int]:
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return _milliseconds(start), _milliseconds(start + timedelta(days=1))


def _offset(match: re.Match[str], clock: Clock) -> tuple[int, int] | None:
    number = int(match[2]) * (-1 if match[1] == "-" else 1)
    unit = match[3].lower()
    now = clock.today()
    if unit in ("h", "hour", "hours"):
        moment = _milliseconds(now + timedelta(hours=number))
        return moment, moment + 3_600_000
    if unit in ("mi", "min", "minute", "minutes"):
        moment = _milliseconds(now + timedelta(minutes=number))
        return moment, moment + 60_000
    if unit in ("", "d", "day", "days"):
        return _day(now + timedelta(days=number))
    if unit in ("w", "week", "weeks"):
        return _day(now + timedelta(weeks=number))
    if unit in ("m", "month", "months"):
        return _day(_months_later(now, number))
    if unit in ("y", "year", "years"):
        return _day(_months_later(now, 12 * number))
    return None


def _months_later(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
