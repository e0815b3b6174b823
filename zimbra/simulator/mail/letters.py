"""The letters filters ask for: messages passed on, answers, notices, refusals.

Source: Zimbra's FilterUtil and ZimbraMailAdapter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, parseaddr

from zimbra.simulator.formats.sieve.context import MAX_FILLED
from zimbra.simulator.formats.sieve.outcome import (
    Action,
    Ereject,
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
from zimbra.simulator.store.mailbox import Mailbox

# A field that names who has passed a message on, so that it does not go in circles.
FORWARDED = "X-Zimbra-Forwarded"

# Sender and recipient addresses, and the bytes.
Send = Callable[[str, str, bytes], None]
# Keeps a copy of what is sent; what it gives back is sent, if anything.
Keeping = Callable[[bytes], bytes | None]


class Refused(Exception):
    """A filter refuses the message while it is handed over; the text is for its sender."""


def answer(mailbox: Mailbox, message: Message, outcome: Outcome, sender: str, send: Send, keeping: Keeping) -> None:
    """Send the letters of an outcome that `possible` has gone through; `sender` is that of the envelope.

    Of an answer a copy is kept, as of what the owner writes; not of what is passed on, nor of notices. Raises Refused.
    """
    account = mailbox.account
    by_machine = _by_machine(message, sender)
    envelope = "" if by_machine else account.name
    for action in outcome.actions:
        if isinstance(action, Redirect):
            send(envelope, action.address, prefixed(message.raw, (FORWARDED, account.name)))
        elif isinstance(action, Reply) and not by_machine:
            letter = keeping(_reply(mailbox, message, action.text))
            if letter is not None:
                send(account.name, answered_to(message), letter)
        elif isinstance(action, Notify):
            send(envelope, action.address, _old_notice(mailbox, message, action))
        elif isinstance(action, NotifyByMail):
            for address in action.to:
                send(account.name, address, _notice(mailbox, message, address, action))
        elif isinstance(action, Reject):
            send("", sender, _refusal(mailbox, message, sender, action.text))
        elif isinstance(action, Ereject):
            raise Refused(action.text)


def possible(mailbox: Mailbox, message: Message, outcome: Outcome, sender: str) -> Outcome:
    """The outcome with Keep in place of letters that cannot be sent, so that the message is not lost.

    A letter would go in circles when the owner of the mailbox has handed the message on before, or has had a notice
    written about it; an answer and a refusal need somebody to go to.
    """
    me = mailbox.account.name
    forbidden: set[type[Action]] = set()
    if was_handed_on(message, me):
        forbidden |= {Redirect, Reply, Notify, NotifyByMail, Reject}
    if any(f'owner-email="{me}"' in value.lower() for value in message.header("Auto-Submitted")):
        forbidden.add(NotifyByMail)
    if not sender:
        forbidden.add(Reject)
    if not answered_to(message):
        forbidden.add(Reply)
    return kept_for(outcome, tuple(forbidden))


def was_handed_on(message: Message, address: str) -> bool:
    """Whether a message has come through the filters or the forwarding of this address before."""
    return address in [value.strip().lower() for value in message.header(FORWARDED)]


def kept_for(outcome: Outcome, kinds: tuple[type[Action], ...]) -> Outcome:
    """The outcome with Keep in place of some kinds of actions."""
    return replace(outcome, actions=[Keep() if isinstance(one, kinds) else one for one in outcome.actions])


def answered_to(message: Message) -> str:
    """The address an answer to a message goes to, "" when it names nobody."""
    people = (address for name in ("reply-to", "sender", "from") for _, address in message.addresses(name))
    return next((address for address in people if "@" in address), "")


def _by_machine(message: Message, sender: str) -> bool:
    """Whether it is a notice, which is neither answered nor answers for."""
    written = next(iter(message.header("Auto-Submitted")), "no").partition(";")[0].strip().lower()
    return not sender or written != "no" or message.root.content_type == "multipart/report"


def _handed_on(mailbox: Mailbox, message: Message) -> list[tuple[str, str]]:
    """The fields of a letter that say through whose filters its cause has come."""
    return [(FORWARDED, name) for name in (*message.header(FORWARDED), mailbox.account.name)]


def _reply(mailbox: Mailbox, message: Message, text: str) -> bytes:
    account = mailbox.account
    fields = {"Auto-Submitted": "auto-replied (zimbra; filter)"}
    if message.message_id:
        fields["In-Reply-To"] = message.message_id
    letter = note(
        sender=account.name,
        display=_display(mailbox),
        recipient=answered_to(message),
        subject=message.subject if message.subject.lower().startswith("re:") else f"Re: {message.subject}",
        text=_filled(text, message),
        fields=fields,
    )
    return prefixed(letter, *_handed_on(mailbox, message))


def _old_notice(mailbox: Mailbox, message: Message, action: Notify) -> bytes:
    """A notice in Zimbra's own way: fields it takes over from the message stand instead of its own."""
    text = _filled(action.text, message)
    if action.size >= 0:
        text = text.encode()[: action.size].decode("utf-8", "ignore")
    copied = _copied(message, action.headers)
    own = [
        ("Date", format_datetime(datetime.now(UTC))),
        ("From", compose.mailbox(_display(mailbox), mailbox.account.name)),
        ("To", compose.mailbox("", action.address)),
        ("Subject", building.text_value(_filled(action.subject, message))),
        ("Message-ID", compose.new_message_id()),
        ("Auto-Submitted", "auto-generated (zimbra; filter)"),
    ]
    taken = {name.lower() for name, _ in copied}
    if "*" in action.headers:
        taken.add("subject")
    fields = [*_handed_on(mailbox, message), *(one for one in own if one[0].lower() not in taken), *copied]
    return building.message(fields, building.text("text/plain", text))


def _display(mailbox: Mailbox) -> str:
    return mailbox.account.first("zimbraPrefFromDisplay") or mailbox.account.first("displayName")


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
        fields={"Auto-Submitted": f'auto-notified; owner-email="{account.name}"'},
    )
    importance = {"1": "High", "3": "Low"}.get(action.importance)
    fields = [("Importance", importance)] if importance else []
    for name, value in action.fields:
        if name.lower() not in _NOT_BY_ADDRESS and re.fullmatch(r"[!-9;-~]+", name):
            # The first letter of a name is made a capital, the others stay as the script has them.
            shown = name[:1].upper() + name[1:]
            fields.append((shown, value if value.isascii() else Header(one_line(value), "utf-8", 900).encode()))
    return prefixed(letter, *_handed_on(mailbox, message), *fields)


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
        *_handed_on(mailbox, message),
    ]
    report = building.Piece((("Content-Type", "message/disposition-notification"),), building.head(told))
    ((name, kind),), body = astuple(building.frame("report", [building.text("text/plain", said), report]))
    return building.message(fields, building.Piece(((name, f"{kind}; report-type=disposition-notification"),), body))


_NOT_BY_ADDRESS = frozenset(
    {"from", "to", "cc", "bcc", "subject", "date", "message-id", "auto-submitted", "mime-version", "body",
     "content-type", "content-transfer-encoding", "received", "return-path", FORWARDED.lower()}
)  # fmt: skip


def _copied(message: Message, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Fields of the message by name, "*" for all, but those that say its form and its way."""
    wanted = {name.lower() for name in names}
    found: list[tuple[str, str]] = []
    for name, _ in message.root.fields:
        lower = name.lower()
        if (lower in wanted or "*" in wanted) and not lower.startswith(_ABOUT_FORM) and name not in dict(found):
            found += [(name, building.text_value(value)) for value in message.root.header(name)]
    return found


_ABOUT_FORM = ("content-", "mime-version", "received", "return-path", FORWARDED.lower())


def _filled(text: str, message: Message) -> str:
    """A template: ${subject} and ${body} stand for those of the message, ${name} for the fields of that name, if any.

    What is beyond MAX_FILLED characters is left out. Source: FilterUtil.getVarsMap.
    """
    left = MAX_FILLED

    def value(match: re.Match[str]) -> str:
        nonlocal left
        name = match[1].lower()
        if name == "subject":
            found = message.subject
        else:
            found = message.plain if name == "body" else ",".join(message.header(name))
        found = found[:left]
        left -= len(found)
        return found

    return re.sub(r"\$\{([^){}]+)\}", value, text)
