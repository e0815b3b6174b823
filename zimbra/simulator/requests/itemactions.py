"""ItemAction and its relatives of one kind each: delete, trash, move, copy, tag, flag, read, update."""

from __future__ import annotations

import copy

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import items, tags
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import INBOX, JUNK, TRASH

_FLAGS = {"flag": "f", "read": "u", "priority": "!"}


def act(call: Call, kind: str) -> Reply:
    """Apply one operation to items of one kind ("" for any); deleting what is gone is no error, all else is."""
    action = call.request.need("action")
    operation = action.require("op").lower()
    ids = call.item_ids(action.require("id"))
    done: list[int] = []
    missing: list[int] = []
    created: list[int] = []
    for item_id in ids:
        item = items.find(call.mailbox, item_id, kind)
        if item is None:
            if operation != "delete":
                raise items.not_found(kind, item_id)
            missing.append(item_id)
            continue
        _apply(call, item, operation, action, created)
        done.append(item_id)
    reply = response(call)
    attrs: dict[str, str | int | bool | None] = {"id": ",".join(map(str, done)), "op": operation}
    if action.flag("nei") and operation == "delete":
        attrs["nei"] = ",".join(map(str, missing))
    if action.flag("nci") and created:
        attrs["nci"] = ",".join(map(str, created))
    reply.add("action", attrs, unique=True)
    return reply


def _apply(call: Call, item: Item, operation: str, action: Element, created: list[int]) -> None:
    mailbox = call.mailbox
    base = operation.removeprefix("!")
    if base == "delete":
        items.delete(mailbox, item.id)
    elif base in ("trash", "move", "spam"):
        target = action.attrs.get("l")
        if base == "trash":
            folder = TRASH
        elif base == "spam" and target is None:
            folder = JUNK if operation == "spam" else INBOX
        else:
            folder = call.item_id(action.require("l"))
        items.move(mailbox, item, folder)
    elif base == "copy":
        created.append(_copy(call, item, mailbox.target(call.item_id(action.require("l")))))
    elif base in _FLAGS:
        letter = _FLAGS[base]
        # "read" clears the unread letter; the two others set theirs.
        wanted = operation.startswith("!") if base == "read" else not operation.startswith("!")
        item.flags = item.flags.replace(letter, "") + (letter if wanted else "")
        items.save(mailbox, item)
    elif base == "tag":
        _tag(call, item, action, on=not operation.startswith("!"))
    elif base == "update":
        if "l" in action.attrs:
            items.move(mailbox, item, call.item_id(action.attrs["l"]))
        if "f" in action.attrs:
            item.flags = action.attrs["f"]
        if "tn" in action.attrs or "t" in action.attrs:
            item.tags = tags.ids_for(mailbox, action.attrs.get("tn"), action.attrs.get("t"))
        items.save(mailbox, item)
    elif base == "color":
        items.save(mailbox, item)
    else:
        raise invalid_request(f"unknown operation: {operation[:60]}")


def _copy(call: Call, item: Item, folder: int) -> int:
    mailbox = call.mailbox
    if item.uid is not None:
        raise SoapFault("mail.CANNOT_COPY", f"cannot copy item: {item.id}", itemId=item.id)
    double = copy.copy(item)
    double.id, double.folder, double.sequence, double.changed = (
        mailbox.next_id(), folder, mailbox.next_sequence(), mailbox.now,
    )  # fmt: skip
    items.insert(mailbox, double)
    for attachment in items.attachments(mailbox, item.id):
        items.attach(mailbox, double.id, attachment)
    mailbox.forget_counts()
    return double.id


def _tag(call: Call, item: Item, action: Element, *, on: bool) -> None:
    given = tags.ids_for(call.mailbox, action.attrs.get("tn"), action.attrs.get("tag") or action.attrs.get("t"))
    if not given:
        raise invalid_request("missing required attribute: tn")
    kept = [one for one in item.tags.split(",") if one and one not in given.split(",")]
    item.tags = ",".join([*kept, *given.split(",")] if on else kept)
    items.save(call.mailbox, item)


@handles(MAIL, "ItemActionRequest", writes=True)
def item_action(call: Call) -> Reply:
    return act(call, "")


@handles(MAIL, "MsgActionRequest", writes=True)
def message_action(call: Call) -> Reply:
    return act(call, "message")
