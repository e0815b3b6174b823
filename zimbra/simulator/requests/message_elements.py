"""Messages as Zimbra writes them: the short form of lists, and the whole one with its tree of parts.

Source: Zimbra's ToXML (encodeMessageSummary, encodeMessageAsMP, encodeEmail).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.mail import sharenotice
from zimbra.simulator.mail.mime import Message, Part
from zimbra.simulator.requests.draft_notes import draft_attributes
from zimbra.simulator.store import items, messages, tags
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox
from zimbra.simulator.store.messages import Details

_LETTERS = (("f", "from"), ("s", "sender"), ("r", "reply-to"), ("t", "to"), ("c", "cc"), ("b", "bcc"))
_RESENT = (("rf", "resent-from"),)
_RECEIPT = (("n", "disposition-notification-to"),)
_IMAGE = re.compile(r"(<(?:img|input|table|td|body)\b[^>]*?\s)(src|background)(\s*=)", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style|object|embed|applet|iframe)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_HANDLER = re.compile(r"(<[^>]*?)\son\w+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)


@dataclass(frozen=True)
class View:
    """How much of a message is wanted. `limit`: characters of a body, None for all; `headers`: further fields."""

    html: bool = False
    limit: int | None = None
    neuter: bool = True
    headers: tuple[str, ...] = ()
    part: str = ""


def given_name(display: str, address: str) -> str:
    """What a list shows of a person: the first name, or what stands before the @."""
    if not display:
        return address.partition("@")[0]
    last, comma, first = display.partition(",")
    words = (first if comma and first.strip() else last).split()
    return words[0] if words else display


def person(letter: str, display: str, address: str) -> Reply:
    """An `e` element."""
    attrs = {"a": address or None, "d": given_name(display, address), "p": display or None, "t": letter}
    return Reply("e", attrs)


def tag_attributes(mailbox: Mailbox, item: Item, names: dict[int, str] | None = None) -> dict[str, str]:
    """`f`, `t`, `tn` of an item; the ids of tags are for the mailbox's own people only."""
    attrs: dict[str, str] = {}
    if item.flags:
        attrs["f"] = messages.clean_flags(item.flags)
    if item.tags:
        known = tag_names(mailbox) if names is None else names
        ids = [int(one) for one in item.tags.split(",") if one.isdecimal()]
        if not mailbox.limited:
            attrs["t"] = item.tags
        attrs["tn"] = ",".join(known[one] for one in ids if one in known)
    return attrs


def tag_names(mailbox: Mailbox) -> dict[int, str]:
    return {tag.id: tag.name for tag in tags.everything(mailbox)}


def common_attributes(
    mailbox: Mailbox, item: Item, known: Details, names: dict[int, str] | None = None
) -> dict[str, str | int | bool | None]:
    """The attributes of every form of a message."""
    attrs: dict[str, str | int | bool | None] = {
        "s": item.size,
        "d": known.date,
        "l": mailbox.ref(item.folder),
        "cid": mailbox.ref(known.conversation),
        "rev": item.sequence,
        "id": mailbox.ref(item.id),
        "i4uid": known.imap_uid,
        "md": item.changed // 1000,
        "ms": item.sequence,
    }
    attrs.update(tag_attributes(mailbox, item, names))
    return attrs


def summary(
    mailbox: Mailbox, item: Item, known: Details, *, recipients: int = 0, names: dict[int, str] | None = None
) -> Reply:
    """The short form. `recipients`: 0 the sender, 1 those written to when I am the sender, 2 both."""
    reply = Reply("m", common_attributes(mailbox, item, known, names))
    reply.attrs.update(draft_attributes(item))
    listed = known.summary["e"]
    mine = "s" in item.flags or "d" in item.flags
    sent_to = [(letter, *one) for letter in ("t", "c") for one in listed.get(letter, [])]
    shown = [("f", *one) for one in listed.get("f") or listed.get("s") or []]
    if recipients == 2 or (recipients == 1 and mine):
        shown = [*shown, *sent_to] if recipients == 2 else sent_to
    reply.children = [person(*one) for one in shown]
    reply.content["su"] = item.label
    if known.summary["fr"]:
        reply.content["fr"] = known.summary["fr"]
    if known.summary["sd"] is not None:
        reply.attrs["sd"] = known.summary["sd"]
    if known.message_id:
        reply.content["mid"] = known.message_id
    return reply


def summaries(mailbox: Mailbox, found: Iterable[Item], *, recipients: int = 0) -> list[Reply]:
    listed = list(found)
    known = messages.details(mailbox, (item.id for item in listed))
    names = tag_names(mailbox) if any(item.tags for item in listed) else {}
    return [summary(mailbox, item, known[item.id], recipients=recipients, names=names) for item in listed]


def whole(mailbox: Mailbox, item: Item, view: View) -> Reply:
    """The whole message; mail.NO_SUCH_PART for a `part` that is no message in it."""
    known = messages.detail(mailbox, item.id)
    message = Message.parse(messages.raw(mailbox, item.id))
    if view.part:
        part = message.part(view.part)
        if part is None or part.content_type != "message/rfc822":
            raise no_such_part(view.part)
        message = Message.parse(part.data)
        reply = Reply("m", {"id": mailbox.ref(item.id), "part": view.part, "s": len(message.raw)})
    else:
        reply = Reply("m", common_attributes(mailbox, item, known))
        reply.attrs.update(draft_attributes(item))
    letters = [*_LETTERS, *_RESENT, *(() if mailbox.limited else _RECEIPT)]
    reply.children = [person(letter, *one) for letter, name in letters for one in message.addresses(name)]
    if message.fragment:
        reply.content["fr"] = message.fragment
    reply.content["su"] = message.subject
    if message.message_id:
        reply.content["mid"] = message.message_id
    if "d" in item.flags and message.in_reply_to:
        reply.content["irt"] = message.in_reply_to
    if message.date is not None:
        reply.attrs["sd"] = message.date
    if view.headers:
        reply.pair_names = ("header", "n")
        reply.pairs = [(name, value, None) for name in view.headers for value in message.header(name)]
    told = sharenotice.offer(message)
    if told is not None:
        reply.add("shr", unique=True).content["content"] = told
    reply.children.append(parts_element(message, view))
    return reply


def parts_element(message: Message, view: View) -> Reply:
    """The tree of parts (`mp`)."""
    return _part(message.root, _shown(message, html=view.html), view)


def _shown(message: Message, *, html: bool) -> list[Part]:
    """The parts a reader sees at once: of two forms of one text only the one wanted."""
    bodies = message.bodies
    wanted = "text/html" if html else "text/plain"
    if len(bodies) > 1 and any(part.content_type == wanted for part in bodies):
        bodies = [part for part in bodies if part.content_type == wanted]
    more = [
        part
        for part in message.root.children
        if message.root.content_type == "multipart/mixed"
        and part.content_type in ("text/plain", "text/html")
        and not part.disposition
        and not part.filename
        and not any(part is body for body in message.bodies)
    ]
    return [*bodies[:1], *more] if bodies else more


def _part(part: Part, shown: list[Part], view: View) -> Reply:
    number = f"{view.part}.{part.number}" if view.part else part.number
    reply = Reply("mp", {"part": number, "ct": part.content_type})
    if not part.multipart:
        reply.attrs["s"] = part.size
    if part.disposition in ("attachment", "inline"):
        reply.attrs["cd"] = part.disposition
    filename = part.filename
    if not filename and part.content_type == "message/rfc822" and part.children:
        filename = part.children[0].first("Subject")
    if filename:
        reply.attrs["filename"] = filename
    if part.content_id:
        reply.attrs["ci"] = part.content_id
    location = part.first("Content-Location").strip()
    if location:
        reply.attrs["cl"] = location
    if any(part is one for one in shown):
        reply.attrs["body"] = True
        text = part.text
        if part.content_type == "text/html":
            text = defanged(text, neuter=view.neuter)
        if view.limit is not None and len(text) > view.limit:
            text = text[: view.limit]
            reply.attrs["truncated"] = True
        reply.content["content"] = text
    reply.children = [_part(child, shown, view) for child in part.children]
    return reply


def defanged(html: str, *, neuter: bool) -> str:
    """HTML that does nothing by itself; with `neuter` its images wait under another name ("dfsrc")."""
    safe = _SCRIPT.sub("", html)
    while _HANDLER.search(safe):
        safe = _HANDLER.sub(r"\1", safe)
    return _IMAGE.sub(r"\1df\2\3", safe) if neuter else safe


def no_such_part(number: str) -> SoapFault:
    return SoapFault("mail.NO_SUCH_PART", f"No such part number {number[:60]}", part=number[:60])


def of_item(mailbox: Mailbox, item_id: int) -> Reply:
    """The short form of one message, after it was added or changed."""
    item = items.get(mailbox, item_id, "message")
    return summary(mailbox, item, messages.detail(mailbox, item_id), recipients=2)
