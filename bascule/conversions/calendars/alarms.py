"""Reminders, rebuilt: Zimbra loses the whole event for one bad VALARM.

Only DISPLAY and EMAIL alarms are written, with the DESCRIPTION (and SUMMARY) that RFC 5545 asks for and a trigger
relative to the start or the end, so that a series reminds each time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from bascule.conversions.calendars import zones
from bascule.conversions.calendars.components import Component, Property
from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.entry import Entry
from bascule.conversions.calendars.expansion import starts
from bascule.conversions.calendars.parameters import clean_text
from bascule.conversions.calendars.people import person
from bascule.conversions.calendars.times import Moment, format_duration, format_value, parse_duration, parse_time
from bascule.conversions.model import ItemKind

# AUDIO, and what Sun's and other programs call a window, a sound or the start of a program.
_SHOWN = frozenset({"DISPLAY", "AUDIO", "PROCEDURE", "POPUP", "FLASHING", "ALERT", "X-POPUP"})
_DISPLAY_TEXT = "Rappel"
_APPLE_NEVER = "19760401T005545Z"
_MOST_ALARMS = 20
# An absolute reminder further than this before every occurrence, or later than it, belongs to none of them.
_LONGEST_BEFORE = timedelta(days=60)
_OCCURRENCES_TRIED = 400


def alarms(entry: Entry, context: Context) -> list[list[str]]:
    """The reminders of an event or a task, each as its unfolded lines."""
    written: list[list[str]] = []
    for child in entry.component.children:
        if child.name != "VALARM":
            continue
        lines = _alarm(child, entry, context)
        if lines is not None and lines not in written and len(written) < _MOST_ALARMS:
            written.append(lines)
            continue
        context.repair("alarm_dropped")
        if lines not in written and not _is_placeholder(child):
            message = (
                "Un rappel de cet élément est illisible, trop loin de ses dates ou de trop : il n’a pas été repris."
            )
            context.remark("alarm_dropped", entry.component, message, child.source())
    return written


def _is_placeholder(alarm: Component) -> bool:
    """Whether an alarm never rings: Apple writes one, set in 1976, where the person wants none."""
    action, trigger = alarm.first("ACTION"), alarm.first("TRIGGER")
    silent = action is not None and action.value.strip().upper() == "NONE"
    return silent or (trigger is not None and trigger.value.strip() == _APPLE_NEVER)


def _alarm(alarm: Component, entry: Entry, context: Context) -> list[str] | None:
    action = alarm.first("ACTION")
    kind = action.value.strip().upper() if action is not None else "DISPLAY"
    trigger = _trigger(alarm.first("TRIGGER"), entry, context)
    if trigger is None:
        return None
    addresses: list[str] = []
    if kind == "EMAIL":
        for prop in alarm.properties:
            if prop.name in ("ATTENDEE", "") and prop.value:
                if not prop.name:
                    context.repair("alarm_bare_address")
                    prop = prop._replace(name="ATTENDEE")
                found = person(Property(prop.name, "", prop.value, prop.line), entry.component, context)
                if found is not None and "@" in found.address:
                    addresses.append(f"ATTENDEE:mailto:{found.address}")
        if not addresses:
            kind = "DISPLAY"
            context.repair("alarm_rebuilt")
    elif kind not in _SHOWN:
        return None
    elif kind != "DISPLAY":
        kind = "DISPLAY"
        context.repair("alarm_rebuilt")
    description = _described(alarm, "DESCRIPTION", context)
    lines = ["BEGIN:VALARM", f"ACTION:{kind}", trigger, f"DESCRIPTION:{description}"]
    if kind == "EMAIL":
        lines.append(f"SUMMARY:{_described(alarm, 'SUMMARY', context)}")
        lines.extend(dict.fromkeys(addresses))
    repeat, pause = alarm.first("REPEAT"), alarm.first("DURATION")
    if repeat is not None and pause is not None:
        length = parse_duration(pause.value)
        if repeat.value.isdigit() and repeat.value.isascii() and 0 < int(repeat.value[:6]) < 100 and length:
            lines.extend((f"REPEAT:{int(repeat.value)}", f"DURATION:{format_duration(abs(length))}"))
    lines.append("END:VALARM")
    return lines


def _described(alarm: Component, name: str, context: Context) -> str:
    prop = alarm.first(name)
    text = clean_text(prop.value) if prop is not None else ""
    if not text.strip():
        context.repair("alarm_rebuilt")
        return _DISPLAY_TEXT
    return text


def _trigger(prop: Property | None, entry: Entry, context: Context) -> str | None:
    """The TRIGGER line; None when there is none to make."""
    if prop is None:
        return None
    related = prop.param("RELATED").upper()
    start, end = entry.start, entry.end
    has_end = end is not None or entry.length is not None
    length = parse_duration(prop.value) if "P" in prop.value.upper() or not prop.value[:1].isdigit() else None
    if length is not None:
        if start is None and not has_end:
            return None
        suffix = ";RELATED=END" if has_end and (related == "END" or start is None) else ""
        line = f"TRIGGER{suffix}:{format_duration(length)}"
        if prop.value.strip().upper() not in (line.rpartition(":")[2], "PT0S"):
            context.repair("alarm_rebuilt")
        return line
    moment = parse_time(prop.value)
    if moment is None:
        return None
    instant = zones.to_utc(moment.clock, moment.zone or entry.zone)
    # People set the reminder of a task before it is due, that of an event before it begins.
    anchor, suffix = (start, "") if start is not None else (end, ";RELATED=END")
    if entry.kind is ItemKind.TASK and end is not None:
        anchor, suffix = end, ";RELATED=END"
    if anchor is None:
        return f"TRIGGER;VALUE=DATE-TIME:{format_value(instant)}Z"
    length = _nearest(instant, anchor, entry)
    if length is None:
        return None
    context.repair("alarm_absolute")
    return f"TRIGGER{suffix}:{format_duration(length)}"


def _nearest(instant: datetime, anchor: Moment, entry: Entry) -> timedelta | None:
    """How long before (negative) the occurrence that it is for an absolute reminder fires."""
    for occurrence in islice(starts(entry.rule, anchor), _OCCURRENCES_TRIED):
        begins = zones.to_utc(occurrence.clock, occurrence.zone or entry.zone)
        if begins >= instant or entry.rule is None:
            length = instant - begins
            return length if -_LONGEST_BEFORE <= length <= timedelta(days=1) else None
    return None
