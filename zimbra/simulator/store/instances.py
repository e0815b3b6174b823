"""When stored appointments and tasks take place, and when their alarms ring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.ical import Component
from zimbra.simulator.formats.moments import Zones, parse_duration, parse_moment
from zimbra.simulator.formats.occurrences import Occurrence, expand
from zimbra.simulator.store import calendar
from zimbra.simulator.store.calendar import Entry, Part
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

DAY = 86_400_000
# How far ahead the next alarm of a series is looked for, step by step.
_LOOK_AHEAD = (8 * DAY, 40 * DAY, 400 * DAY, 4000 * DAY)


def zones_of(mailbox: Mailbox, entry: Entry) -> Zones:
    return entry.zone_table(mailbox.account.first("zimbraPrefTimeZoneId"))


def in_span(
    mailbox: Mailbox, item: Item, since: int, until: int, entry: Entry | None = None
) -> list[tuple[Occurrence, Part]]:
    """The occurrences of an item in a span, each with the part (series or exception) that describes it."""
    if item.starts is not None and (item.starts >= until or (item.ends is not None and item.ends < since)):
        return []
    entry = entry or calendar.read(item)
    return occurrences(entry, zones_of(mailbox, entry), since, until)


def occurrences(entry: Entry, zones: Zones, since: int, until: int) -> list[tuple[Occurrence, Part]]:
    replaced = {part.key for part in entry.parts if part.key}
    found: list[tuple[Occurrence, Part]] = []
    for part in entry.parts:
        if part.cancelled:
            continue
        length = (part.ends or part.starts or 0) - (part.starts or 0)
        for occurrence in expand(part.shown, zones, length, since, until):
            if part.key:
                found.append((Occurrence(occurrence.starts, occurrence.length, part.key, occurrence.local), part))
            elif occurrence.key not in replaced:
                found.append((occurrence, part))
    found.sort(key=lambda one: one[0].starts)
    return found


@dataclass(frozen=True)
class Ring:
    """An alarm: when it rings (ms), for which instance."""

    at: int
    instance: int
    part: Part
    alarm: Component


def next_alarm(mailbox: Mailbox, entry: Entry, now: int) -> Ring | None:
    """The alarm that rings next, or the last one that nobody has dismissed; None when there is none to ring."""
    alarmed = [part for part in entry.parts if not part.cancelled and any(_alarms(part))]
    if not alarmed:
        return None
    zones = zones_of(mailbox, entry)
    if entry.snoozed is not None:
        ring = _first(entry, zones, (entry.dismissed or 0) - 1)
        return None if ring is None else Ring(entry.snoozed, ring.instance, ring.part, ring.alarm)
    recurs = any(part.recurs for part in entry.parts)
    after = entry.dismissed if entry.dismissed is not None else now if recurs else None
    if after is None:
        return _first(entry, zones, None)
    found = _first(entry, zones, after)
    # Of a series that is over, the last alarm stays until it is dismissed.
    return found if found is not None or entry.dismissed is not None else _last(entry, zones)


def _alarms(part: Part) -> Iterator[Component]:
    return (child for child in part.shown.children if child.name == "VALARM")


def _rings(entry: Entry, zones: Zones, since: int, until: int) -> list[Ring]:
    rings: list[Ring] = []
    for occurrence, part in occurrences(entry, zones, since, until):
        for alarm in _alarms(part):
            at = _time(alarm, occurrence.starts, occurrence.length, zones)
            if at is not None:
                rings.append(Ring(at, occurrence.starts, part, alarm))
    return sorted(rings, key=lambda ring: ring.at)


def _first(entry: Entry, zones: Zones, after: int | None) -> Ring | None:
    """The first alarm later than a time."""
    starts = [part.starts for part in entry.parts if part.starts is not None and not part.cancelled]
    if not starts:
        return None
    start = min(starts) if after is None else after
    lead = _lead(entry, zones)
    for ahead in _LOOK_AHEAD:
        rings = _rings(entry, zones, start - lead - DAY, max(start, min(starts)) + lead + ahead)
        for ring in rings:
            if after is None or ring.at > after:
                return ring
    return None


def _lead(entry: Entry, zones: Zones) -> int:
    """How far the alarms of an entry are from what they are for, at most."""
    furthest = 0
    for part in entry.parts:
        start = part.starts or 0
        for alarm in _alarms(part):
            at = _time(alarm, start, (part.ends or start) - start, zones)
            if at is not None and not part.cancelled:
                furthest = max(furthest, abs(at - start))
    return min(furthest, _LOOK_AHEAD[2])


def _last(entry: Entry, zones: Zones) -> Ring | None:
    starts = [part.starts for part in entry.parts if part.starts is not None and not part.cancelled]
    rings = _rings(entry, zones, min(starts) - DAY, max(starts) + _LOOK_AHEAD[-1]) if starts else []
    return rings[-1] if rings else None


def _time(alarm: Component, start: int, length: int, zones: Zones) -> int | None:
    trigger = alarm.get("TRIGGER")
    if trigger is None:
        return None
    try:
        if trigger.params.get("VALUE", "").upper() == "DATE-TIME":
            return zones.milliseconds(parse_moment(trigger, zones))
        before = parse_duration(trigger.value).total_seconds() * 1000
    except SoapFault:
        return None
    base = start + length if trigger.params.get("RELATED", "START").upper() == "END" else start
    return base + round(before)
