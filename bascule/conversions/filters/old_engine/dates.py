"""Dates as the tests `date` and `currentdate` see them (RFC 5260)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from bascule.conversions.filters.old_engine.matching import CannotTry

# 17 November 1858, day 0 of the modified Julian calendar, as Python counts days.
_JULIAN_ZERO = datetime(1858, 11, 17, tzinfo=UTC).toordinal()
_ZONE = re.compile(r"([+-])([0-9]{2})([0-9]{2})")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_of(value: str) -> datetime | None:
    """The date of a header value, also at the end of one like `Received`; None when it holds none."""
    try:
        found = parsedate_to_datetime(value.rpartition(";")[2].strip()[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def zone(text: str) -> timezone:
    """ "+0400" as a zone. CannotTry when it is none."""
    found = _ZONE.fullmatch(text)
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise CannotTry(f"le fuseau horaire « {text[:20]} »")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)


def part(date: datetime, name: str) -> str:
    """One part of a date in its own zone. CannotTry for one that nobody knows."""
    sign, offset = "+", date.utcoffset() or timedelta()
    if offset < timedelta():
        sign, offset = "-", -offset
    hours, minutes = divmod(int(offset.total_seconds()) // 60, 60)
    basic = f"{sign}{hours:02d}{minutes:02d}"
    day, clock = f"{date:%d}", f"{date:%H:%M:%S}"
    parts = {
        "year": f"{date.year:04d}",
        "month": f"{date:%m}",
        "day": day,
        "date": f"{date.year:04d}-{date:%m-%d}",
        "julian": str(date.toordinal() - _JULIAN_ZERO),
        "hour": f"{date:%H}",
        "minute": f"{date:%M}",
        "second": f"{date:%S}",
        "time": clock,
        "iso8601": f"{date.year:04d}-{date:%m-%d}T{clock}" + (f"{sign}{hours:02d}:{minutes:02d}" if offset else "Z"),
        "std11": f"{_DAYS[date.weekday()]}, {day} {_MONTHS[date.month - 1]} {date.year:04d} {clock} {basic}",
        "zone": basic,
        "weekday": str(date.isoweekday() % 7),
    }
    if name not in parts:
        raise CannotTry(f"la partie de date « {name[:20]} »")
    return parts[name]
