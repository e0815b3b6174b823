"""Times in addresses: milliseconds since 1970, a date, or a distance from now (Zimbra's DateUtil)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DATE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})\Z")
_DATE_LAST = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})\Z")
_DISTANCE = re.compile(r"([mp+-]?)(\d{1,6})([a-z]+)\Z")
_LENGTHS = {
    "mi": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1),
    "m": timedelta(days=31), "y": timedelta(days=366),
}  # fmt: skip


def time_of(text: str, now: int) -> int | None:
    """The milliseconds a text means: "1767225600000", "2026/01/01", "01/31/2026", "-7d", "p1week"; None for others."""
    text = text.strip().lower()
    if re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    found = _DATE.match(text)
    if found is not None:
        return _day(*(int(part) for part in found.groups()))
    found = _DATE_LAST.match(text)
    if found is not None:
        month, day, year = (int(part) for part in found.groups())
        return _day(year, month, day)
    found = _DISTANCE.match(text)
    if found is None:
        return None
    length = next((length for unit, length in _LENGTHS.items() if found[3].startswith(unit)), None)
    if length is None:
        return None
    distance = int(found[2]) * round(length / timedelta(milliseconds=1))
    return now - distance if found[1] in ("-", "m") else now + distance


def _day(year: int, month: int, day: int) -> int | None:
    try:
        at = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    return round(at.timestamp() * 1000)
