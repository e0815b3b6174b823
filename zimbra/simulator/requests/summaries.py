"""Appointments and tasks in lists: one element each, with its occurrences in a span of time.

Source: Zimbra's CacheToXML. What an occurrence does not say is as the item has it.
"""

from __future__ import annotations

from datetime import timedelta

from zimbra.simulator.element import Reply, Value
from zimbra.simulator.formats.ical import Component
from zimbra.simulator.formats.moments import Zones
from zimbra.simulator.formats.occurrences import Occurrence
from zimbra.simulator.mail.calendar_mail import organizes
from zimbra.simulator.requests.invites import (
    CLASSES,
    ITEM_NAMES,
    actual_busy,
    add_place,
    alarm_element,
    busy_of,
    categories,
    fragment_of,
    is_all_day,
    others_attend,
    participation,
    person,
    status_of,
)
from zimbra.simulator.requests.message_elements import tag_attributes
from zimbra.simulator.store import calendar
from zimbra.simulator.store.calendar import Entry, Part, may_see
from zimbra.simulator.store.instances import next_alarm, zones_of
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox


def summary_element(
    mailbox: Mailbox,
    item: Item,
    found: list[tuple[Occurrence, Part]] | None,
    entry: Entry | None = None,
    *,
    legacy: bool = False,
) -> Reply:
    """An appointment or a task in a list, with its occurrences when a span was asked for.

    `legacy`: as GetApptSummaries has it, where `d` is the duration.
    """
    entry = entry or calendar.read(item)
    part = entry.first
    component = part.shown
    seen = may_see(mailbox, item.folder, component)
    element = Reply(ITEM_NAMES[item.type], {"x_uid": item.uid or "", "uid": item.uid or ""})
    if seen:
        element.attrs.update(tag_attributes(mailbox, item))
    element.attrs["l"] = mailbox.ref(item.folder)
    if any(one.recurs for one in entry.parts):
        element.attrs["recur"] = True
    if any(one.key for one in entry.parts):
        element.attrs["hasEx"] = True
    element.attrs.update({"s": item.size, "d": item.changed, "md": item.changed // 1000})
    element.attrs.update({"ms": item.sequence, "rev": item.sequence, "id": mailbox.ref(item.id)})
    _describe(element, mailbox, item, part, seen=seen)
    if item.type == "task" and part.ends is not None and component.get("DUE") is not None:
        element.attrs["dueDate"] = part.ends
    if item.type != "task" or part.starts is not None:
        length = _length(part)
        element.attrs["dur"] = length
        if legacy:
            element.attrs["d"] = length
    zones: Zones | None = None
    for occurrence, shown in found or ():
        zones = zones or zones_of(mailbox, entry)
        instance = _instance(mailbox, item, part, occurrence, shown, zones)
        if legacy:
            # More than the real server gives: clients that read an occurrence by itself know when it ends.
            instance.attrs.setdefault("dur", occurrence.length)
        element.children.append(instance)
    if found is not None and item.starts is None and not found:
        element.add("inst", {"dueDate": element.attrs.get("dueDate")})
    if any(one.shown.children for one in entry.parts):
        _add_alarm(element, mailbox, entry, seen=seen)
    return element


def _length(part: Part) -> int:
    """Of an item that does not say how long it takes: a day, or a second."""
    if part.starts is None or part.ends is None:
        return 0
    if part.ends > part.starts:
        return part.ends - part.starts
    return 86_400_000 if is_all_day(part.shown) else 1000 if part.shown.name == "VEVENT" else 0


def _describe(element: Reply, mailbox: Mailbox, item: Item, part: Part, *, seen: bool) -> None:
    component, account = part.shown, mailbox.account
    task = item.type == "task"
    organizer = component.get("ORGANIZER")
    if organizer is not None:
        element.children.append(person("or", organizer))
    ptst = participation(part, account)
    if not task:
        element.attrs["fba"] = actual_busy(component, ptst)
    if seen:
        _add_contents(element, component, ptst, task=task)
    element.attrs["isOrg"] = organizes(component, account)
    element.attrs["invId"] = f"{mailbox.ref(item.id)}-{part.id}"
    element.attrs["compNum"] = 0
    element.attrs["status"] = status_of(component, item.type)
    element.attrs["class"] = CLASSES.get(component.text("CLASS").upper(), "PUB")
    for name, on in (("allDay", is_all_day(component)), ("draft", part.draft), ("neverSent", part.unsent)):
        if on:
            element.attrs[name] = True


def _add_contents(element: Reply, component: Component, ptst: str, *, task: bool) -> None:
    text = component.text
    attrs: dict[str, Value] = element.attrs
    if text("PRIORITY"):
        attrs["priority"] = text("PRIORITY")
    attrs["ptst"] = ptst
    if task:
        attrs["percentComplete"] = text("PERCENT-COMPLETE") or "0"
    else:
        attrs["fb"] = busy_of(component)
        attrs["transp"] = "T" if text("TRANSP").upper() == "TRANSPARENT" else "O"
    attrs["name"] = text("SUMMARY")
    attrs["loc"] = text("LOCATION")
    for category in categories(component):
        element.add("category", text=category)
    add_place(element, component)
    beginning = fragment_of(component)
    if beginning:
        element.content["fr"] = beginning
    attrs["otherAtt"] = others_attend(component)
    attrs["alarm"] = any(child.name == "VALARM" for child in component.children)


def _instance(mailbox: Mailbox, item: Item, series: Part, occurrence: Occurrence, part: Part, zones: Zones) -> Reply:
    element = Reply("inst", {"s": occurrence.starts})
    component = part.shown
    if is_all_day(component):
        offset = occurrence.local.local.replace(tzinfo=zones.info(occurrence.local.zone)).utcoffset() or timedelta()
        element.attrs["tzo"] = round(offset / timedelta(milliseconds=1))
    if part.key or occurrence.length != _length(series):
        element.attrs["dur"] = occurrence.length or _length(part)
    if series.recurs or part.key:
        element.attrs["ridZ"] = occurrence.instant
    if item.type == "task" and component.get("DUE") is not None:
        element.attrs["dueDate"] = occurrence.starts + occurrence.length
    if part.key:
        element.attrs.update({"ex": True, "recur": False})
        _describe(element, mailbox, item, part, seen=may_see(mailbox, item.folder, component))
    return element


def _add_alarm(element: Reply, mailbox: Mailbox, entry: Entry, *, seen: bool) -> None:
    shown = alarm_data(mailbox, entry, seen=seen)
    if shown is not None:
        element.children.append(shown)


def alarm_data(mailbox: Mailbox, entry: Entry, *, seen: bool) -> Reply | None:
    """The alarm that rings next, as lists and answers about alarms have it."""
    ring = next_alarm(mailbox, entry, mailbox.now)
    if ring is None:
        return None
    attrs: dict[str, Value | None] = {
        "nextAlarm": ring.at, "alarmInstStart": ring.instance, "invId": ring.part.id, "compNum": 0,
    }  # fmt: skip
    if seen:
        attrs.update({"name": ring.part.shown.text("SUMMARY"), "loc": ring.part.shown.text("LOCATION")})
    element = Reply("alarmData", attrs)
    if seen:
        element.children.append(alarm_element(ring.alarm, zones_of(mailbox, entry)))
    return element
