"""What filters want done, done: copies stored with their flags and tags, letters written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, parseaddr

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.sieve.outcome import (
    Ereject,
    FileInto,
    Keep,
    Notify,
    NotifyByMail,
    Outcome,
    Redirect,
    Reject,
    Reply,
)
from zimbra.simulator.mail import building, compose
from zimbra.simulator.mail.compose import note, one_line, prefixed
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store import folders, messages, tags
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

FORWARDED = "X-Zimbra-Forwarded"

# Sender and recipient addresses, and the bytes.
Send = Callable[[str, str, bytes], None]


class Refused(Exception):
    """A filter refuses the message while it is handed over; the text is for its sender."""


def flags_with(flags: str, names: list[str]) -> str:
    """Letters of a new message after the flags a filter names."""
    for name in names:
        lower = name.lower().lstrip("\\")
        if lower in ("read", "seen"):
            flags = flags.replace("u", "")
        elif lower == "unread":
            flags += "u"
        elif lower in ("flagged", "flag"):
            flags += "f"
        elif lower == "priority":
            flags += "+"
    return messages.clean_flags(flags)


def file(
    mailbox: Mailbox, message: Message, outcome: Outcome, default: int, *, flags: str, content: str = ""
) -> list[Item]:
    """The copies a filter keeps, at most one in each folder; `default` is where the message would be without it."""
    made: dict[int, Item] = {}
    for action in outcome.actions:
        if isinstance(action, FileInto):
            folder = _folder(mailbox, action.path, default)
        elif isinstance(action, Keep):
            folder = default
        else:
            continue
        if folder in made:
            continue
        tag_ids = tags.ids_for(mailbox, ",".join(outcome.tags), None)
        made[folder] = messages.add(
            mailbox,
            folder,
            message.raw,
            flags=flags_with(flags, outcome.flags),
            tags=tag_ids,
            message=message,
            content=content,
        )
    return list(made.values())


def _folder(mailbox: Mailbox, path: str, default: int) -> int:
    """The folder of a path, made when it is missing; `default` when that can't be."""
    try:
        return folders.by_path(mailbox, path).id
    except SoapFault:
        try:
            return folders.create(mailbox, path, None, view="message").id
        except SoapFault:
            return default


def answer(mailbox: Mailbox, message: Message, outcome: Outcome, sender: str, send: Send) -> None:
    """The letters a filter asks for: passed on, answers, notices, refusals. Raises Refused."""
    account = mailbox.account
    for action in outcome.actions:
        if isinstance(action, Redirect):
            send(sender or account.name, action.address, prefixed(message.raw, (FORWARDED, account.name)))
        elif isinstance(action, Reply) and sender:
            send(account.name, sender, _letter(mailbox, message, sender, action.text, f"Re: {message.subject}"))
        elif isinstance(action, Notify):
            fields = _copied(message, action.headers)
            text = _filled(action.text, message)
            if action.size >= 0:
                text = text.encode()[: action.size].decode("utf-8", "ignore")
            subject = _filled(action.subject, message) or message.subject
            send(account.name, action.address, _letter(mailbox, message, action.address, text, subject, fields))
        elif isinstance(action, NotifyByMail):
            for address in action.to:
                send(account.name, address, _notice(mailbox, message, address, action))
        elif isinstance(action, Reject) and sender:
            send("", sender, _refusal(mailbox, message, sender, action.text))
        elif isinstance(action, Ereject):
            raise Refused(action.text)


def _notice(mailbox: Mailbox, message: Message, recipient: str, action: NotifyByMail) -> bytes:
    """Source: RFC 5436, section 2.7: what the mailto address says is part of the letter, save what identifies it."""
    account = mailbox.account
    display, sender = parseaddr(action.sender)
    letter = note(
        sender=sender or account.name,
        display=display,
        recipient=recipient,
        subject=action.message or next(iter(action.field("subject")), message.subject),
        text="\n".join(action.field("body")),
        fields={"Auto-Submitted": f'auto-notified; owner-email="{account.name}"', FORWARDED: account.name},
    )
    importance = {"1": "High", "3": "Low"}.get(action.importance)
    fields = [("Importance", importance)] if importance else []
    for name, value in action.fields:
        if name.lower() not in _NOT_BY_ADDRESS and re.fullmatch(r"[!-9;-~]+", name):
            # The first letter of a name is made a capital, the others stay as the script has them.
            shown = name[:1].upper() + name[1:]
            fields.append((shown, value if value.isascii() else Header(one_line(value), "utf-8", 900).encode()))
    return prefixed(letter, *fields)


def _refusal(mailbox: Mailbox, message: Message, recipient: str, reason: str) -> bytes:
    """What tells the sender that a message is refused: a notice of what became of it (RFC 5429, section 2.2)."""
    account = mailbox.account
    said = f"Votre message a été refusé par les filtres de son destinataire :\n\n{reason}\n"
    told = [("Final-Recipient", f"rfc822; {account.name}")]
    if message.message_id:
        told.append(("Original-Message-ID", one_line(message.message_id)))
    told.append(("Disposition", "automatic-action/MDN-sent-automatically; deleted"))
    fields = [
        ("Date", format_datetime(datetime.now(UTC))),
        ("From", compose.mailbox("", account.name)),
        ("To", compose.mailbox("", recipient)),
        ("Subject", "Disposition notification"),
        ("Message-ID", compose.new_message_id()),
        ("Auto-Submitted", "auto-replied (zimbra; filter)"),
        (FORWARDED, account.name),
    ]
    report = building.Piece((("Content-Type", "message/disposition-notification"),), building.head(told))
    ((name, kind),), body = astuple(building.frame("report", [building.text("text/plain", said), report]))
    return building.message(fields, building.Piece(((name, f"{kind}; report-type=disposition-notification"),), body))


def _letter(
    mailbox: Mailbox, message: Message, recipient: str, text: str, subject: str, fields: dict[str, str] | None = None
) -> bytes:
    account = mailbox.account
    more = {"Auto-Submitted": "auto-replied (zimbra; filter)", **(fields or {})}
    if message.message_id:
        more.setdefault("In-Reply-To", message.message_id)
    display = account.first("zimbraPrefFromDisplay") or account.first("displayName")
    return note(sender=account.name, display=display, recipient=recipient, subject=subject, text=text, fields=more)


_OWN = frozenset({"from", "to", "subject", "date", "message-id", "in-reply-to", "auto-submitted", "mime-version"})

_NOT_BY_ADDRESS = _OWN - {"in-reply-to"} | {
    "cc", "bcc", "body", FORWARDED.lower(), "content-type", "content-transfer-encoding", "received", "return-path",
}  # fmt: skip


def _copied(message: Message, names: tuple[str, ...]) -> dict[str, str]:
    """Fields of the message by name, "*" for all, but those a letter has of its own and those that say its form."""
    wanted = {name.lower() for name in names}
    found: dict[str, str] = {}
    for name, _ in message.root.fields:
        lower = name.lower()
        if (lower in wanted or "*" in wanted) and lower not in _OWN and not lower.startswith(("content-", "received")):
            found[name] = message.root.first(name)
    return found


def _filled(text: str, message: Message) -> str:
    """A template of a notice: ${SUBJECT}, ${FROM}, ${BODY} and the like stand for what the message says."""
    if "${" not in text:
        return text
    for name, value in (
        ("SUBJECT", message.subject),
        ("FROM", message.root.first("From")),
        ("TO", message.root.first("To")),
        ("BODY", message.plain),
    ):
        text = text.replace(f"${{{name}}}", value).replace(f"${{{name.lower()}}}", value)
    return text
