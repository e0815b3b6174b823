"""VTIMEZONE components of the source file as `zones.Definition`s: what is needed to recognise the zone they mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from bascule.conversions.calendars.components import Component
from bascule.conversions.calendars.expansion import local_dates
from bascule.conversions.calendars.recurrence import parse_rule
from bascule.conversions.calendars.times import parse_time
from bascule.conversions.calendars.zones import Definition

# Outlook begins its definitions in 1601; nobody's calendar does.
_EARLIEST = 1990
_MOST_ONSETS = 60
_NAMING = ("X-LIC-LOCATION", "X-S1CS-TZID-ALIAS", "TZID-ALIAS-OF", "X-TZINFO", "X-ENTOURAGE-TZID")


def definition_of(component: Component) -> Definition | None:
    """The definition that a VTIMEZONE holds; None without a TZID. Broken observances are passed over."""
    tzid = component.first("TZID")
    if tzid is None:
        return None
    definition = Definition(tzid.value.strip())
    for prop in component.properties:
        if prop.name in _NAMING and prop.value:
            definition.names.append(prop.value.split("[")[0].strip())
    for child in component.children[:200]:
        if child.name in ("STANDARD", "DAYLIGHT"):
            definition.onsets.extend(_onsets(child))
    definition.onsets.sort(key=lambda onset: onset[0])
    del definition.onsets[600:]
    return definition


def _onsets(observance: Component) -> list[tuple[datetime, timedelta, timedelta]]:
    offsets = [parse_offset(prop.value) for name in ("TZOFFSETFROM", "TZOFFSETTO") if (prop := observance.first(name))]
    begin = observance.first("DTSTART")
    start = parse_time(begin.value) if begin is not None else None
    if start is None or not offsets or offsets[-1] is None or offsets[0] is None:
        return []
    before, after = offsets[0], offsets[-1]
    dates = {start.clock}
    for prop in observance.all("RDATE")[:_MOST_ONSETS]:
        dates.update(moment.clock for value in prop.value.split(",")[:_MOST_ONSETS] if (moment := parse_time(value)))
    written = observance.first("RRULE")
    rule = parse_rule(written.value).rule if written is not None else None
    if rule is not None:
        first = start.clock
        if rule.freq == "YEARLY" and rule.count is None and first.year < _EARLIEST:
            year = _EARLIEST - (_EARLIEST - first.year) % rule.interval
            first = first.replace(year=year, day=min(first.day, 28))
        last = rule.until.clock + timedelta(days=1) if rule.until is not None else None
        limit = min(rule.count or _MOST_ONSETS, _MOST_ONSETS)
        dates.update(islice(local_dates(replace(rule, until=None, count=None), first, last), limit))
    return [(date, before, after) for date in dates]


def parse_offset(text: str) -> timedelta | None:
    """A UTC-OFFSET value such as `+0400`, `-0330`, `+04:00` or `+005736`."""
    digits = text.strip().replace(":", "")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    if not digits.isdigit() or not digits.isascii() or len(digits) > 6:
        return None
    if len(digits) < 3:
        digits = f"{digits:0>2}00"
    digits = digits.zfill(4) if len(digits) <= 4 else digits.zfill(6)
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:6] or 0))
    return sign * offset if offset < timedelta(hours=24) else None
