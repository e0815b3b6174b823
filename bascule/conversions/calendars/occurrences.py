"""The first instants of calendar text, to compare what was sent with what a server gives back."""

from __future__ import annotations

from collections import Counter

from bascule.conversions.calendars.components import Component, build
from bascule.conversions.calendars.context import Account, Context
from bascule.conversions.calendars.definitions import definition_of
from bascule.conversions.calendars.entry import Entry, iso_instant
from bascule.conversions.calendars.facts import instances
from bascule.conversions.calendars.timing import set_recurrence, set_span
from bascule.conversions.calendars.zones import Definition, Zones
from bascule.conversions.model import ItemKind
from bascule.conversions.text import logical_lines

_HOME = "Indian/Reunion"


def occurrences(text: str, limit: int) -> list[str]:
    """The first `limit` occurrences in `text`: VEVENT and VTODO blocks, bare or in a VCALENDAR, of one or several UIDs.

    `2024-09-16` for a day, `2024-09-16T05:30:00Z` for a time, sorted. EXDATE, replaced and cancelled occurrences are
    honoured. Known TZIDs mean the rules of tzdata, whatever VTIMEZONE says. Never raises.
    """
    repairs: Counter[str] = Counter()
    tree = build(logical_lines(text.encode("utf-8", "replace"), repairs=repairs))
    found: list[str] = []
    for calendar in tree.calendars:
        definitions = [found_one for child in calendar.children if (found_one := _definition(child)) is not None]
        context = Context(Account(repairs), Zones(_HOME, definitions), _HOME)
        groups: dict[str, list[Entry]] = {}
        for child in calendar.children:
            entry = _entry(child, context)
            if entry is not None:
                groups.setdefault(entry.uid, []).append(entry)
        for group in groups.values():
            group.sort(key=lambda entry: entry.recurrence_id is not None)
            found.extend(iso_instant(moment) for moment in instances(group, limit))
    return sorted(found)[:limit]


def _definition(component: Component) -> Definition | None:
    return definition_of(component) if component.name == "VTIMEZONE" else None


def _entry(component: Component, context: Context) -> Entry | None:
    """What a component says about its dates."""
    if component.name not in ("VEVENT", "VTODO"):
        return None
    kind = ItemKind.TASK if component.name == "VTODO" else ItemKind.EVENT
    uid, status = component.first("UID"), component.first("STATUS")
    entry = Entry(component, kind, uid.value if uid is not None else "", context.zone)
    single = {prop.name: prop for prop in reversed(component.properties) if prop.value}
    if not set_span(entry, single, component.properties, "", context):
        return None
    set_recurrence(entry, single, component.properties, context)
    entry.status = status.value.strip().upper() if status is not None else ""
    return entry
