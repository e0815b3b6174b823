"""When a series happens: occurrences of stored parts inside a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dateutil.rrule import rrulestr

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.moments import Moment, Zones, later, parse_moment, parse_value

# How far the server follows a rule without end.
HORIZON = {
    "DAILY": timedelta(days=730),
    "WEEKLY": timedelta(weeks=520),
    "MONTHLY": timedelta(days=360 * 30.44),
    "YEARLY": timedelta(days=36_525),
}
MAX_OCCURRENCES = 5000

# dateutil looks for the next instance until the year 9999, which takes it long when there is none: 30 February. The
# calendar repeats itself, weekdays included, every 400 years, so each rule is followed in the last years it knows.
CYCLE = 400
REACH = 100


@dataclass(frozen=True)
class Occurrence:
    """One instance: milliseconds since 1970 and length; `key` names the exception it would be replaced by."""

    starts: int
    length: int
    key: str
    local: Moment

    @property
    def instant(self) -> str:
        """RECURRENCE-ID in universal time, as answers call it (`ridZ`)."""
        return instant_of(self.key)


def instant_of(key: str) -> str:
    """The key of an instance as `20260131` or `20260131T100000Z`."""
    if len(key) == 8:
        return key
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(key))).strftime("%Y%m%dT%H%M%SZ")


def expand(component: Component, zones: Zones, length: int, since: int, until: int) -> list[Occurrence]:
    """The occurrences of a series or single component that touch [since, until), without what it excludes."""
    start_prop = component.get("DTSTART")
    if start_prop is None:
        return []
    start = parse_moment(start_prop, zones)
    days = timedelta(days=round(length / 86_400_000)) if start.is_date else None
    found = _all(component, "RRULE", start, zones, since - length, until)
    for prop in component.all("RDATE"):
        found.extend(_dates(prop, zones))
    if not found:
        found = [start]
    gone = {
        key for prop in component.all("EXDATE") for value in prop.value.split(",") if (key := _key(prop, value, zones))
    }
    if component.get("EXRULE") is not None:
        excluded = _all(component, "EXRULE", start, zones, since - length, until)
        gone.update(_key_of(moment, zones) for moment in excluded if moment.local != start.local)
    occurrences: dict[str, Occurrence] = {}
    for moment in found:
        at = zones.milliseconds(moment)
        key = moment.text() if moment.is_date else str(at)
        if at >= until or key in gone or key in occurrences:
            continue
        # An all-day event lasts whole days, also when the clocks are changed on one of them.
        lasts = length if days is None else zones.milliseconds(later(moment, days)) - at
        if at + max(lasts, 1) > since:
            occurrences[key] = Occurrence(at, lasts, key, moment)
    return sorted(occurrences.values(), key=lambda one: one.starts)


# Parts of a rule by which more than one period may pass without an instance.
_SELECTIVE = frozenset({"BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"})
_LONGEST = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
_DAY = 86_400_000


def reach(component: Component, starts: int, length: int) -> int | None:
    """A time (ms) after which no instance of a series that starts then is under way; None when it is not certain."""
    found = starts
    for prop in component.all("RRULE"):
        end = _end_of(dict(part.split("=", 1) for part in prop.value.split(";")), component, starts)
        if end is None:
            return None
        found = max(found, end)
    for prop in component.all("RDATE"):
        for value in prop.value.split(","):
            try:
                moment = parse_value(value.strip().partition("/")[0])
            except SoapFault:
                return None
            found = max(found, _milliseconds(moment))
    # Two days for zones, and for days on which the clocks are changed.
    return found + length + 2 * _DAY


def _end_of(parts: dict[str, str], component: Component, starts: int) -> int | None:
    frequency = parts["FREQ"]
    if frequency not in HORIZON:
        return starts
    if "UNTIL" in parts:
        try:
            return _milliseconds(parse_value(parts["UNTIL"]))
        except SoapFault:
            return None
    if "COUNT" not in parts:
        return starts + HORIZON[frequency] // timedelta(milliseconds=1)
    first = component.get("DTSTART")
    late = frequency in ("MONTHLY", "YEARLY") and (first is None or int(first.value[6:8]) > 28)
    if late or not _SELECTIVE.isdisjoint(parts) or (frequency == "DAILY" and "BYDAY" in parts):
        return None
    if frequency in ("MONTHLY", "YEARLY") and "BYDAY" in parts:
        return None
    return starts + int(parts["COUNT"]) * int(parts.get("INTERVAL", "1")) * _LONGEST[frequency] * _DAY


def _milliseconds(moment: Moment) -> int:
    return round(moment.local.replace(tzinfo=UTC).timestamp() * 1000)


def _all(component: Component, name: str, start: Moment, zones: Zones, since: int, until: int) -> list[Moment]:
    """The instances of every rule of that name."""
    found: list[Moment] = []
    for rule in component.all(name):
        first, last = _at(since, zones, start), _at(until, zones, start)
        found.extend(Moment(at, start.zone, start.is_date) for at in _instances(rule.value, start, zones, first, last))
    return found


def _dates(prop: Property, zones: Zones) -> list[Moment]:
    """The moments of an RDATE; of a period its start."""
    values = [value.strip().partition("/")[0] for value in prop.value.split(",")]
    return [parse_moment(Property(prop.name, prop.params, value), zones) for value in values if value]


def _key_of(moment: Moment, zones: Zones) -> str:
    return moment.text() if moment.is_date else str(zones.milliseconds(moment))


def _key(prop: Property, value: str, zones: Zones) -> str:
    return _key_of(parse_moment(Property(prop.name, prop.params, value.strip()), zones), zones)


def _at(milliseconds: int, zones: Zones, like: Moment) -> datetime:
    """The local wall clock of an instant, a day of margin left to zones."""
    bounded = min(max(milliseconds, -62_000_000_000_000), 250_000_000_000_000)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=bounded)
    return at.astimezone(zones.info(like.zone)).replace(tzinfo=None)


def _instances(rule: str, start: Moment, zones: Zones, first: datetime, last: datetime) -> list[datetime]:
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    if parts["FREQ"] not in HORIZON:
        # Every second for years: no calendar means that, and nobody would wait for it.
        return [start.local]
    day = timedelta(days=1)
    if "UNTIL" in parts:
        parts["UNTIL"] = _local_until(parts["UNTIL"], start, zones)
        parts.pop("COUNT", None)
    elif "COUNT" not in parts:
        last = min(last, start.local + HORIZON[parts["FREQ"]] - day)
    from_here = _skip(parts, start.local, first - day)
    shift = max(0, 9999 - REACH - from_here.year) // CYCLE * CYCLE
    try:
        if "UNTIL" in parts:
            year = min(int(parts["UNTIL"][:4]) + shift, 9999)
            parts["UNTIL"] = f"{year:04}{parts['UNTIL'][4:]}"
        text = ";".join(f"{key}={value}" for key, value in parts.items())
        ruled = rrulestr(text, dtstart=_years_later(from_here, shift), ignoretz=True)
    except (ValueError, TypeError):
        return [start.local]
    found: list[datetime] = []
    earliest = min(first, last) - day
    for late in ruled:
        at = _years_later(late, -shift)
        if at > last + day or len(found) >= MAX_OCCURRENCES:
            break
        if at >= earliest:
            found.append(at)
    # DTSTART is an instance even when the rule would not give it.
    if start.local not in found and first - day <= start.local <= last + day:
        found.insert(0, start.local)
    return found


def _skip(parts: dict[str, str], start: datetime, first: datetime) -> datetime:
    """An instance of the same rule shortly before `first`, so that years of instances need not be counted.

    Only where that is certain: days and weeks, not counted, without the rank of an instance in its period.
    """
    unit = {"DAILY": 1, "WEEKLY": 7}.get(parts["FREQ"])
    if unit is None or "COUNT" in parts or first <= start:
        return start
    step = timedelta(days=unit * int(parts.get("INTERVAL", "1")))
    return start + max(0, (first - start) // step - 1) * step


def _years_later(at: datetime, years: int) -> datetime:
    """A multiple of CYCLE: there is a 29 February in both years or in neither."""
    return at.replace(year=at.year + years)


def _local_until(value: str, start: Moment, zones: Zones) -> str:
    """UNTIL on the wall clock of DTSTART, so that nothing here needs a zone."""
    try:
        until = parse_value(value)
    except SoapFault:
        return value
    local = until.local
    if until.is_date and not start.is_date:
        local = local + timedelta(days=1) - timedelta(seconds=1)
    elif until.zone == "UTC" and not start.is_date:
        local = local.replace(tzinfo=UTC).astimezone(zones.info(start.zone)).replace(tzinfo=None)
    return local.strftime("%Y%m%dT%H%M%S")
