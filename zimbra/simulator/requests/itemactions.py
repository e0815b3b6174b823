"""ItemAction and its relatives of one kind each: delete, trash, move, copy, tag, flag, read, update.

Each id may be that of another's item ("<account id>:257"): the operation is done there, as far as the caller's rights
go. Moving into another mailbox is a copy and a deletion. Source: Zimbra's ItemActionHelper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.folderitems import act_on_folder
from zimbra.simulator.requests.places import target
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import copies, items, messages, tags
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import DRAFTS, INBOX, JUNK, SENT, TRASH, Mailbox

MAX_IDS = 10_000

_FLAGS = {"flag": "f", "read": "u", "priority": "+", "note": "t", "mute": "("}
_OPERATIONS = frozenset({"delete", "trash", "move", "spam", "copy", "tag", "update", "color", "hard", *_FLAGS})


@dataclass
class Done:
    """What was done: ids as the caller wrote them, those that were not there, those of the copies made."""

    ids: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    created: list[str] = field(default_factory=list)


def act(call: Call, kind: str) -> Reply:
    """Apply one operation to items of one kind ("" for any); deleting what is gone is no error, all else is."""
    action = call.request.need("action")
    operation = operation_of(action)
    given = [one for one in action.require("id").split(",") if one]
    if not given or len(given) > MAX_IDS:
        raise invalid_request("missing required attribute: id" if not given else "too many ids")
    done = Done()
    for text in given:
        mailbox, number = call.locate(text)
        found = _chosen(mailbox, number, kind)
        if found is None:
            if not kind and _is_folder(mailbox, number):
                act_on_folder(call, mailbox, number, operation, action)
                done.ids.append(text)
                continue
            if operation != "delete":
                raise items.not_found(kind, text)
            done.missing.append(text)
            continue
        for item in found:
            if affected(mailbox, item, action):
                apply(call, mailbox, item, operation, action, done)
        done.ids.append(text)
    return answer(call, action, operation, done)


def operation_of(action: Element) -> str:
    """The operation in lower case; service.INVALID_REQUEST for one that there is not."""
    operation = action.require("op").lower()
    if operation.removeprefix("!") not in _OPERATIONS:
        raise invalid_request(f"unknown operation: {operation[:60]}")
    return operation


def answer(call: Call, action: Element, operation: str, done: Done) -> Reply:
    """The answer of every action; `nei` and `nci` when asked for."""
    attrs: dict[str, str | int | bool | None] = {"id": ",".join(done.ids), "op": operation}
    if action.flag("nei") and operation == "delete":
        attrs["nei"] = ",".join(done.missing)
    if action.flag("nci") and operation == "copy":
        attrs["nci"] = ",".join(done.created)
    reply = response(call)
    reply.add("action", attrs, unique=True)
    return reply


def _chosen(mailbox: Mailbox, number: int, kind: str) -> list[Item] | None:
    """The item, or the messages of a conversation when any kind will do; None when there is none."""
    if not kind:
        found = messages.of_conversation(mailbox, messages.conversation_number(mailbox, number))
        if found:
            return found
    item = items.find(mailbox, number, kind)
    return None if item is None else [item]


def _is_folder(mailbox: Mailbox, number: int) -> bool:
    row = mailbox.db.execute("SELECT 1 FROM folders WHERE mbox = ? AND id = ?", (mailbox.num, number)).fetchone()
    return row is not None


_CONSTRAINTS = {TRASH: "t", JUNK: "j", SENT: "s", DRAFTS: "d"}


def affected(mailbox: Mailbox, item: Item, action: Element) -> bool:
    """Whether `tcon` lets the operation touch an item: letters of the folders meant, "-" for all but those.

    service.INVALID_REQUEST for other letters.
    """
    constraint = action.attrs.get("tcon", "")
    if not constraint:
        return True
    if not re.fullmatch("-?[tjsdo]+", constraint):
        raise invalid_request(f"invalid target constraint: {constraint[:40]}")
    letters = constraint.lstrip("-")
    letter = _CONSTRAINTS.get(item.folder, "o")
    if letter == "o" and _is_below(mailbox, item.folder, TRASH):
        letter = "t"
    return (letter in letters) != constraint.startswith("-")


def _is_below(mailbox: Mailbox, folder: int, top: int) -> bool:
    while folder not in (top, 1, 11):
        row = mailbox.db.execute(
            "SELECT parent FROM folders WHERE mbox = ? AND id = ?", (mailbox.num, folder)
        ).fetchone()
        if row is None:
            return False
        folder = int(row[0])
    return folder == top


def apply(call: Call, mailbox: Mailbox, item: Item, operation: str, action: Element, done: Done) -> None:
    """One operation on one item."""
    base = operation.removeprefix("!")
    if base in ("delete", "hard"):
        items.delete(mailbox, item.id)
    elif base in ("trash", "move", "spam"):
        _move(call, mailbox, item, operation, action, done)
    elif base == "copy":
        place, folder = target(call, action.require("l"))
        copied = copies.copy(mailbox, item, place, folder)
        done.created.append(place.ref(copied.id))
    elif base in _FLAGS:
        letter = _FLAGS[base]
        # "read" clears the unread letter; the others set theirs.
        wanted = operation.startswith("!") if base == "read" else not operation.startswith("!")
        _set_flag(mailbox, item, letter, on=wanted)
    elif base == "tag":
        _tag(mailbox, item, action, on=not operation.startswith("!"))
    elif base == "update":
        _update(call, mailbox, item, action, done)
    else:
        items.save(mailbox, item)


def _set_flag(mailbox: Mailbox, item: Item, letter: str, *, on: bool) -> None:
    mailbox.check(item.folder, "w")
    if (letter in item.flags) != on:
        item.flags = item.flags.replace(letter, "") + (letter if on else "")
        items.save(mailbox, item)


def _move(call: Call, mailbox: Mailbox, item: Item, operation: str, action: Element, done: Done) -> None:
    if operation == "trash":
        # What is in another's mailbox goes into that one's trash.
        items.move(mailbox, item, TRASH)
        return
    if operation in ("spam", "!spam") and "l" not in action.attrs:
        items.move(mailbox, item, JUNK if operation == "spam" else INBOX)
        return
    place, folder = target(call, action.require("l"))
    if place is mailbox:
        items.move(mailbox, item, folder)
        return
    mailbox.check(item.folder, "d")
    copied = copies.copy(mailbox, item, place, folder, moved=True)
    items.delete(mailbox, item.id)
    done.created.append(place.ref(copied.id))


def _update(call: Call, mailbox: Mailbox, item: Item, action: Element, done: Done) -> None:
    if action.attrs.get("l"):
        _move(call, mailbox, item, "move", action, done)
        if items.find(mailbox, item.id) is None:
            return
    changed = False
    if "f" in action.attrs:
        kept = "".join(letter for letter in item.flags if letter in "av")
        item.flags = messages.clean_flags(action.attrs["f"] + kept) if item.type == "message" else action.attrs["f"]
        changed = True
    if "tn" in action.attrs or "t" in action.attrs:
        item.tags = tags.ids_for(mailbox, action.attrs.get("tn"), action.attrs.get("t"))
        changed = True
    if changed or "l" not in action.attrs:
        items.save(mailbox, item)


def _tag(mailbox: Mailbox, item: Item, action: Element, *, on: bool) -> None:
    names, numbers = action.attrs.get("tn"), action.attrs.get("tag") or action.attrs.get("t")
    if not names and not numbers:
        raise invalid_request("missing required attribute: tn")
    mailbox.check(item.folder, "w")
    if not names and numbers in _OLD_FLAGS:
        # Old clients name flags by the numbers of their tags.
        letter = _OLD_FLAGS[numbers]
        _set_flag(mailbox, item, letter, on=on)
        return
    if not on and names:
        # What has no such tag loses nothing.
        found = [tag for one in names.split(",") if (tag := tags.by_name(mailbox, one)) is not None]
        given = [str(tag.id) for tag in found]
    else:
        given = tags.ids_for(mailbox, names, numbers).split(",")
        if given == [""]:
            raise SoapFault("mail.NO_SUCH_TAG", f"no such tag: {(names or numbers or '')[:100]}")
    kept = [one for one in item.tags.split(",") if one and one not in given]
    item.tags = ",".join([*kept, *given] if on else kept)
    items.save(mailbox, item)


_OLD_FLAGS = {"-1": "s", "-3": "r", "-4": "w", "-6": "f", "-10": "u"}


@handles(MAIL, "ItemActionRequest", writes=True)
def item_action(call: Call) -> Reply:
    return act(call, "")


@handles(MAIL, "MsgActionRequest", writes=True)
def message_action(call: Call) -> Reply:
    return act(call, "message")
