"""Stored appointments and tasks to one calendar, zones first."""

from __future__ import annotations

from datetime import UTC, datetime

from zimbra.simulator.formats.ical import Component, Property, escape, folded, load
from zimbra.simulator.formats.moments import definition
from zimbra.simulator.store.calendar import Entry, Part


def write_calendar(entries: list[Entry], name: str = "", method: str = "PUBLISH") -> str:
    """The text of a VCALENDAR. A zone the file never defined is described from the zone database.

    An instance that is cancelled is an EXDATE of its series, but where the method is CANCEL.
    """
    calendar = Component(
        "VCALENDAR",
        [
            Property("PRODID", {}, "Zimbra-Calendar-Provider"),
            Property("VERSION", {}, "2.0"),
            Property("METHOD", {}, method),
        ],
    )
    if name:
        calendar.properties.insert(0, Property("X-WR-CALNAME", {}, escape(name)))
    zones: dict[str, Component] = {}
    events: list[Component] = []
    for entry in entries:
        gone = [] if method == "CANCEL" or entry.parts[0].key else [part for part in entry.parts if part.cancelled]
        for part in entry.parts:
            if any(part is one for one in gone):
                continue
            component = part.parsed()
            if not part.key:
                component.properties.extend(_excluded(one) for one in gone)
            if component.get("DTSTAMP") is None:
                component.put("DTSTAMP", "19700101T000000Z")
            component.drop("SEQUENCE")
            component.properties.append(Property("SEQUENCE", {}, str(part.sequence)))
            events.append(component)
            for prop in component.properties:
                tzid = prop.params.get("TZID")
                if tzid and tzid not in zones:
                    zone = _zone(tzid, entry, part.starts)
                    if zone is not None:
                        zones[tzid] = zone
    calendar.children = [*zones.values(), *events]
    return folded(calendar)


def _excluded(part: Part) -> Property:
    instance = part.shown.get("RECURRENCE-ID")
    return Property("EXDATE", {}, part.key) if instance is None else Property("EXDATE", instance.params, instance.value)


def _zone(tzid: str, entry: Entry, used_at: int | None) -> Component | None:
    if tzid in entry.zones:
        return load(entry.zones[tzid])
    year = datetime.now(UTC).year if used_at is None else datetime.fromtimestamp(used_at / 1000, UTC).year
    return definition(tzid, year)
