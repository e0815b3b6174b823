"""Answers to invitations, proposals of another time, invitations passed on.

Sources: Zimbra's SendInviteReply, CounterCalendarItem, ForwardAppointment.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, perm_denied
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.ical_writer import write_calendar
from zimbra.simulator.formats.invite import Invite, instance_key, read
from zimbra.simulator.formats.moments import Zones, parse_moment
from zimbra.simulator.mail import calendar_mail
from zimbra.simulator.mail.calendar_mail import PARTICIPATION, address_of, is_me, organizes
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.calendar_items import check_version, invite_at, invite_number, located
from zimbra.simulator.requests.components import Wishes, invite_of, stamp
from zimbra.simulator.requests.invite_messages import out_of_date
from zimbra.simulator.requests.letters import Letter, compose, hand_over, read_letter
from zimbra.simulator.requests.outgoing import tell
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.zones import define_all, moment_of, property_of
from zimbra.simulator.store import calendar, items, messages
from zimbra.simulator.store.calendar import Entry, Part, is_public
from zimbra.simulator.store.instances import zones_of
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import CALENDAR, TRASH, Mailbox

_VERBS = {
    "ACCEPT": ("ACCEPTED", "Accepté"), "DECLINE": ("DECLINED", "Refusé"), "TENTATIVE": ("TENTATIVE", "Provisoire"),
    "COMPLETED": ("COMPLETED", "Terminé"), "DELEGATED": ("DELEGATED", "Délégué"),
}  # fmt: skip

# What an answer repeats of what it answers.
_ANSWERED = frozenset({"UID", "ORGANIZER", "SUMMARY", "DTSTART", "DTEND", "DUE"})


def _verb(text: str) -> tuple[str, str]:
    found = _VERBS.get(text.strip().upper())
    if found is None:
        raise invalid_request(f"invalid verb: {text[:40]}")
    return found


@handles(MAIL, "SendInviteReplyRequest", writes=True)
def send_invite_reply(call: Call) -> Reply:
    """Answer an invitation, by the message it came in or by the appointment it made."""
    request = call.request
    status, word = _verb(request.require("verb"))
    text = request.require("id")
    component = request.number("compNum")
    if component is None:
        raise invalid_request("missing required attribute: compNum")
    mailbox, item, part, zones_source = _meant(call, text, declines=status == "DECLINED")
    if component != 0:
        # Each version of an invitation is one component here.
        raise out_of_date(text)
    reply = response(call)
    if item is not None:
        mailbox.check(item.folder, "x")
        if mailbox.limited and not is_public(part.shown) and "p" not in mailbox.rights(item.folder):
            raise perm_denied("cannot reply to a private appointment/task on behalf of another user")
    zones = zones_of(mailbox, zones_source)
    instance = _instance(request, part, zones)
    wanted = _wants_answer(part, mailbox) and request.flag("updateOrganizer", True)
    if item is not None:
        with mailbox.as_server():
            part = _answer(mailbox, item, part, instance, zones, status)
    if wanted and part.shown.get("ORGANIZER") is not None:
        _send(call, mailbox, zones_source, part, instance, status, word)
        if item is not None:
            number = mailbox.ref(item.id)
            reply.attrs = {"calItemId": number, "invId": f"{number}-{part.id}"}
            if item.type == "appointment":
                reply.attrs["apptId"] = number
    if mailbox.account.first("zimbraPrefDeleteInviteOnReply", "TRUE") != "FALSE":
        _throw_away(mailbox, part.id if invite_number(text) is not None else call.locate(text)[1])
    return reply


def _meant(call: Call, text: str, *, declines: bool) -> tuple[Mailbox, Item | None, Part, Entry]:
    """What is answered. An invitation that is not in the calendar yet is put there, unless it is declined."""
    if invite_number(text) is not None:
        mailbox, item, entry, part = invite_at(call, text)
        return mailbox, item, part, entry
    mailbox, number = call.locate(text)
    message = Message.parse(messages.raw(mailbox, number))
    found = calendar_mail.invites_of(message, mailbox.account.first("zimbraPrefTimeZoneId"))
    if not found:
        raise SoapFault("mail.NO_SUCH_CALITEM", f"no such calendar item: {text[:80]}", itemId=text[:80])
    invite = found[0]
    known = items.by_uid(mailbox, invite.uid) if invite.uid else None
    if known is not None and not calendar.in_trash(mailbox, known.folder):
        current = calendar.read(known).at(invite.recurrence_id)
        if current is not None and current.sequence > invite.sequence:
            raise out_of_date(text)
    if known is None and declines:
        part = Part(0, invite.recurrence_id, invite.sequence, invite.method, invite.starts, invite.ends, invite.recurs,
                    invite.component.dump())  # fmt: skip
        return mailbox, None, part, Entry([part], {name: zone.dump() for name, zone in invite.zones.items()})
    with mailbox.as_server():
        kept = calendar_mail.keep(mailbox, invite, number)
    entry = Entry([]) if kept is None else calendar.read(kept)
    answered = entry.at(invite.recurrence_id)
    if answered is None:
        raise out_of_date(text)
    return mailbox, kept, answered, entry


def _instance(request: Element, part: Part, zones: Zones) -> Property | None:
    given = request.find("exceptId")
    if given is None:
        return part.shown.get("RECURRENCE-ID")
    return property_of("RECURRENCE-ID", moment_of(given, zones, define_all(request, zones)))


def _wants_answer(part: Part, mailbox: Mailbox) -> bool:
    """Whether the organizer asked for an answer: of this attendee, or of anybody when he is not named."""
    attendees = list(part.shown.all("ATTENDEE"))
    mine = [one for one in attendees if is_me(one, mailbox.account)] or attendees
    return any(one.params.get("RSVP", "").upper() == "TRUE" for one in mine)


def _answer(mailbox: Mailbox, item: Item, part: Part, instance: Property | None, zones: Zones, status: str) -> Part:
    """Note the answer in the attendee's own copy; of one instance of a series, in an exception made for it."""
    entry = calendar.read(item)
    key = part.key
    if part.recurs and instance is not None:
        key = instance_key(instance, zones)
        if entry.at(key) is None:
            calendar.put(mailbox, item, entry, _exception(part, instance, zones))
    kept = entry.at(key)
    if kept is not None:
        kept.ptst = PARTICIPATION.get(status, "NE")
    own = next((one for one in part.shown.all("ATTENDEE") if is_me(one, mailbox.account)), None)
    address = mailbox.account.name if own is None else address_of(own)
    calendar_mail.answer(mailbox, item, entry, key, address, status, part.sequence, note=False)
    return entry.at(key) or part


def _exception(part: Part, instance: Property, zones: Zones) -> Invite:
    """An instance of a series as an exception that changes nothing."""
    component = part.parsed()
    component.drop("RRULE", "RDATE", "EXRULE", "EXDATE", "DTSTART", "RECURRENCE-ID")
    end_name = "DUE" if component.name == "VTODO" else "DTEND"
    component.properties.append(Property("RECURRENCE-ID", dict(instance.params), instance.value))
    component.properties.append(Property("DTSTART", dict(instance.params), instance.value))
    start, old_start, old_end = instance, part.shown.get("DTSTART"), part.shown.get(end_name)
    if old_start is not None and old_end is not None:
        moment = parse_moment(start, zones)
        length = parse_moment(old_end, zones).local - parse_moment(old_start, zones).local
        component.drop(end_name)
        end = type(moment)(moment.local + length, moment.zone, moment.is_date)
        component.properties.append(property_of(end_name, end))
    head = Component("VCALENDAR", [Property("METHOD", {}, part.method)])
    return read(component, head, zones, asked=True)


def _send(
    call: Call, mailbox: Mailbox, entry: Entry, part: Part, instance: Property | None, status: str, word: str
) -> None:
    """The REPLY to the organizer, in the caller's words or in the server's."""
    old = part.shown
    component = Component(old.name, [one for one in old.properties if one.name in _ANSWERED])
    own = next((one for one in old.all("ATTENDEE") if is_me(one, mailbox.account)), None)
    me = Property("ATTENDEE", {}, f"mailto:{mailbox.account.name}") if own is None else own
    component.properties.append(Property("ATTENDEE", {**me.params, "PARTSTAT": status}, me.value))
    if instance is not None:
        component.properties.append(Property("RECURRENCE-ID", dict(instance.params), instance.value))
    component.put("SEQUENCE", str(part.sequence))
    component.put("DTSTAMP", stamp())
    answer = Part(part.id, part.key, part.sequence, "REPLY", part.starts, part.ends, False, component.dump())
    given = call.request.find("m")
    letter = read_letter(call, given)
    organizer = old.get("ORGANIZER")
    if given is None and organizer is not None:
        letter.people = [("t", address_of(organizer), organizer.params.get("CN", ""))]
        letter.text = f"{word} : {old.text('SUMMARY')}"
    letter.subject = letter.subject or f"{word} : {old.text('SUMMARY')}"
    raw = compose(call, mailbox, letter, write_calendar([Entry([answer], entry.zones)], method="REPLY"), "REPLY")
    hand_over(call, mailbox, raw, letter.addresses)


def _throw_away(mailbox: Mailbox, message_id: int) -> None:
    """The message an answered invitation came in goes to the trash."""
    with mailbox.as_server():
        message = items.find(mailbox, message_id, "message")
        if message is not None and message.folder != TRASH:
            items.move(mailbox, message, TRASH)


def _propose(call: Call, method: str) -> Reply:
    """COUNTER or DECLINECOUNTER: a letter and nothing else."""
    request = call.request
    message = request.need("m")
    mailbox, zones = call.mailbox, zones_of(call.mailbox, Entry([]))
    old: Part | None = None
    if request.get("id") is not None and method == "COUNTER":
        mailbox, item, entry, old = invite_at(call, request.require("id"))
        mailbox.check(item.folder, "x")
        check_version(request, mailbox, item)
        zones = zones_of(mailbox, entry)
    else:
        # What is proposed in another's name takes the right to act in that one's calendar.
        mailbox.check(CALENDAR, "x")
    letter = read_letter(call, message)
    wishes = Wishes(mailbox.account, "appointment", zones, exception=True, text=letter.text, html=letter.html)
    wishes.needs_start = method == "COUNTER"
    invite = invite_of(message.need("inv"), wishes)
    if not invite.uid:
        raise invalid_request("missing uid in a counter invite")
    if invite.component.get("ORGANIZER") is None:
        raise invalid_request("missing organizer in a counter invite")
    for name, prop_name in (("X-MS-OLK-ORIGINALSTART", "DTSTART"), ("X-MS-OLK-ORIGINALEND", "DTEND")):
        before = None if old is None else old.shown.get(prop_name)
        if before is not None:
            invite.component.properties.append(Property(name, dict(before.params), before.value))
    part = Part(0, invite.recurrence_id, invite.sequence, method, invite.starts, invite.ends, invite.recurs,
                invite.component.dump())  # fmt: skip
    sent = Entry([part], {name: zone.dump() for name, zone in invite.zones.items()})
    letter.subject = letter.subject or invite.name
    raw = compose(call, mailbox, letter, write_calendar([sent], method=method), method)
    hand_over(call, mailbox, raw, letter.addresses)
    return response(call)


@handles(MAIL, "CounterAppointmentRequest", writes=True)
def counter_appointment(call: Call) -> Reply:
    return _propose(call, "COUNTER")


@handles(MAIL, "DeclineCounterAppointmentRequest", writes=True)
def decline_counter(call: Call) -> Reply:
    return _propose(call, "DECLINECOUNTER")


@handles(MAIL, "ForwardAppointmentRequest", writes=True)
def forward_appointment(call: Call) -> Reply:
    """Send an appointment, or one instance of it, to somebody else."""
    request = call.request
    mailbox, item, _ = located(call, request.require("id"))
    letter = read_letter(call, request.need("m"))
    entry = calendar.read(item)
    parts = [part for part in entry.parts if not part.cancelled]
    given = request.find("exceptId")
    if given is not None:
        zones = zones_of(mailbox, entry)
        instance = property_of("RECURRENCE-ID", moment_of(given, zones, define_all(request, zones)))
        key = instance_key(instance, zones)
        there = entry.at(key)
        if there is None:
            made = _exception(entry.first, instance, zones)
            there = Part(0, key, made.sequence, made.method, made.starts, made.ends, False, made.component.dump())
        parts = [there]
    letter.subject = letter.subject or item.label
    organizer = entry.first.shown.get("ORGANIZER")
    tell(call, mailbox, item, parts, letter, method="REQUEST", to=letter.addresses, organizer=organizer)
    if not organizes(entry.first.shown, mailbox.account):
        _tell_of_forwarding(call, mailbox, item, letter, entry.first)
    return response(call)


def _tell_of_forwarding(call: Call, mailbox: Mailbox, item: Item, letter: Letter, part: Part) -> None:
    organizer = part.shown.get("ORGANIZER")
    if organizer is None:
        return
    names = ", ".join(letter.addresses)
    note = Letter(f"Réunion transférée : {item.label}", f"Votre réunion a été transférée à {names}.")
    note.people = [("t", address_of(organizer), "")]
    tell(call, mailbox, item, [part], note, method="PUBLISH", to=note.addresses)


@handles(MAIL, "ForwardAppointmentInviteRequest", writes=True)
def forward_invite(call: Call) -> Reply:
    """Send the invitation in a message to somebody else."""
    request = call.request
    mailbox, number = call.locate(request.require("id"))
    message = Message.parse(messages.raw(mailbox, number))
    letter = read_letter(call, request.need("m"))
    part = message.invite
    if part is None:
        raise SoapFault("mail.NO_SUCH_CALITEM", f"no such calendar item: {number}", itemId=number)
    letter.subject = letter.subject or message.subject
    method = part.parameters.get("method", "REQUEST").upper()
    invites = calendar_mail.invites_of(message, mailbox.account.first("zimbraPrefTimeZoneId"))
    organizer = invites[0].component.get("ORGANIZER") if invites else None
    raw = compose(call, mailbox, letter, part.text, method, organizer=organizer)
    hand_over(call, mailbox, raw, letter.addresses)
    return response(call)
