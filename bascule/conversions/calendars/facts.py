"""What the preview shows of a group, worked out from its entries."""

from __future__ import annotations

from itertools import islice
from typing import Any

from bascule.conversions.calendars import french, spans
from bascule.conversions.calendars.entry import Entry, iso, iso_instant, last_day
from bascule.conversions.calendars.expansion import starts
from bascule.conversions.calendars.times import Moment, shift
from bascule.conversions.model import ItemKind

OCCURRENCES_SHOWN = 5
# Occurrences that may be passed over, left out or replaced, before the search is given up.
_MOST_SKIPPED = 2000


def facts_of(group: list[Entry]) -> dict[str, Any]:
    """The facts of `Item.facts` for a calendar or task item, JSON-able; see `calendars.read`."""
    master = group[0]
    start = master.start
    anchor = start or (master.end if master.kind is ItemKind.TASK else None)
    facts: dict[str, Any] = {
        "start": iso(start) if start is not None else "",
        "end": "",
        "all_day": anchor is not None and anchor.all_day,
        "zone": anchor.zone if anchor is not None else "",
        "location": master.location[:500],
        "recurrence": french.sentence(master.rule, start) if master.rule is not None and start is not None else "",
        "occurrences": [iso_instant(moment) for moment in instances(group, OCCURRENCES_SHOWN)],
        "exceptions": len(group) - 1,
        "organizer": master.organizer,
        "attendees": master.attendees,
        "status": master.status,
        "private": master.private,
        "alarms": len(master.alarms),
    }
    if master.kind is ItemKind.TASK:
        facts["due"] = iso(master.end) if master.end is not None else ""
        facts["completed"] = master.completed
    elif master.end is not None:
        facts["end"] = last_day(master.end.day).isoformat() if master.end.all_day else iso(master.end)
    elif master.length is not None and start is not None:
        facts["end"] = iso(start.at(shift(start.clock, master.length)))  # type: ignore[arg-type]
    return facts


def instances(group: list[Entry], limit: int) -> list[Moment]:
    """The first occurrences of a series as people see them: left out, moved and cancelled ones considered."""
    master = group[0]
    if master.start is None:
        return [master.end] if master.end is not None else []
    excluded = set(master.exdates)
    moved: dict[Moment, Moment] = {}
    cancelled: set[Moment] = set()
    for entry in group[1:]:
        if entry.recurrence_id is None or entry.start is None:
            continue
        rid = spans.conform(entry.recurrence_id, master.start, master.zone)
        if entry.status == "CANCELLED":
            cancelled.add(rid)
        else:
            moved[rid] = entry.start
    found: list[Moment] = []
    wanted = limit + len(moved)
    for moment in islice(starts(master.rule, master.start), limit + len(moved) + len(excluded) + _MOST_SKIPPED):
        if moment in excluded or moment in cancelled or moment in moved:
            continue
        found.append(moment)
        if len(found) >= wanted:
            break
    found.extend(moved.values())
    found.sort(key=iso_instant)
    return found[:limit]
