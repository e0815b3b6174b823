"""ExpandRecur, GetRecur, CheckRecurConflicts, CompleteTaskInstance, GetICal."""

from __future__ import annotations

from datetime import timedelta

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply, Value
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.ical_writer import write_calendar
from zimbra.simulator.formats.invite import Invite, instance_key, read
from zimbra.simulator.formats.moments import Zones
from zimbra.simulator.formats.occurrences import Occurrence
from zimbra.simulator.requests.calendar_items import invite_at, located
from zimbra.simulator.requests.cancelling import cancellation
from zimbra.simulator.requests.components import Wishes, invite_of, new_uid, stamp
from zimbra.simulator.requests.freebusy import people, span_of, times
from zimbra.simulator.requests.invites import component_element, is_all_day, year_of
from zimbra.simulator.requests.places import target
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.zones import add_zones, define_all, moment_of, property_of
from zimbra.simulator.store import calendar
from zimbra.simulator.store.busy import ORDER
from zimbra.simulator.store.calendar import Entry, Part
from zimbra.simulator.store.instances import DAY, occurrences, zones_of
from zimbra.simulator.store.mailbox import CALENDAR

_SHOWN_IN_RECUR = frozenset({"tz", "s", "e", "dur", "recur", "exceptId"})


def _described(call: Call) -> tuple[Entry, Zones]:
    """A series a request describes: `comp`, its exceptions (`except`) and what of it is cancelled (`cancel`)."""
    zones = zones_of(call.mailbox, Entry([]))
    defined = list(call.request.all("tz"))
    parts: list[Part] = []
    for name in ("comp", "except", "cancel"):
        for given in call.request.all(name):
            wrapper = Element("inv")
            # The zones stand beside the components, whose name does not matter here.
            inner = Element("comp", given.ns, given.attrs)
            inner.children.extend(given.children)
            wrapper.children.extend([*defined, inner])
            wishes = Wishes(call.mailbox.account, "appointment", zones, exception=name != "comp")
            wishes.needs_start = name != "cancel"
            invite = invite_of(wrapper, wishes)
            method = "CANCEL" if name == "cancel" else invite.method
            parts.append(
                Part(len(parts), invite.recurrence_id, 0, method, invite.starts, invite.ends, invite.recurs,
                     invite.component.dump())
            )  # fmt: skip
    return Entry(parts), zones


def _instance_attrs(occurrence: Occurrence, part: Part, zones: Zones) -> dict[str, Value | None]:
    attrs: dict[str, Value | None] = {
        "s": occurrence.starts, "dur": occurrence.length, "ridZ": occurrence.instant,
    }  # fmt: skip
    if is_all_day(part.shown):
        offset = occurrence.local.local.replace(tzinfo=zones.info(occurrence.local.zone)).utcoffset() or timedelta()
        attrs.update({"allDay": True, "tzo": round(offset / timedelta(milliseconds=1))})
    return attrs


@handles(MAIL, "ExpandRecurRequest")
def expand_recurrence(call: Call) -> Reply:
    since, until = span_of(call.request)
    entry, zones = _described(call)
    reply = response(call)
    for occurrence, part in occurrences(entry, zones, since, until) if entry.parts else ():
        reply.add("inst", _instance_attrs(occurrence, part, zones))
    return reply


@handles(MAIL, "GetRecurRequest")
def get_recurrence(call: Call) -> Reply:
    """How a series repeats, with what is changed and what is left out of it."""
    mailbox, item, _ = located(call, call.request.require("id"))
    entry = calendar.read(item)
    zones = zones_of(mailbox, entry)
    reply = response(call)
    for part in entry.parts:
        add_zones(reply, part.shown, zones, year_of(part))
        shown = component_element(mailbox, part, item.type, zones, item)
        name = "cancel" if part.cancelled else "except" if part.key else "comp"
        element = reply.add(name)
        element.children = [child for child in shown.children if child.name in _SHOWN_IN_RECUR]
    return reply


@handles(MAIL, "CheckRecurConflictsRequest")
def check_conflicts(call: Call) -> Reply:
    """The instances of a series at which somebody invited is not free; all of them with `all`."""
    request = call.request
    since = request.number("s", call.mailbox.now) or 0
    until = request.number("e", since + 366 * DAY) or 0
    if until < since:
        raise invalid_request("End time must be after Start time")
    entry, zones = _described(call)
    found = occurrences(entry, zones, since, until) if entry.parts else []
    reply = response(call)
    if not found:
        return reply
    first, last = found[0][0].starts, max(one.starts + one.length for one, _ in found)
    taken = []
    for text, account, folder in people(call, request):
        intervals = (
            None if account is None else times(call.unit, account, first, last, folder, request.get("excludeUid") or "")
        )
        taken.append((text if account is None else account.name, intervals or []))
    for occurrence, part in found:
        shown = Reply("inst", _instance_attrs(occurrence, part, zones))
        end = occurrence.starts + max(occurrence.length, 1)
        for name, intervals in taken:
            met = [one.status for one in intervals if one.since < end and one.until > occurrence.starts]
            status = max(met, key=ORDER.index, default="F")
            if status != "F":
                shown.add("usr", {"name": name, "fb": status})
        if shown.children or request.flag("all"):
            reply.children.append(shown)
    return reply


@handles(MAIL, "CompleteTaskInstanceRequest", writes=True)
def complete_task_instance(call: Call) -> Reply:
    """One instance of a repeated task is done: it becomes a task of its own, and leaves the series."""
    request = call.request
    mailbox, item, entry, _ = invite_at(call, request.require("id"))
    if item.type != "task":
        raise invalid_request("calendar item is not a task")
    series = entry.first
    if not series.recurs:
        raise invalid_request("task is not a recurring task")
    mailbox.check(item.folder, "w")
    zones = zones_of(mailbox, entry)
    instance = property_of("RECURRENCE-ID", moment_of(request.need("exceptId"), zones, define_all(request, zones)))
    there = entry.at(instance_key(instance, zones))
    done = _completed(series if there is None else there, instance, zones)
    calendar.cancel(mailbox, item, entry, cancellation(mailbox, entry, series, instance))
    calendar.add(mailbox, item.folder, done)
    return response(call)


def _completed(part: Part, instance: Property, zones: Zones) -> Invite:
    component = part.parsed()
    start, due = component.get("DTSTART"), component.get("DUE")
    if not part.key and start is not None:
        moment = moment_of(Element("s", attrs=_attributes(instance)), zones, {})
        if due is not None:
            old, end = (moment_of(Element("s", attrs=_attributes(one)), zones, {}) for one in (start, due))
            later = type(moment)(moment.local + (end.local - old.local), moment.zone, moment.is_date)
            component.drop("DUE")
            component.properties.append(property_of("DUE", later))
        component.drop("DTSTART")
        component.properties.append(property_of("DTSTART", moment))
    component.drop("RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID")
    component.put("UID", new_uid())
    component.put("STATUS", "COMPLETED")
    component.put("PERCENT-COMPLETE", "100")
    component.put("COMPLETED", stamp())
    component.children = []
    return read(component, Component("VCALENDAR"), zones, asked=True)


def _attributes(prop: Property) -> dict[str, str]:
    tzid = prop.params.get("TZID")
    return {"d": prop.value, **({"tz": tzid} if tzid else {})}


@handles(MAIL, "GetICalRequest")
def get_icalendar(call: Call) -> Reply:
    """An invite, or all that takes place in a span of time, as iCalendar."""
    request = call.request
    reply = response(call)
    if request.get("id") is not None:
        mailbox, item, entry, part = invite_at(call, request.require("id"))
        mailbox.check(item.folder, "r")
        shown = [one for one in calendar.readable(mailbox, item).parts if one.id == part.id]
        number = f"{mailbox.ref(item.id)}-{part.id}"
        reply.add("ical", {"id": number}, text=write_calendar([Entry(shown, entry.zones)]))
        return reply
    since, until = span_of(request)
    mailbox, folder = target(call, request.get("l") or str(CALENDAR))
    mailbox.check(folder, "r")
    found = calendar.between(mailbox, "appointment", folder, since, until)
    reply.add("ical", text=write_calendar([calendar.readable(mailbox, item) for item in found]))
    return reply
