"""When a series happens: occurrences of stored parts inside a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dateutil.rrule import rrulestr

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.moments import Moment, Zones, parse_moment, parse_value

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


def expand(component: Component, zones: Zones, length: int, since: int, until: int) -> list[Occurrence]:
    """The occurrences of a series or single component that touch [since, until), without its EXDATEs."""
    start_prop = component.get("DTSTART")
    if start_prop is None:
        return []
    start = parse_moment(start_prop, zones)
    rule = component.get("RRULE")
    if rule is None:
        found = [start]
    else:
        first = _at(since - length, zones, start)
        last = _at(until, zones, start)
        found = [Moment(at, start.zone, start.is_date) for at in _instances(rule.value, start, zones, first, last)]
    gone = {
        key for prop in component.all("EXDATE") for value in prop.value.split(",") if (key := _key(prop, value, zones))
    }
    occurrences = []
    for moment in found:
        at = zones.milliseconds(moment)
        key = moment.text() if moment.is_date else str(at)
        if at < until and at + max(length, 1) > since and key not in gone:
            occurrences.append(Occurrence(at, length, key, moment))
    return occurrences


def _key(prop: Property, value: str, zones: Zones) -> str:
    moment = parse_moment(Property(prop.name, prop.params, value.strip()), zones)
    return moment.text() if moment.is_date else str(zones.milliseconds(moment))


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
    shift = max(0, 9999 - REACH - start.local.year) // CYCLE * CYCLE
    try:
        if "UNTIL" in parts:
            year = min(int(parts["UNTIL"][:4]) + shift, 9999)
            parts["UNTIL"] = f"{year:04}{parts['UNTIL'][4:]}"
        text = ";".join(f"{key}={value}" for key, value in parts.items())
        ruled = rrulestr(text, dtstart=_years_later(start.local, shift), ignoretz=True)
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
