"""Creating and changing appointments and tasks, and the only mail of the calendar that is asked for.

Whoever stands in `m/e` is written to. That is why a migration must not use these requests: ImportAppointments and REST
never send anything. Sources: Zimbra's CreateCalendarItem, ModifyCalendarItem, CreateCalendarItemException.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, perm_denied
from zimbra.simulator.formats.ical import Property
from zimbra.simulator.formats.ical_writer import write_calendar
from zimbra.simulator.formats.invite import Invite
from zimbra.simulator.mail.calendar_mail import address_of, organizes
from zimbra.simulator.requests.calendar_items import check_version, id_of, invite_at, is_loose, note_loose
from zimbra.simulator.requests.components import Wishes, invite_of, new_uid
from zimbra.simulator.requests.invite_messages import invite_message, out_of_date
from zimbra.simulator.requests.invites import others_attend
from zimbra.simulator.requests.letters import Letter, compose, hand_over, read_letter
from zimbra.simulator.requests.message_elements import View
from zimbra.simulator.requests.places import target
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.zones import define_all
from zimbra.simulator.store import calendar, items
from zimbra.simulator.store.calendar import Entry, Part, is_public
from zimbra.simulator.store.instances import zones_of
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import CALENDAR, TASKS, Mailbox


def must_be_organizer(request: str) -> SoapFault:
    return SoapFault("mail.MUST_BE_ORGANIZER", f"You must be the Organizer of the appointment to perform {request}")


def _prepared(call: Call, message: Element, wishes: Wishes) -> tuple[Letter, Invite]:
    letter = read_letter(call, message)
    wishes.text, wishes.html = letter.text, letter.html
    # Some programs describe the zones beside the invitation and not in it.
    define_all(message, wishes.zones)
    invite = invite_of(message.need("inv"), wishes)
    invite.files = bool(letter.files)
    letter.subject = letter.subject or invite.name
    return letter, invite


def _check_private(mailbox: Mailbox, folder: int, invite: Invite) -> None:
    """In another's calendar, only who may see what is private may write it."""
    if mailbox.limited and not is_public(invite.component) and "p" not in mailbox.rights(folder):
        raise perm_denied("private appointment or task on behalf of another user")


def _check_organizer(call: Call, mailbox: Mailbox, invite: Invite, letter: Letter) -> None:
    own = mailbox.account.addresses()
    if not organizes(invite.component, mailbox.account) and any(one not in own for one in letter.addresses):
        raise must_be_organizer(call.request.name.removesuffix("Request"))


def _mark_sent(invite: Invite, mailbox: Mailbox, letter: Letter, *, before: bool = True) -> None:
    """Whether the attendees have ever been told; `before`: what it is when nobody is told now."""
    waiting = organizes(invite.component, mailbox.account) and others_attend(invite.component)
    invite.unsent = waiting and not letter.addresses and before


def answered(call: Call, mailbox: Mailbox, item: Item, part: Part) -> Reply:
    """The ids of what was kept, and the thing itself when `echo` asks for it."""
    number = mailbox.ref(item.id)
    reply = response(call)
    reply.attrs = {"calItemId": number}
    if item.type == "appointment":
        reply.attrs["apptId"] = number
    reply.attrs.update({"invId": f"{number}-{part.id}", "ms": item.sequence, "rev": item.sequence})
    if call.request.flag("echo"):
        view = View(html=call.request.flag("html"), neuter=call.request.flag("neuter", True))
        reply.add("echo").children.append(invite_message(mailbox, item, part.id, view))
    elif is_loose(call.request):
        reply.children.append(invite_message(mailbox, item, part.id, View()))
    return reply


def tell(
    call: Call,
    mailbox: Mailbox,
    item: Item,
    parts: list[Part],
    letter: Letter,
    *,
    method: str,
    to: list[str],
    organizer: Property | None = None,
) -> None:
    """Write to people about some parts of an item; in the name of the `organizer` when one is given."""
    entry = calendar.read(item)
    sent = Entry([_without_alarms(part) for part in parts], entry.zones)
    raw = compose(call, mailbox, letter, write_calendar([sent], method=method), method, organizer=organizer)
    hand_over(call, mailbox, raw, to)


def _without_alarms(part: Part) -> Part:
    component = part.parsed()
    component.children = []
    return Part(part.id, part.key, part.sequence, part.method, part.starts, part.ends, part.recurs, component.dump())


def keep_files(call: Call, mailbox: Mailbox, item: Item, part: Part, letter: Letter) -> None:
    if part.files:
        entry = Entry([part], calendar.read(item).zones)
        raw = compose(call, mailbox, letter, write_calendar([entry], method=part.method), part.method)
        calendar.keep_message(mailbox, item, part.id, raw)


def _create(call: Call, kind: str) -> Reply:
    message = call.request.need("m")
    mailbox, folder = target(call, message.get("l") or str(TASKS if kind == "task" else CALENDAR))
    if is_loose(call.request):
        note_loose(call.request)
    wishes = Wishes(mailbox.account, kind, zones_of(mailbox, Entry([])))
    letter, invite = _prepared(call, message, wishes)
    if calendar.in_trash(mailbox, folder):
        raise invalid_request("cannot create a calendar item under trash")
    mailbox.target(folder)
    _check_private(mailbox, folder, invite)
    _check_organizer(call, mailbox, invite, letter)
    if not invite.uid:
        invite.uid = new_uid()
        invite.component.put("UID", invite.uid)
    _mark_sent(invite, mailbox, letter)
    call.service.disturbances.item_created(invite.name)
    added = calendar.add(mailbox, folder, invite)
    if added is None:
        raise invalid_request("nothing to create")
    item, part = _kept(mailbox, added.item, added.invite)
    keep_files(call, mailbox, item, part, letter)
    if letter.addresses:
        tell(call, mailbox, item, [part], letter, method=invite.method, to=letter.addresses)
    return answered(call, mailbox, item, part)


def _kept(mailbox: Mailbox, item_id: int, invite_id: int) -> tuple[Item, Part]:
    item = items.get(mailbox, item_id)
    part = calendar.read(item).part(invite_id)
    if part is None:
        raise out_of_date(f"{item_id}-{invite_id}")
    return item, part


@handles(MAIL, "CreateAppointmentRequest", writes=True)
def create_appointment(call: Call) -> Reply:
    return _create(call, "appointment")


@handles(MAIL, "CreateTaskRequest", writes=True)
def create_task(call: Call) -> Reply:
    return _create(call, "task")


def _moving_to(call: Call, message: Element, mailbox: Mailbox, item: Item) -> tuple[Mailbox, int] | None:
    """The folder an item is moved to by the way; service.INVALID_REQUEST for the trash."""
    if calendar.in_trash(mailbox, item.folder):
        raise invalid_request("cannot modify a calendar item under trash")
    given = message.get("l")
    if given is None:
        return None
    other, folder = target(call, given)
    if other is mailbox and folder == item.folder:
        return None
    if calendar.in_trash(other, folder):
        raise invalid_request("cannot combine with a move to trash")
    return other, folder


def _removed(old: Part, invite: Invite) -> list[str]:
    """The attendees a new version leaves out."""
    staying = {address_of(one).lower() for one in invite.component.all("ATTENDEE")}
    return [address for one in old.shown.all("ATTENDEE") if (address := address_of(one).lower()) not in staying]


def _modify(call: Call) -> Reply:
    text = id_of(call.request)
    mailbox, item, entry, old = invite_at(call, text)
    message = call.request.need("m")
    moving = _moving_to(call, message, mailbox, item)
    check_version(call.request, mailbox, item)
    mailbox.check(item.folder, "w")
    zones = zones_of(mailbox, entry)
    # A change of an exception may name the instance, which stays what it is.
    wishes = Wishes(mailbox.account, item.type, zones, exception=bool(old.key), recurrence=not old.key)
    letter, invite = _prepared(call, message, wishes)
    invite.uid = item.uid or ""
    invite.component.put("UID", invite.uid)
    instance = old.shown.get("RECURRENCE-ID")
    invite.component.drop("RECURRENCE-ID")
    if instance is not None:
        invite.component.properties.append(instance)
    invite.recurrence_id = old.key
    _check_private(mailbox, item.folder, invite)
    _check_organizer(call, mailbox, invite, letter)
    organizing = organizes(invite.component, mailbox.account)
    removed = _removed(old, invite) if organizing and organizes(old.shown, mailbox.account) else []
    _raise_sequence(invite, entry, old, organizing=organizing, further=bool(removed))
    _mark_sent(invite, mailbox, letter, before=old.unsent or not others_attend(old.shown))
    if removed and not old.unsent:
        _dismiss(call, mailbox, item, old, removed)
    if not organizing:
        invite.ptst = old.ptst
    part = calendar.put(mailbox, item, entry, invite)
    keep_files(call, mailbox, item, part, letter)
    if letter.addresses:
        parts = [one for one in entry.parts if not one.cancelled] if not part.key else [part]
        tell(call, mailbox, item, parts, letter, method="REQUEST", to=letter.addresses)
    if moving is not None:
        return _moved(call, mailbox, item, part, *moving)
    return answered(call, mailbox, item, part)


def _raise_sequence(invite: Invite, entry: Entry, old: Part, *, organizing: bool, further: bool) -> None:
    """An organizer's change counts up; what an attendee changes in his copy does not."""
    sequence = old.sequence
    if organizing:
        series = 0 if entry.parts[0].key else entry.parts[0].sequence
        sequence = max(invite.sequence, old.sequence + 1, series) + (1 if further else 0)
    else:
        stamp = old.shown.get("DTSTAMP")
        if stamp is not None:
            invite.component.put("DTSTAMP", stamp.value)
    set_sequence(invite, sequence)


def set_sequence(invite: Invite, sequence: int) -> None:
    invite.sequence = sequence
    invite.component.put("SEQUENCE", str(sequence))


def _dismiss(call: Call, mailbox: Mailbox, item: Item, part: Part, addresses: list[str]) -> None:
    """Tell the attendees who are left out that for them it is cancelled."""
    component = part.parsed()
    component.put("STATUS", "CANCELLED")
    component.put("SEQUENCE", str(part.sequence + 1))
    gone = Part(part.id, part.key, part.sequence + 1, "CANCEL", part.starts, part.ends, part.recurs, component.dump())
    name = component.text("SUMMARY")
    letter = Letter(f"Annulé : {name}", "Vous ne faites plus partie des participants de cette réunion.")
    letter.people = [("t", address, "") for address in addresses]
    tell(call, mailbox, item, [gone], letter, method="CANCEL", to=addresses)


def _moved(call: Call, mailbox: Mailbox, item: Item, part: Part, other: Mailbox, folder: int) -> Reply:
    if other is mailbox:
        items.move(mailbox, item, folder)
        return answered(call, mailbox, item, part)
    made = calendar.hand_to(mailbox, item, other, folder)
    return answered(call, other, made, part)


@handles(MAIL, "ModifyAppointmentRequest", writes=True)
def modify_appointment(call: Call) -> Reply:
    return _modify(call)


@handles(MAIL, "ModifyTaskRequest", writes=True)
def modify_task(call: Call) -> Reply:
    return _modify(call)


def _create_exception(call: Call) -> Reply:
    text = id_of(call.request)
    mailbox, item, entry, series = invite_at(call, text)
    message = call.request.need("m")
    moving = _moving_to(call, message, mailbox, item)
    check_version(call.request, mailbox, item)
    if series.key:
        raise out_of_date(text)
    if not series.recurs:
        raise invalid_request(f"calendar item {item.id} is not a recurring calendar item")
    mailbox.check(item.folder, "w")
    wishes = Wishes(mailbox.account, item.type, zones_of(mailbox, entry), exception=True, recurrence=False)
    letter, invite = _prepared(call, message, wishes)
    if not invite.recurrence_id:
        raise invalid_request("missing required element: exceptId")
    invite.uid = item.uid or ""
    invite.component.put("UID", invite.uid)
    organizer = series.shown.get("ORGANIZER")
    invite.component.drop("ORGANIZER")
    if organizer is not None:
        invite.component.properties.append(organizer)
    _check_private(mailbox, item.folder, invite)
    _check_organizer(call, mailbox, invite, letter)
    set_sequence(invite, max(invite.sequence, series.sequence + 1))
    removed = _removed(series, invite) if organizes(invite.component, mailbox.account) else []
    _mark_sent(invite, mailbox, letter, before=series.unsent)
    part = calendar.put(mailbox, item, entry, invite)
    keep_files(call, mailbox, item, part, letter)
    if removed and not series.unsent:
        _dismiss(call, mailbox, item, part, removed)
    if letter.addresses:
        tell(call, mailbox, item, [part], letter, method="REQUEST", to=letter.addresses)
    if moving is not None:
        return _moved(call, mailbox, item, part, *moving)
    return answered(call, mailbox, item, part)


@handles(MAIL, "CreateAppointmentExceptionRequest", writes=True)
def create_appointment_exception(call: Call) -> Reply:
    return _create_exception(call)


@handles(MAIL, "CreateTaskExceptionRequest", writes=True)
def create_task_exception(call: Call) -> Reply:
    return _create_exception(call)
