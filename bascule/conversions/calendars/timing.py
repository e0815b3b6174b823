"""When a component takes place and how it repeats: the part of its repair that concerns DTSTART to RDATE."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bascule.conversions.calendars import spans, vcalendar1
from bascule.conversions.calendars.components import Component, Property
from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.entry import Entry, instant
from bascule.conversions.calendars.expansion import starts
from bascule.conversions.calendars.parameters import is_private
from bascule.conversions.calendars.recurrence import Rule, fit, parse_rule
from bascule.conversions.calendars.times import UTC, Moment, parse_duration, parse_time, shift
from bascule.conversions.model import ItemKind

# Above this COUNT the dates are not counted out to see whether UNTIL comes first.
_MOST_COUNTED = 2000


def hint_of(single: dict[str, Property], others: list[Property], component: Component, context: Context) -> str:
    """The zone that Sun's server meant beside its UTC times; that of the calendar for a series without one."""
    named = {prop.name: prop.value for prop in others if prop.name.endswith("-TZID") and is_private(prop.name)}
    for name in ("X-NSCP-DTSTART-TZID", "X-NSCP-DUE-TZID", "X-NSCP-DTEND-TZID"):
        if name in named:
            resolved = context.resolve(named[name].strip(), component)
            return resolved.zone
    recurs = "RRULE" in single or any(prop.name in ("RDATE", "EXDATE") for prop in others)
    return context.zone if context.sun and recurs else ""


def set_span(entry: Entry, single: dict[str, Property], others: list[Property], hint: str, context: Context) -> bool:
    """Fill in start, end and length. False when an event has no date."""
    component = entry.component

    def read(name: str) -> Moment | None:
        prop = single.get(name)
        if prop is None:
            return None
        return spans.moment(prop, component, context, hint or _zone_beside(name, single, component, context))

    start, length = read("DTSTART"), spans.duration(single.get("DURATION"))
    end = read("DUE" if entry.kind is ItemKind.TASK else "DTEND")
    rid = read("RECURRENCE-ID")
    if start is None and (entry.kind is ItemKind.EVENT or "DTSTART" in single):
        start = _missing_start(entry, single, others, rid, end, hint, context)
        if start is None and entry.kind is ItemKind.EVENT:
            return False
    if entry.kind is ItemKind.EVENT:
        assert start is not None
        end, length = spans.event_end(start, end, length, component, context)
    else:
        start, end, length = spans.due_end(start, end, length, context)
    zoned = next((moment.zone for moment in (start, end) if moment is not None and moment.zone not in ("", UTC)), "")
    entry.zone = hint or zoned or context.zone
    entry.start, entry.end, entry.length, entry.recurrence_id = start, end, length, rid
    if rid is not None:
        entry.this_and_future = "THISAND" in single["RECURRENCE-ID"].param("RANGE").upper()
    elif "RECURRENCE-ID" in single:
        message = "La date de l’occurrence que cet événement remplace est illisible : il a été gardé à part."
        context.remark("recurrence_id_unreadable", component, message)
    return True


_OTHER_ENDS = {"DTSTART": ("DTEND", "DUE"), "DTEND": ("DTSTART",), "DUE": ("DTSTART",)}


def _zone_beside(name: str, single: dict[str, Property], component: Component, context: Context) -> str:
    """For a time that says no zone of its own, that of the other end; "" when that says none either."""
    prop = single[name]
    if "TZID" in prop.raw or prop.value.endswith("Z") or name not in _OTHER_ENDS:
        return ""
    found = parse_time(prop.value)
    if found is None or not found.floating or prop.param("TZID"):
        return ""
    for other in (single[end] for end in _OTHER_ENDS[name] if end in single):
        if tzid := other.param("TZID"):
            return context.resolve(tzid, component).zone
        moment = parse_time(other.value)
        if moment is not None and moment.zone == UTC:
            return UTC
    return ""


def _missing_start(
    entry: Entry,
    single: dict[str, Property],
    others: list[Property],
    rid: Moment | None,
    end: Moment | None,
    hint: str,
    context: Context,
) -> Moment | None:
    """A start from what else the entry says; None when it says nothing."""
    component = entry.component
    for prop in others:
        if prop.name == "X-NSCP-ORIGINAL-DTSTART":
            original = spans.moment(prop, component, context, hint)
            if original is not None:
                context.repair("start_from_original")
                return original
    message = "La date de début manquait ou était illisible : elle a été déduite du reste. Vérifiez-la."
    if rid is not None:
        context.remark("start_guessed", component, message)
        return rid
    if entry.kind is ItemKind.TASK:
        message = "La date de début était illisible : la tâche n’en a plus."
        context.remark("start_dropped", component, message)
        return None
    due = single.get("DUE")
    if end is None and due is not None:
        end = spans.moment(due, component, context, hint)
    if end is None:
        return None
    context.remark("start_guessed", component, message)
    length = parse_duration(single["DURATION"].value) if "DURATION" in single else None
    default = timedelta(days=1) if end.all_day else timedelta(hours=1)
    return end.at(shift(end.clock, -(length or default)))  # type: ignore[arg-type]


def set_recurrence(entry: Entry, single: dict[str, Property], others: list[Property], context: Context) -> None:
    """RRULE, EXRULE, RDATE and EXDATE, in the type and zone of DTSTART."""
    written = single.get("RRULE")
    if written is None and not any(prop.name in ("EXDATE", "RDATE", "EXRULE") for prop in others):
        return
    component = entry.component
    if entry.start is None:
        entry.start = entry.end
        if entry.start is None:
            message = "Cette tâche se répète mais n’a pas de date : la répétition n’a pas pu être reprise."
            context.remark("rule_dropped", component, message)
            return
        context.repair("task_start_from_due")
    if written is not None:
        entry.rule = _rule(written, entry, context)
    for prop in others:
        if prop.name == "EXDATE":
            if entry.kind is ItemKind.TASK:
                # Zimbra's own cleaner takes them out: its tasks refuse them.
                context.repair("task_exdate")
            else:
                entry.exdates.extend(spans.moments(prop, component, context, entry.start, entry.zone))
        elif prop.name == "RDATE":
            entry.rdates.extend(_rdates(prop, entry, context))
        elif prop.name == "RRULE" and prop is not written:
            rule = _rule(prop, entry, context)
            if rule is not None:
                entry.more_rules.append(rule)
        elif prop.name == "EXRULE":
            rule = _rule(prop, entry, context)
            if rule is not None:
                entry.exrules.append(rule)
    if entry.exdates and entry.rule is None and not entry.rdates:
        context.repair("exdate_without_rule")
        entry.exdates = []


def _rule(prop: Property, entry: Entry, context: Context) -> Rule | None:
    """A rule that fits DTSTART; what is lost of it is told."""
    assert entry.start is not None
    value = prop.value
    if vcalendar1.is_old_rule(value):
        context.repair("old_rule")
        value = vcalendar1.translate_rule(value)
    parsed = parse_rule(value)
    if parsed.rule is None:
        message = "La règle de répétition est illisible : seule la première date a été gardée."
        context.remark("rule_dropped", entry.component, message, prop.text)
        return None
    if parsed.lost:
        message = f"Une partie de la règle de répétition est illisible ({', '.join(parsed.lost)[:200]}) : vérifiez-la."
        context.remark("rule_part_dropped", entry.component, message, prop.text)
    rule, repaired, ended = fit(parsed.rule, entry.start, entry.zone)
    if parsed.repaired or repaired:
        context.repair("rule_repaired")
    if ended:
        message = "La répétition se terminait avant son début : seule la première date a été gardée."
        context.remark("rule_ended_before_start", entry.component, message, prop.text)
        return None
    if rule.count is not None and rule.until is not None:
        context.repair("count_and_until")
        rule = _shorter(rule, entry.start)
    return rule


def _shorter(rule: Rule, start: Moment) -> Rule:
    """COUNT and UNTIL exclude each other: the one that ends the series first stays."""
    assert rule.count is not None
    if rule.count <= _MOST_COUNTED and sum(1 for _ in starts(rule, start)) == rule.count:
        return replace(rule, until=None)
    return replace(rule, count=None)


def _rdates(prop: Property, entry: Entry, context: Context) -> list[tuple[Moment, timedelta | None]]:
    """The additional dates, with their own length when they are periods."""
    assert entry.start is not None
    dates: list[tuple[Moment, timedelta | None]] = []
    tzid = prop.param("TZID")
    for value in prop.value.replace(";", ",").split(","):
        begin, slash, finish = value.partition("/")
        found = parse_time(begin)
        if found is None:
            if value.strip():
                message = "Une date supplémentaire de cet événement est illisible : elle n’a pas été reprise."
                context.remark_line("additional_date_unreadable", entry.component, message, prop.text)
            continue
        if not found.all_day and found.zone != UTC:
            found = spans.located(found, tzid or entry.start.zone, entry.component, context, entry.start.zone)
        length = None
        if slash:
            length = parse_duration(finish)
            end = parse_time(finish) if length is None else None
            if end is not None and end.all_day == found.all_day:
                length = end.clock - found.clock if end.zone != UTC else end.clock - instant(found, entry.zone)
        dates.append((spans.conform(found, entry.start, entry.zone), length))
    return dates
