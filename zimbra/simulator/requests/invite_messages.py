"""Invites as messages: `GetMsg` of "<item>-<invite>", and what a message with an invitation says of it."""

from __future__ import annotations

from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.invite import Invite
from zimbra.simulator.mail.calendar_mail import invites_of
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.invites import ITEM_NAMES, add_answers, component_element, year_of
from zimbra.simulator.requests.message_elements import View, parts_element, person, tag_attributes
from zimbra.simulator.requests.zones import add_zones
from zimbra.simulator.store import calendar, items, messages
from zimbra.simulator.store.calendar import Part, may_see
from zimbra.simulator.store.instances import zones_of
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

_LETTERS = (("f", "from"), ("s", "sender"), ("r", "reply-to"), ("t", "to"), ("c", "cc"), ("b", "bcc"))


def out_of_date(reference: str) -> SoapFault:
    return SoapFault("mail.INVITE_OUT_OF_DATE", f"Invite out of date: {reference[:100]}", itemId=reference[:100])


def invite_message(mailbox: Mailbox, item: Item, part_id: int, view: View) -> Reply:
    """One invite of an appointment or task in the form of a message; mail.INVITE_OUT_OF_DATE when there is none."""
    entry = calendar.read(item)
    part = entry.part(part_id)
    if part is None:
        raise out_of_date(f"{item.id}-{part_id}")
    element = Reply("m", {"s": item.size, "d": item.changed, "l": mailbox.ref(item.folder)})
    element.attrs.update(tag_attributes(mailbox, item))
    element.attrs.update({"rev": item.sequence, "md": item.changed // 1000, "ms": item.sequence})
    element.attrs["id"] = f"{mailbox.ref(item.id)}-{part.id}"
    seen = may_see(mailbox, item.folder, part.shown)
    raw = calendar.message_of(mailbox, item, part.id) if part.files and seen else None
    message = None if raw is None else Message.parse(raw)
    if message is not None:
        element.children = [person(letter, *one) for letter, name in _LETTERS for one in message.addresses(name)]
        element.content["su"] = message.subject
        if message.date is not None:
            element.attrs["sd"] = message.date
    invite = element.add("inv", {"type": ITEM_NAMES[item.type]})
    zones = zones_of(mailbox, entry)
    add_zones(invite, part.shown, zones, year_of(part))
    if seen:
        add_answers(invite, [one for one in entry.answers if one.key == part.key])
    invite.children.append(component_element(mailbox, part, item.type, zones, item))
    if message is not None:
        element.children.append(parts_element(message, view))
    return element


def invite_in(mailbox: Mailbox, message: Message) -> Reply | None:
    """The `inv` of a message with an invitation, a cancellation or an answer; None for other messages.

    An invitation that a newer one has overtaken is not shown any more.
    """
    found = invites_of(message, mailbox.account.first("zimbraPrefTimeZoneId"))
    if not found:
        return None
    element = Reply("inv")
    for invite in found:
        item = items.by_uid(mailbox, invite.uid) if invite.uid else None
        if item is not None and (item.type != invite.kind or "r" not in mailbox.rights(item.folder)):
            item = None
        if item is not None and _overtaken(mailbox, item, invite):
            continue
        _describe(element, mailbox, invite, item)
    return element


def add_invite(mailbox: Mailbox, item: Item, element: Reply) -> None:
    """Put into the element of a message what `invite_in` says of it, before its parts."""
    if "v" not in item.flags or "part" in element.attrs:
        return
    invite = invite_in(mailbox, Message.parse(messages.raw(mailbox, item.id)))
    if invite is not None:
        places = [position for position, child in enumerate(element.children) if child.name == "mp"]
        element.children.insert(places[0] if places else len(element.children), invite)


def _overtaken(mailbox: Mailbox, item: Item, invite: Invite) -> bool:
    if invite.method not in ("REQUEST", "PUBLISH") or calendar.in_trash(mailbox, item.folder):
        return False
    current = calendar.read(item).at(invite.recurrence_id)
    return current is not None and current.sequence > invite.sequence


def _describe(element: Reply, mailbox: Mailbox, invite: Invite, item: Item | None) -> None:
    part = Part(
        0, invite.recurrence_id, invite.sequence, invite.method, invite.starts, invite.ends, invite.recurs,
        invite.component.dump(),
    )  # fmt: skip
    entry = calendar.Entry([part], {name: zone.dump() for name, zone in invite.zones.items()})
    zones = zones_of(mailbox, entry)
    element.attrs["type"] = ITEM_NAMES[invite.kind]
    add_zones(element, part.shown, zones, year_of(part))
    element.children.append(component_element(mailbox, part, invite.kind, zones, item))
    if item is not None and invite.method in ("REQUEST", "PUBLISH"):
        add_answers(element, [one for one in calendar.read(item).answers if one.key == part.key])
