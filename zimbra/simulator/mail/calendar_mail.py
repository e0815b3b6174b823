"""Invitations that come by mail: what they do to the calendar of who gets them.

A REQUEST becomes a tentative appointment, a CANCEL takes it away, a REPLY is noted in the organizer's copy. Sources:
Zimbra's Message.java (processInvite) and CalendarItem.java.
"""

from __future__ import annotations

import logging

from zimbra.simulator.call import Unit
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.ical import Component, Property, parse
from zimbra.simulator.formats.invite import KINDS, Invite, read, zones_of
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store import accounts, calendar, items, rights
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.calendar import Answer, Entry
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import CALENDAR, TASKS, Mailbox

log = logging.getLogger("zimbra.simulator")

PARTICIPATION = {
    "NEEDS-ACTION": "NE", "ACCEPTED": "AC", "DECLINED": "DE", "TENTATIVE": "TE", "DELEGATED": "DG", "COMPLETED": "CO",
    "IN-PROCESS": "IN", "X-ZIMBRA-WAITING": "WA", "X-ZIMBRA-DEFERRED": "DF",
}  # fmt: skip


def address_of(prop: Property) -> str:
    """The address of an ORGANIZER or ATTENDEE, without "mailto:"."""
    value = prop.value.strip()
    return value[7:] if value[:7].lower() == "mailto:" else value


def is_me(prop: Property, account: Account) -> bool:
    return address_of(prop).lower() in account.addresses()


def organizes(component: Component, account: Account) -> bool:
    """Whether the account is the organizer; of what has none, everybody is."""
    organizer = component.get("ORGANIZER")
    return organizer is None or is_me(organizer, account)


def invites_of(message: Message, local_zone: str) -> list[Invite]:
    """The invites in the calendar part of a message; none when there is no such part or it cannot be read."""
    part = message.invite
    if part is None or "method" not in part.parameters:
        return []
    found: list[Invite] = []
    try:
        for one in parse(part.text):
            zones = zones_of(one, local_zone)
            found.extend(read(component, one, zones) for component in one.children if component.name in KINDS)
    except SoapFault as fault:
        log.warning("ignoring an invitation that cannot be read: %s", fault)
        return []
    return found


def received(unit: Unit, mailbox: Mailbox, message: Message, item_id: int | None = None) -> None:
    """Do to the calendar what a message asks for, which was stored as `item_id`. Never raises a SoapFault."""
    account = mailbox.account
    invites = invites_of(message, account.first("zimbraPrefTimeZoneId"))
    with mailbox.as_server():
        for invite in invites:
            try:
                take(mailbox, invite, item_id if len(invites) == 1 else None)
            except SoapFault as fault:
                log.warning("ignoring an invitation: UID:%s: %s", invite.uid, fault)


def take(mailbox: Mailbox, invite: Invite, number: int | None) -> None:
    """One invite, with the number of the message it came in."""
    account = mailbox.account
    item = items.by_uid(mailbox, invite.uid) if invite.uid else None
    if invite.method == "REPLY":
        if item is not None:
            _note(mailbox, item, invite)
        return
    # What one has sent oneself comes back by lists; it changes nothing.
    if invite.method not in ("REQUEST", "CANCEL") or organizes(invite.component, account):
        return
    # Nor does anybody else change what one organizes oneself.
    if item is not None and _invites(calendar.read(item), account):
        return
    if invite.method == "CANCEL":
        if item is not None and not calendar.in_trash(mailbox, item.folder):
            calendar.cancel(mailbox, item, calendar.read(item), invite)
        return
    if item is None and account.first("zimbraPrefCalendarAutoAddInvites", "TRUE") == "FALSE":
        return
    organizer = invite.component.get("ORGANIZER")
    sender = None if organizer is None else accounts.by_address(mailbox.db, address_of(organizer))
    if rights.may(mailbox.db, sender, account, "invite"):
        keep(mailbox, invite, number)


def _invites(entry: Entry, account: Account) -> bool:
    """Whether an entry names its keeper as the organizer."""
    organizer = entry.first.shown.get("ORGANIZER")
    return organizer is not None and is_me(organizer, account)


def keep(mailbox: Mailbox, invite: Invite, number: int | None) -> Item | None:
    """Put an invitation into the calendar, with the reminder its keeper wants, where it is already or by default."""
    item = items.by_uid(mailbox, invite.uid) if invite.uid else None
    invite.number = number
    if not organizes(invite.component, mailbox.account):
        set_reminder(invite, mailbox.account)
    away = item is None or calendar.in_trash(mailbox, item.folder)
    folder = (TASKS if invite.kind == "task" else CALENDAR) if away or item is None else item.folder
    if item is not None and away:
        # Thrown away before: what it was is forgotten, the invitation counts.
        entry = calendar.read(item)
        items.move(mailbox, item, folder)
        calendar.put(mailbox, item, entry, invite)
        return item
    added = calendar.add(mailbox, folder, invite, stay=item is not None)
    return None if added is None else items.find(mailbox, added.item)


def set_reminder(invite: Invite, account: Account) -> None:
    """The alarms of an invitation are its organizer's; the keeper has his own, some minutes before, or none."""
    minutes = account.first("zimbraPrefCalendarApptReminderWarningTime", "5")
    invite.component.children = []
    if minutes.isdecimal() and 0 < int(minutes) < 100_000 and invite.starts is not None and invite.kind != "task":
        alarm = Component("VALARM", [Property("ACTION", {}, "DISPLAY"), Property("TRIGGER", {}, f"-PT{int(minutes)}M")])
        alarm.properties.append(Property("DESCRIPTION", {}, "Reminder"))
        invite.component.children.append(alarm)


def _note(mailbox: Mailbox, item: Item, invite: Invite) -> None:
    """An answer to the whole or to one instance, in the organizer's copy."""
    entry = calendar.read(item)
    replying = invite.component.get("ATTENDEE")
    if replying is None or not organizes(entry.first.parsed(), mailbox.account):
        return
    part = entry.at(invite.recurrence_id)
    if part is not None and invite.sequence < part.sequence:
        return
    status = replying.params.get("PARTSTAT", "NEEDS-ACTION").upper()
    answer(mailbox, item, entry, invite.recurrence_id, address_of(replying), status, invite.sequence)


def answer(
    mailbox: Mailbox,
    item: Item,
    entry: Entry,
    key: str,
    attendee: str,
    status: str,
    sequence: int,
    *,
    note: bool = True,
) -> None:
    """Set what an attendee answered (`status` as iCalendar calls it); `note`: keep it among the answers received."""
    part = entry.at(key)
    if part is not None:
        component = part.parsed()
        for prop in component.all("ATTENDEE"):
            if address_of(prop).lower() == attendee.lower():
                prop.params["PARTSTAT"] = status
                break
        else:
            component.properties.append(Property("ATTENDEE", {"PARTSTAT": status}, f"mailto:{attendee}"))
        part.component = component.dump()
    if note:
        kept = [one for one in entry.answers if (one.attendee.lower(), one.key) != (attendee.lower(), key)]
        ptst = PARTICIPATION.get(status, "NE")
        entry.answers = [*kept, Answer(attendee, ptst, sequence, mailbox.now, key)]
    calendar.save(mailbox, item, entry)
