"""SetAppointment and SetTask: a whole item at once, as migrations write it; AddAppointmentInvite. Nobody is told.

Source: Zimbra's SetCalendarItem and AddAppointmentInvite.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import failure, invalid_request
from zimbra.simulator.formats.invite import Invite
from zimbra.simulator.formats.occurrences import instant_of
from zimbra.simulator.mail import calendar_mail
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.components import PARTICIPATION, Wishes, invite_of, new_uid
from zimbra.simulator.requests.letters import read_letter
from zimbra.simulator.requests.outgoing import keep_files
from zimbra.simulator.requests.places import target
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import calendar, items, tags, uploads
from zimbra.simulator.store.calendar import Answer, Entry
from zimbra.simulator.store.instances import zones_of
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import CALENDAR, TASKS, Mailbox


def _given_invite(call: Call, mailbox: Mailbox, given: Element, kind: str, *, exception: bool) -> Invite:
    """One `default`, `except` or `cancel`: by its `inv`, or by the calendar part of a message inline or uploaded."""
    message = given.need("m")
    described, raw = message.find("inv"), _raw(call, message)
    if described is not None:
        letter = read_letter(call, message)
        zones = zones_of(mailbox, Entry([]))
        wishes = Wishes(mailbox.account, kind, zones, exception=exception, text=letter.text, html=letter.html)
        wishes.needs_start = given.name != "cancel"
        return invite_of(described, wishes)
    found = [] if raw is None else calendar_mail.invites_of(Message.parse(raw), zones_of(mailbox, Entry([])).local)
    if not found:
        raise failure("SetCalendarItem could not build an iCalendar object")
    return found[0]


def _raw(call: Call, message: Element) -> bytes | None:
    if message.get("aid") is not None:
        return uploads.take(call.db, call.me.account.id, message.require("aid")).data
    content = message.find("content")
    return None if content is None else content.text.encode("utf-8", "replace")


def _participation(given: Element) -> str:
    ptst = given.get("ptst") or "NE"
    if ptst not in PARTICIPATION:
        raise invalid_request(f"invalid value for attribute ptst: {ptst[:20]}")
    return ptst


def _set(call: Call, kind: str) -> Reply:
    request = call.request
    mailbox, folder = target(call, request.get("l") or str(TASKS if kind == "task" else CALENDAR))
    mailbox.target(folder)
    invites: list[tuple[str, Invite]] = []
    for name in ("default", "except", "cancel"):
        for given in request.all(name):
            invite = _given_invite(call, mailbox, given, kind, exception=name != "default")
            invite.ptst = _participation(given)
            if name == "cancel":
                invite.method, invite.recurs = "CANCEL", False
                if not invite.uid:
                    raise invalid_request("missing uid in a cancel invite")
            if name != "default" and not invite.recurrence_id:
                raise invalid_request("missing required element: exceptId")
            invites.append((name, invite))
    if not invites:
        raise invalid_request("no default/except/cancel specified")
    uid = next((invite.uid for _, invite in invites if invite.uid), "") or new_uid()
    item = _replace(mailbox, folder, kind, uid, [invite for _, invite in invites])
    item.flags = request.get("f") or item.flags
    item.tags = tags.ids_for(mailbox, request.get("tn"), request.get("t")) or item.tags
    entry = calendar.read(item)
    _put_replies(request, entry)
    if request.flag("noNextAlarm"):
        entry.dismissed = mailbox.now
    calendar.save(mailbox, item, entry)
    reply = response(call)
    for name, invite in invites:
        part = entry.at(invite.recurrence_id)
        if part is not None:
            shown = reply.add("default" if name == "default" else "except", {"id": mailbox.ref(part.id)})
            instance = invite.component.get("RECURRENCE-ID")
            if name != "default" and instance is not None:
                shown.attrs = {"recurId": instance.value, **shown.attrs}
    reply.attrs["calItemId"] = mailbox.ref(item.id)
    if kind == "appointment":
        reply.attrs["apptId"] = mailbox.ref(item.id)
    return reply


def _replace(mailbox: Mailbox, folder: int, kind: str, uid: str, invites: list[Invite]) -> Item:
    """The item of that UID with these invites and no others, in the folder."""
    for invite in invites:
        invite.uid = uid
        invite.component.put("UID", uid)
    item = items.by_uid(mailbox, uid)
    if item is None:
        first = invites[0]
        method, first.method = first.method, "PUBLISH"
        added = calendar.add(mailbox, folder, first)
        if added is None:
            raise failure("nothing to set")
        first.method = method
        item = items.get(mailbox, added.item)
    elif item.folder != folder:
        items.move(mailbox, item, folder)
    entry = calendar.read(item)
    keys = {invite.recurrence_id for invite in invites}
    for invite in invites:
        calendar.put(mailbox, item, entry, invite)
    entry.parts = [part for part in entry.parts if part.key in keys]
    calendar.save(mailbox, item, entry)
    return item


def _put_replies(request: Element, entry: Entry) -> None:
    """`replies`, when given, take the place of those there are."""
    given = request.find("replies")
    if given is None:
        return
    entry.answers = []
    for one in given.all("reply"):
        instance = one.get("ridZ") or one.get("recurId")
        key = next((part.key for part in entry.parts if instance and _names(part.key, instance)), "")
        stamp, sequence = one.number("d"), one.number("seq", 0) or 0
        if stamp is None:
            raise invalid_request("missing required attribute: d")
        entry.answers.append(Answer(one.require("at"), one.get("ptst") or "NE", sequence, stamp, key))


def _names(key: str, instance: str) -> bool:
    return bool(key) and instant_of(key) == instance


@handles(MAIL, "SetAppointmentRequest", writes=True)
def set_appointment(call: Call) -> Reply:
    return _set(call, "appointment")


@handles(MAIL, "SetTaskRequest", writes=True)
def set_task(call: Call) -> Reply:
    return _set(call, "task")


def _add_invite(call: Call, kind: str) -> Reply:
    mailbox = call.mailbox
    ptst = _participation(call.request)
    invite = _given_invite(call, mailbox, call.request, kind, exception=True)
    if not invite.uid:
        raise invalid_request("missing uid in an add invite")
    invite.ptst = ptst
    reply = response(call)
    item = items.by_uid(mailbox, invite.uid)
    current = None if item is None else calendar.read(item).at(invite.recurrence_id)
    if current is not None and current.sequence > invite.sequence:
        return reply
    mailbox.check(CALENDAR if item is None else item.folder, "w")
    kept = calendar_mail.keep(mailbox, invite, None)
    part = None if kept is None else calendar.read(kept).at(invite.recurrence_id)
    if kept is not None and part is not None:
        keep_files(call, mailbox, kept, part, read_letter(call, None))
        reply.attrs = {"calItemId": mailbox.ref(kept.id), "invId": part.id, "compNum": 0}
    return reply


@handles(MAIL, "AddAppointmentInviteRequest", writes=True)
def add_appointment_invite(call: Call) -> Reply:
    return _add_invite(call, "appointment")


@handles(MAIL, "AddTaskInviteRequest", writes=True)
def add_task_invite(call: Call) -> Reply:
    return _add_invite(call, "task")
