"""ImportAppointments, reading of appointments and tasks, what happens in a span of time."""

from __future__ import annotations

import logging

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.invite import Invite, read_all
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.calendar_items import id_of, is_loose
from zimbra.simulator.requests.invite_messages import invite_message
from zimbra.simulator.requests.invites import item_element
from zimbra.simulator.requests.message_elements import View, no_such_part, parts_element
from zimbra.simulator.requests.places import target
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.summaries import summary_element
from zimbra.simulator.store import calendar, items, messages, uploads
from zimbra.simulator.store.calendar import Added, Entry, may_see
from zimbra.simulator.store.instances import DAY, in_span
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import CALENDAR, Mailbox

__all__ = ["FAR_FUTURE", "in_span", "keep", "summary_element"]

log = logging.getLogger("zimbra.simulator")

FAR_FUTURE = 250_000_000_000_000
# Zimbra's GetCalendarItemSummaries: longer spans are refused.
MAX_DAYS = 200


def keep(
    call: Call, folder: int, invite: Invite, *, preserve_alarms: bool = False, mailbox: Mailbox | None = None
) -> Added | None:
    """Store an invite unless a test asked for its refusal; in the mailbox of the call when none is given."""
    call.service.disturbances.item_created(invite.name)
    return calendar.add(mailbox or call.mailbox, folder, invite, preserve_alarms=preserve_alarms)


@handles(MAIL, "ImportAppointmentsRequest", writes=True)
def import_appointments(call: Call) -> Reply:
    """Never sends mail. An invite that cannot be stored is only a line in the log; `n` counts what could be read."""
    request = call.request
    mailbox, folder = target(call, request.get("l") or str(CALENDAR))
    kind = request.require("ct")
    if kind.lower() not in ("ics", "text/calendar"):
        raise invalid_request(f"unsupported content type: {kind[:40]}")
    text = _content(call, request.need("content"))
    mailbox.target(folder)
    invites, _ = read_all(text, mailbox.account.first("zimbraPrefTimeZoneId"))
    ids: list[str] = []
    for number, invite in enumerate(invites):
        call.db.execute("SAVEPOINT invite")
        try:
            added = keep(call, folder, invite, mailbox=mailbox)
            if added is not None:
                ids.append(f"{mailbox.ref(added.item)}-{added.invite}")
        except SoapFault as fault:
            call.db.execute("ROLLBACK TO invite")
            log.warning("skipping bad iCalendar object %d during import: uid=%s: %s", number, invite.uid, fault)
        call.db.execute("RELEASE invite")
    reply = response(call)
    reply.add("appt", {"ids": ",".join(ids), "n": len(invites)})
    return reply


def _content(call: Call, content: Element) -> str:
    """The calendar to import: inline, uploaded, or a part of a message."""
    if "aid" in content.attrs and "mid" in content.attrs:
        raise invalid_request("use either aid or mid but not both")
    if "aid" in content.attrs:
        return uploads.take(call.db, call.me.account.id, content.attrs["aid"]).data.decode("utf-8", "replace")
    if "mid" not in content.attrs:
        return content.text
    owner, number = call.locate(content.attrs["mid"])
    part = Message.parse(messages.raw(owner, number)).part(content.require("part"))
    if part is None:
        raise no_such_part(content.require("part"))
    return part.text


def _find(call: Call, kind: str) -> tuple[Mailbox, Item]:
    """By `id` or by `uid`."""
    uid = call.request.get("uid")
    if uid is not None and call.request.get("id") is None:
        item = items.by_uid(call.mailbox, uid)
        if item is None or item.type != kind:
            raise items.not_found(kind, uid[:100])
        call.mailbox.check(item.folder, "r")
        return call.mailbox, item
    mailbox, number = call.locate(id_of(call.request))
    return mailbox, items.get(mailbox, number, kind)


def _get(call: Call, kind: str) -> Reply:
    mailbox, item = _find(call, kind)
    reply = response(call)
    entry = calendar.read(item)
    element = item_element(mailbox, item, entry)
    if call.request.flag("includeContent"):
        _add_parts(element, mailbox, item, entry)
    reply.children.append(element)
    if kind == "task" and is_loose(call.request):
        reply.children.append(invite_message(mailbox, item, entry.first.id, View()))
    return reply


def _add_parts(element: Reply, mailbox: Mailbox, item: Item, entry: Entry) -> None:
    invites = [child for child in element.children if child.name == "inv"]
    for invite, part in zip(invites, entry.parts, strict=True):
        raw = calendar.message_of(mailbox, item, part.id) if part.files else None
        if raw is not None and may_see(mailbox, item.folder, part.shown):
            invite.children.append(parts_element(Message.parse(raw), View(neuter=False)))


@handles(MAIL, "GetAppointmentRequest")
def get_appointment(call: Call) -> Reply:
    return _get(call, "appointment")


@handles(MAIL, "GetTaskRequest")
def get_task(call: Call) -> Reply:
    return _get(call, "task")


def _summaries(call: Call, *kinds: str) -> Reply:
    request = call.request
    since, until = request.number("s"), request.number("e")
    if since is None or until is None:
        raise invalid_request("missing required attribute: s and e")
    if until <= since:
        raise invalid_request("the end must be after the start")
    if (until - since) // DAY > MAX_DAYS:
        raise invalid_request(f"requested range is too large (maximum {MAX_DAYS} days)")
    folder = request.get("l")
    mailbox, folder_id = (call.mailbox, None) if folder is None else target(call, folder)
    if folder_id is not None:
        mailbox.check(folder_id, "r")
    reply = response(call)
    for kind in kinds:
        for item in calendar.between(mailbox, kind, folder_id, since, until):
            entry = calendar.read(item)
            found = in_span(mailbox, item, since, until, entry)
            if found or item.starts is None:
                reply.children.append(summary_element(mailbox, item, found, entry, legacy=True))
    return reply


@handles(MAIL, "GetApptSummariesRequest")
def get_appt_summaries(call: Call) -> Reply:
    return _summaries(call, "appointment")


@handles(MAIL, "GetTaskSummariesRequest")
def get_task_summaries(call: Call) -> Reply:
    return _summaries(call, "task")


@handles(MAIL, "GetCalendarItemSummariesRequest")
def get_item_summaries(call: Call) -> Reply:
    return _summaries(call, "appointment", "task")
