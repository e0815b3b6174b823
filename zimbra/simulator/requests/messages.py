"""AddMsg, GetMsg, GetMsgMetadata."""

from __future__ import annotations

import re

from zimbra.simulator.call import Call, NeedsWriting
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.mail import calendar_mail, headers
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.calendar_items import invite_number, located
from zimbra.simulator.requests.invite_messages import add_invite, invite_message
from zimbra.simulator.requests.message_elements import View, of_item, summaries, tag_attributes, whole
from zimbra.simulator.requests.places import target
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import items, messages, tags, uploads
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

MAX_IDS = 10_000


@handles(MAIL, "AddMsgRequest", writes=True)
def add_message(call: Call) -> Reply:
    """A message put into a folder as it is: no filter looks at it."""
    given = call.request.need("m")
    mailbox, folder = target(call, given.require("l"))
    attached = given.get("aid")
    if attached is not None:
        raw = uploads.take(call.db, call.me.account.id, attached).data
    else:
        content = given.find("content")
        if content is None:
            raise invalid_request("missing required element: content")
        raw = content.text.encode("utf-8", "replace")
    try:
        mailbox.target(folder)
    except SoapFault as fault:
        # Unlike other requests, and unlike a path, an id that is no folder's is said to be no item's.
        raise items.not_found("", mailbox.ref(folder)) if fault.code == "mail.NO_SUCH_FOLDER" else fault from None
    made = messages.add(
        mailbox,
        folder,
        raw,
        flags=given.get("f") or "",
        tags=tags.ids_for(mailbox, given.get("tn"), given.get("t")),
        date=moment(given),
    )
    if "v" in made.flags and not given.flag("noICal"):
        calendar_mail.received(call.unit, mailbox, Message.parse(raw), made.id)
    reply = response(call)
    reply.children.append(of_item(mailbox, made.id))
    return reply


def moment(given: Element) -> int | None:
    """`d`: milliseconds, or a date as mail writes it."""
    text = (given.get("d") or "").strip()
    if not text:
        return None
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    found = headers.date(text.encode("utf-8", "replace"))
    if found is None:
        raise invalid_request(f"invalid value for attribute d: {text[:60]}")
    return found


def view_of(given: Element) -> View:
    """How much of a message a request wants, from the attributes GetMsg and Search share."""
    limit = given.number("max")
    return View(
        html=given.flag("html"),
        limit=limit if limit is not None and limit > 0 else None,
        neuter=given.flag("neuter", True),
        headers=tuple(one.attrs["n"] for one in given.all("header") if "n" in one.attrs),
    )


def mark_read(mailbox: Mailbox, item: Item) -> None:
    """Opening marks as read, for who may; for the others nothing changes."""
    if "u" in item.flags and (not mailbox.limited or "w" in mailbox.rights(item.folder)):
        if not mailbox.writable:
            # Most reading changes nothing; what does is done again in a writing transaction.
            raise NeedsWriting
        item.flags = item.flags.replace("u", "")
        items.save(mailbox, item)


@handles(MAIL, "GetMsgRequest")
def get_message(call: Call) -> Reply:
    """One message, whole. mail.NO_SUCH_MSG, mail.NO_SUCH_PART, service.PERM_DENIED."""
    given = call.request.need("m")
    if invite_number(given.require("id")) is not None:
        return _invite(call, given)
    mailbox, number = call.locate(given.require("id"))
    item = items.get(mailbox, number, "message")
    if given.flag("read"):
        mark_read(mailbox, item)
    reply = response(call)
    if given.flag("raw"):
        reply.children.append(_raw(mailbox, item, given.get("part") or ""))
        return reply
    view = view_of(given)
    found = whole(mailbox, item, View(view.html, view.limit, view.neuter, view.headers, given.get("part") or ""))
    found.unique = False
    add_invite(mailbox, item, found)
    reply.children.append(found)
    return reply


def _invite(call: Call, given: Element) -> Reply:
    """An invite of an appointment or a task, named "<item>-<invite>"."""
    mailbox, item, number = located(call, given.require("id"))
    reply = response(call)
    reply.children.append(invite_message(mailbox, item, number or 0, view_of(given)))
    return reply


def _raw(mailbox: Mailbox, item: Item, part: str) -> Reply:
    known = messages.detail(mailbox, item.id)
    reply = Reply("m", {"id": mailbox.ref(item.id), "part": part or None, "l": mailbox.ref(item.folder)})
    reply.attrs.update({"d": known.date, "s": item.size, "cid": mailbox.ref(known.conversation)})
    reply.attrs.update(tag_attributes(mailbox, item))
    reply.content["content"] = headers.text_of(messages.raw(mailbox, item.id))
    return reply


@handles(MAIL, "GetMsgMetadataRequest")
def get_metadata(call: Call) -> Reply:
    """The short forms of some messages, in the order asked for."""
    ids = [one for one in call.request.need("m").require("ids").split(",") if one.strip()]
    if len(ids) > MAX_IDS:
        raise invalid_request("too many ids")
    reply = response(call)
    for one in ids:
        mailbox, number = call.locate(one)
        reply.children += summaries(mailbox, [items.get(mailbox, number, "message")], recipients=2)
    return reply
