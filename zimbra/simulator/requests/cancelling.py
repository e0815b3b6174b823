"""Cancelling an appointment or a task, or one instance of a series.

A whole one goes to the trash; an instance stays in its series as cancelled. The attendees are told: those of `m`, or
all of them when the organizer cancels without a letter of his own. Source: Zimbra's CancelCalendarItem.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.invite import Invite, read
from zimbra.simulator.mail.calendar_mail import address_of, organizes
from zimbra.simulator.requests.calendar_items import id_of, invite_at, invite_number
from zimbra.simulator.requests.components import stamp
from zimbra.simulator.requests.letters import Letter, read_letter
from zimbra.simulator.requests.outgoing import must_be_organizer, tell
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.zones import define_all, moment_of, property_of
from zimbra.simulator.store import calendar
from zimbra.simulator.store.calendar import Entry, Part
from zimbra.simulator.store.instances import zones_of
from zimbra.simulator.store.mailbox import Mailbox

_KEPT = frozenset(
    {"UID", "SUMMARY", "LOCATION", "ORGANIZER", "ATTENDEE", "CLASS", "TRANSP", "DESCRIPTION", "X-ALT-DESC"}
)


def cancellation(mailbox: Mailbox, entry: Entry, part: Part, instance: Property | None) -> Invite:
    """The CANCEL of a part, or of one instance of a series."""
    old = part.shown
    component = Component(old.name, [prop for prop in old.properties if prop.name in _KEPT])
    recurrence = instance or old.get("RECURRENCE-ID")
    if recurrence is not None:
        component.properties.append(recurrence)
    if instance is not None:
        component.properties.append(Property("DTSTART", dict(instance.params), instance.value))
    else:
        component.properties.extend(one for one in old.properties if one.name in ("DTSTART", "DTEND", "DUE"))
    component.put("STATUS", "CANCELLED")
    component.put("DTSTAMP", stamp())
    component.put("SEQUENCE", str(part.sequence + 1))
    head = Component("VCALENDAR", [Property("METHOD", {}, "CANCEL")])
    return read(component, head, zones_of(mailbox, entry), asked=True)


def _letter(call: Call, given: Element | None, part: Part, *, organizing: bool) -> Letter:
    letter = read_letter(call, given)
    if given is None:
        letter.text = "Cette réunion est annulée."
        letter.people = [("t", address_of(one), "") for one in part.shown.all("ATTENDEE")] if organizing else []
    letter.subject = letter.subject or f"Annulé : {part.shown.text('SUMMARY')}"
    return letter


def _cancel(call: Call) -> Reply:
    request = call.request
    text = id_of(request)
    if request.get("id") is not None and invite_number(text) is None:
        raise invalid_request('missing invId subpart: id should be specified as "item-inv"')
    mailbox, item, entry, part = invite_at(call, text)
    if calendar.in_trash(mailbox, item.folder):
        raise invalid_request("cannot cancel a calendar item under trash")
    given = request.find("inst")
    instance = None
    zones = zones_of(mailbox, entry)
    if given is not None:
        instance = property_of("RECURRENCE-ID", moment_of(given, zones, define_all(request, zones)))
    else:
        part = entry.first
    invite = cancellation(mailbox, entry, part, instance)
    organizing = organizes(part.shown, mailbox.account)
    letter = _letter(call, request.find("m"), part, organizing=organizing)
    own = mailbox.account.addresses()
    if not organizing and any(address not in own for address in letter.addresses):
        raise must_be_organizer("CancelCalendarItem")
    gone = Part(
        part.id, invite.recurrence_id, invite.sequence, "CANCEL", invite.starts, invite.ends, False,
        invite.component.dump(),
    )  # fmt: skip
    if given is None:
        invite.recurrence_id = ""
    calendar.cancel(mailbox, item, entry, invite)
    if letter.addresses:
        tell(call, mailbox, item, [gone], letter, method="CANCEL", to=letter.addresses)
    return response(call)


@handles(MAIL, "CancelAppointmentRequest", writes=True)
def cancel_appointment(call: Call) -> Reply:
    return _cancel(call)


@handles(MAIL, "CancelTaskRequest", writes=True)
def cancel_task(call: Call) -> Reply:
    return _cancel(call)
