"""Moments, durations and recurrence rules, as Zimbra writes them in XML (its own soap-calendar.txt), and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from zimbra import soap
from zimbra.types.calendars import Frequency, Moment, Recurrence, ServerZone
from zimbra.verbs.base import is_true

_CODE_OF: dict[Frequency, str] = {
    "secondly": "SEC",
    "minutely": "MIN",
    "hourly": "HOU",
    "daily": "DAI",
    "weekly": "WEE",
    "monthly": "MON",
    "yearly": "YEA",
}
_FREQUENCY_OF = {code: frequency for frequency, code in _CODE_OF.items()}

# Field, element, attribute: lists of numbers.
_LISTS = (
    ("by_second", "bysecond", "seclist"),
    ("by_minute", "byminute", "minlist"),
    ("by_hour", "byhour", "hrlist"),
    ("by_month_day", "bymonthday", "modaylist"),
    ("by_year_day", "byyearday", "yrdaylist"),
    ("by_week", "byweekno", "wklist"),
    ("by_month", "bymonth", "molist"),
    ("by_set_pos", "bysetpos", "poslist"),
)
_DAYS = frozenset({"MO", "TU", "WE", "TH", "FR", "SA", "SU"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class Unreadable(Exception):
    """Something here has no place in the types; whoever reads keeps the element as it came."""


def moment_xml(name: str, moment: Moment) -> str:
    """An element with `d` and, for a time in a zone, `tz`. ValueError: a zone that has no name."""
    return f"<{name}{soap.attributes({'d': text_of(moment), 'tz': zone_of(moment)})}/>"


def text_of(moment: Moment) -> str:
    if not isinstance(moment, datetime):
        return f"{moment.year:04}{moment:%m%d}"
    text = f"{moment.year:04}{moment:%m%dT%H%M%S}"
    return f"{text}Z" if moment.tzinfo is not None and zone_of(moment) is None else text


def utc_text_of(moment: Moment) -> str:
    """For places that have no zone beside them and are read as UTC: a time in a zone is turned, one in none kept."""
    aware = isinstance(moment, datetime) and moment.tzinfo is not None
    return text_of(moment.astimezone(UTC) if aware and isinstance(moment, datetime) else moment)


def zone_of(moment: Moment) -> str | None:
    """The name of its zone; None for a date, for UTC and for none. ValueError: a zone without a name."""
    if not isinstance(moment, datetime) or moment.tzinfo is None or moment.tzinfo == UTC:
        return None
    key = getattr(moment.tzinfo, "key", None)
    if not isinstance(key, str) or not key:
        raise ValueError("a time in a calendar is in UTC or in a zone that has a name")
    return None if key in {"UTC", "Etc/UTC"} else key


def read_moment(element: soap.Element, tz: str = "") -> Moment:
    """The moment in `d`, `tz` and `u` (milliseconds). Unreadable: there is none."""
    return parse_moment(element.get("d") or "", element.get("tz") or tz, element.get("u"))


def parse_moment(text: str, tz: str = "", milliseconds: str | None = None) -> Moment:
    """`yyyyMMdd`, `yyyyMMddTHHmmss` in the zone `tz`, or the same with Z. Unreadable."""
    try:
        if len(text) == 8:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        if text.endswith("Z"):
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        local = datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007 the zone follows, if there is one
    except ValueError as error:
        raise Unreadable from error
    if not tz:
        return local
    with suppress(KeyError, ValueError, OSError):
        return local.replace(tzinfo=ZoneInfo(tz))
    if milliseconds is None:
        raise Unreadable
    offset = local.replace(tzinfo=UTC) - from_milliseconds(milliseconds)
    if abs(offset) >= timedelta(days=1):
        raise Unreadable
    return local.replace(tzinfo=ServerZone(tz, offset))


def from_milliseconds(value: str) -> datetime:
    """Unreadable: no number, or none of a year there is."""
    try:
        return _EPOCH + timedelta(milliseconds=int(value))
    except (ValueError, OverflowError) as error:
        raise Unreadable from error


def to_milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def duration_attributes(length: timedelta) -> dict[str, object]:
    """Attributes of a duration or of an alarm's distance, in the largest unit that fits."""
    seconds = abs(int(length.total_seconds()))
    values: dict[str, object] = {"neg": "1"} if length < timedelta(0) else {}
    for name, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return values | {name: seconds // size}
    return values | {"s": seconds}


def read_duration(element: soap.Element) -> timedelta:
    """Unreadable: an attribute that is no number."""
    try:
        given = {unit: int(element.get(name) or 0) for name, unit in _UNITS.items()}
        length = timedelta(**given)
    except (ValueError, OverflowError) as error:
        raise Unreadable from error
    return -length if is_true(element.get("neg")) else length


def recurrence_xml(rule: Recurrence) -> str:
    """The element `recur`."""
    inner = ""
    if rule.until is not None:
        inner += f'<until d="{utc_text_of(rule.until)}"/>'
    if rule.count is not None:
        inner += f'<count num="{rule.count}"/>'
    inner += f'<interval ival="{rule.interval}"/>'
    for field, element, attribute in _LISTS:
        numbers: tuple[int, ...] = getattr(rule, field)
        if numbers:
            inner += f'<{element} {attribute}="{",".join(map(str, numbers))}"/>'
    if rule.by_day:
        inner += f"<byday>{''.join(map(_weekday_xml, rule.by_day))}</byday>"
    if rule.week_start:
        inner += f'<wkst day="{soap.attribute(rule.week_start)}"/>'
    written = f'<add><rule freq="{_CODE_OF[rule.frequency]}">{inner}</rule></add>'
    excluded = ""
    # Days and times are not taken together either.
    for (zone, _), moments in groupby(rule.excluded, key=lambda one: (zone_of(one), isinstance(one, datetime))):
        each = "".join(f'<dtval><s d="{text_of(moment)}"/></dtval>' for moment in moments)
        excluded += f"<dates{soap.attributes({'tz': zone})}>{each}</dates>"
    return f"<recur>{written}{f'<exclude>{excluded}</exclude>' if excluded else ''}</recur>"


def _weekday_xml(day: str) -> str:
    return f"<wkday{soap.attributes({'day': day[-2:], 'ordwk': day[:-2] or None})}/>"


def read_recurrence(element: soap.Element) -> Recurrence:
    """Unreadable: added dates, several rules, rules of exclusion, names of somebody's own."""
    rules: list[soap.Element] = []
    excluded: list[Moment] = []
    for one in element:
        name = soap.local_name(one)
        if name == "add" and not any(soap.local_name(inner) != "rule" for inner in one):
            rules += one
        elif name == "exclude" and not any(soap.local_name(inner) != "dates" for inner in one):
            excluded += [moment for dates in one for moment in _starts(dates)]
        else:
            raise Unreadable
    if len(rules) != 1:
        raise Unreadable
    return _rule(rules[0], tuple(excluded))


def _starts(dates: soap.Element) -> Iterator[Moment]:
    for value in dates:
        starts = [one for one in value if soap.local_name(one) == "s"]
        if len(starts) != 1 or len(value) != 1:
            raise Unreadable
        yield read_moment(starts[0], dates.get("tz") or "")


def _rule(element: soap.Element, excluded: tuple[Moment, ...]) -> Recurrence:
    lists = {name: (field, attribute) for field, name, attribute in _LISTS}
    values: dict[str, tuple[int, ...]] = {}
    interval, count, until, week_start = 1, None, None, ""
    by_day: tuple[str, ...] = ()
    frequency = _FREQUENCY_OF.get(element.get("freq") or "")
    if frequency is None:
        raise Unreadable
    for one in element:
        name = soap.local_name(one)
        if name in lists:
            field, attribute = lists[name]
            values[field] = _numbers(one.get(attribute))
        elif name == "interval":
            interval = _number(one.get("ival"))
        elif name == "count":
            count = _number(one.get("num"))
        elif name == "until":
            until = read_moment(one)
        elif name == "byday":
            by_day = tuple(f"{(day.get('ordwk') or '').lstrip('+')}{day.get('day')}" for day in one)
        elif name == "wkst":
            week_start = one.get("day") or ""
        else:
            raise Unreadable
    if any(day[-2:] not in _DAYS for day in by_day):
        raise Unreadable
    return Recurrence(
        frequency,
        interval=interval,
        count=count,
        until=until,
        by_day=by_day,
        week_start=week_start,
        excluded=excluded,
        **values,
    )


def _number(text: str | None) -> int:
    numbers = _numbers(text)
    if len(numbers) != 1:
        raise Unreadable
    return numbers[0]


def _numbers(text: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(one) for one in (text or "").split(","))
    except ValueError as error:
        raise Unreadable from error
