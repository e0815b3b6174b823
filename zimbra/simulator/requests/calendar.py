"""ImportAppointments, reading of appointments and tasks, their summaries, cancelling."""

from __future__ import annotations

import logging
import re

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply, Value
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.ical import Property
from zimbra.simulator.formats.invite import Invite, instance_key, read_all
from zimbra.simulator.formats.occurrences import Occurrence, expand
from zimbra.simulator.requests.contacts import tag_names
from zimbra.simulator.requests.invites import ITEM_NAMES, item_element
from zimbra.simulator.requests.outgoing import send
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import calendar, items, uploads
from zimbra.simulator.store.calendar import Added, Entry, Part
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import CALENDAR, Mailbox

log = logging.getLogger("zimbra.simulator")

FAR_FUTURE = 250_000_000_000_000


def keep(call: Call, folder: int, invite: Invite, *, preserve_alarms: bool = False) -> Added | None:
    """Store an invite unless a test asked for its refusal."""
    call.service.disturbances.item_created(invite.name)
    return calendar.add(call.mailbox, folder, invite, preserve_alarms=preserve_alarms)


@handles(MAIL, "ImportAppointmentsRequest", writes=True)
def import_appointments(call: Call) -> Reply:
    """Never sends mail. An invite that cannot be stored is only a line in the log; `n` counts what could be read."""
    request = call.request
    folder = request.get("l")
    folder_id = CALENDAR if folder is None else call.item_id(folder)
    kind = request.require("ct")
    if kind.lower() not in ("ics", "text/calendar"):
        raise invalid_request(f"unsupported content type: {kind[:40]}")
    content = request.need("content")
    if "aid" in content.attrs and "mid" in content.attrs:
        raise invalid_request("use either aid or mid but not both")
    if "mid" in content.attrs:
        raise items.not_found("message", content.attrs["mid"][:40])
    text = content.text
    if "aid" in content.attrs:
        text = uploads.take(call.db, call.me.account.id, content.attrs["aid"]).data.decode("utf-8", "replace")
    invites, _ = read_all(text, call.target.first("zimbraPrefTimeZoneId"))
    ids: list[str] = []
    for number, invite in enumerate(invites):
        call.db.execute("SAVEPOINT invite")
        try:
            added = keep(call, folder_id, invite)
            if added is not None:
                ids.append(f"{added.item}-{added.invite}")
        except SoapFault as fault:
            call.db.execute("ROLLBACK TO invite")
            log.warning("skipping bad iCalendar object %d during import: uid=%s: %s", number, invite.uid, fault)
        call.db.execute("RELEASE invite")
    reply = response(call)
    reply.add("appt", {"ids": ",".join(ids), "n": len(invites)})
    return reply


def _find(call: Call, kind: str) -> Item:
    """By `id` or by `uid`."""
    uid = call.request.get("uid")
    if uid is not None and call.request.get("id") is None:
        item = items.by_uid(call.mailbox, uid)
        if item is None or item.type != kind:
            raise items.not_found(kind, uid[:100])
        return item
    return items.get(call.mailbox, call.item_id(call.request.require("id")), kind)


def _get(call: Call, kind: str) -> Reply:
    item = _find(call, kind)
    reply = response(call)
    names = tag_names(call.mailbox, item.tags) if item.tags else ""
    reply.children.append(item_element(item, calendar.read(item), call.target, names))
    return reply


@handles(MAIL, "GetAppointmentRequest")
def get_appointment(call: Call) -> Reply:
    return _get(call, "appointment")


@handles(MAIL, "GetTaskRequest")
def get_task(call: Call) -> Reply:
    return _get(call, "task")


def in_span(mailbox: Mailbox, item: Item, since: int, until: int) -> list[tuple[Occurrence, Part]]:
    """The occurrences of an item in a span, each with the part (series or exception) that describes it."""
    entry = calendar.read(item)
    zones = entry.zone_table(mailbox.account.first("zimbraPrefTimeZoneId"))
    exceptions = {part.key for part in entry.parts if part.key}
    found: list[tuple[Occurrence, Part]] = []
    for part in entry.parts:
        length = (part.ends or part.starts or 0) - (part.starts or 0)
        found.extend(
            (occurrence, part)
            for occurrence in expand(part.parsed(), zones, length, since, until)
            if part.key or occurrence.key not in exceptions
        )
    found.sort(key=lambda one: one[0].starts)
    return found


def _candidates(mailbox: Mailbox, kind: str, folder: int | None, since: int, until: int) -> list[Item]:
    """Items that may happen in the span; the rest is left out without looking inside."""
    return [
        item
        for item in items.select(mailbox, (kind,), folder)
        if item.starts is None or (item.starts < until and (item.ends is None or item.ends >= since))
    ]


def summary_element(mailbox: Mailbox, item: Item, found: list[tuple[Occurrence, Part]] | None) -> Reply:
    """An appointment or a task in a list, with its occurrences when a span was asked for."""
    entry: Entry = calendar.read(item)
    part = entry.parts[0]
    component = part.parsed()
    attrs: dict[str, Value | None] = {
        "id": str(item.id),
        "uid": item.uid,
        "l": str(item.folder),
        "d": item.changed,
        "rev": item.sequence,
        "s": item.size,
        "f": item.flags or None,
        "t": item.tags or None,
        "tn": tag_names(mailbox, item.tags) if item.tags else None,
        "name": item.label,
        "loc": component.text("LOCATION") or None,
        "invId": f"{item.id}-{part.id}",
        "compNum": 0,
        "allDay": True if _all_day(component.get("DTSTART")) else None,
        "recur": part.recurs or None,
        "dur": (part.ends - part.starts) if part.starts is not None and part.ends is not None else None,
    }
    if item.type == "task":
        attrs["percentComplete"] = component.text("PERCENT-COMPLETE") or "0"
        attrs["status"] = {"COMPLETED": "COMP", "IN-PROCESS": "INPR"}.get(component.text("STATUS").upper(), "NEED")
        if part.ends is not None and component.get("DUE") is not None:
            attrs["dueDate"] = part.ends
    element = Reply(ITEM_NAMES[item.type], attrs)
    for occurrence, shown in found or ():
        instance: dict[str, Value | None] = {"s": occurrence.starts}
        if shown.key:
            instance.update({"ex": True, "name": shown.parsed().text("SUMMARY"), "invId": f"{item.id}-{shown.id}"})
            instance["dur"] = occurrence.length
        if part.recurs:
            instance["ridZ"] = occurrence.key if shown.key else occurrence.local.text()
        element.add("inst", instance)
    return element


def _all_day(prop: Property | None) -> bool:
    return prop is not None and prop.params.get("VALUE") == "DATE"


def _summaries(call: Call, kind: str) -> Reply:
    request, mailbox = call.request, call.mailbox
    since, until = request.number("s"), request.number("e")
    if since is None or until is None:
        raise invalid_request("missing required attribute: s and e")
    if until <= since:
        raise invalid_request("the end must be after the start")
    folder = request.get("l")
    folder_id = None if folder is None else mailbox.target(call.item_id(folder))
    reply = response(call)
    for item in _candidates(mailbox, kind, folder_id, since, until):
        found = in_span(mailbox, item, since, until)
        if found or item.starts is None:
            reply.children.append(summary_element(mailbox, item, found))
    return reply


@handles(MAIL, "GetApptSummariesRequest")
def get_appt_summaries(call: Call) -> Reply:
    return _summaries(call, "appointment")


@handles(MAIL, "GetTaskSummariesRequest")
def get_task_summaries(call: Call) -> Reply:
    return _summaries(call, "task")


def _cancel(call: Call, kind: str) -> Reply:
    """Remove an item or, with `inst`, one instance; whoever is named in `m/e` is written to."""
    item = items.get(call.mailbox, call.item_id(call.request.require("id")), kind)
    entry = calendar.read(item)
    message = call.request.find("m")
    if message is not None:
        send(call, message, item.label)
    instance = call.request.find("inst")
    if instance is None:
        items.delete(call.mailbox, item.id)
        return response(call)
    zones = entry.zone_table(call.target.first("zimbraPrefTimeZoneId"))
    value = instance.require("d")
    params = {"TZID": instance.attrs["tz"]} if "tz" in instance.attrs else {}
    if re.fullmatch(r"\d{8}", value):
        params = {"VALUE": "DATE"}
    prop = Property("RECURRENCE-ID", params, value)
    calendar.cancel(call.mailbox, item, entry, prop, instance_key(prop, zones))
    return response(call)


@handles(MAIL, "CancelAppointmentRequest", writes=True)
def cancel_appointment(call: Call) -> Reply:
    return _cancel(call, "appointment")


@handles(MAIL, "CancelTaskRequest", writes=True)
def cancel_task(call: Call) -> Reply:
    return _cancel(call, "task")
