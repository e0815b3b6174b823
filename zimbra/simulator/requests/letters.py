"""`m` of a calendar request: texts, files and people, and the letter that carries an invitation to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.formats.ical import Property
from zimbra.simulator.mail import delivery
from zimbra.simulator.mail.calendar_mail import address_of
from zimbra.simulator.mail.compose import mailbox as address_field
from zimbra.simulator.mail.compose import new_message_id, one_line
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.calendar_items import invite_number
from zimbra.simulator.requests.message_elements import no_such_part
from zimbra.simulator.store import calendar, items, messages, uploads
from zimbra.simulator.store.mailbox import SENT, Mailbox

_POLICY = SMTP.clone(raise_on_defect=False)
_FIELDS = {"t": "To", "c": "Cc", "b": "Bcc"}
MAX_DEPTH = 10


@dataclass(frozen=True)
class File:
    name: str
    content_type: str
    data: bytes


@dataclass
class Letter:
    """`people`: (t, c or b; address; name). `texts`: whether a text was given at all."""

    subject: str = ""
    text: str = ""
    html: str = ""
    people: list[tuple[str, str, str]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    @property
    def addresses(self) -> list[str]:
        return list(dict.fromkeys(address.lower() for _, address, _ in self.people))


def read_letter(call: Call, given: Element | None) -> Letter:
    """What an `m` says. Faults: mail.NO_SUCH_UPLOAD, mail.NO_SUCH_PART, mail.NO_SUCH_MSG, service.INVALID_REQUEST."""
    letter = Letter()
    if given is None:
        return letter
    letter.subject = one_line(given.get("su") or "")
    for person in given.all("e"):
        kind = person.get("t") or "t"
        if kind in _FIELDS:
            letter.people.append((kind, one_line(person.require("a")).strip("<> "), person.get("p") or ""))
    for part in given.all("mp"):
        _read_part(letter, part, 0)
    for attach in given.all("attach"):
        _read_files(call, letter, attach)
    return letter


def _read_part(letter: Letter, part: Element, depth: int) -> None:
    kind = (part.get("ct") or "text/plain").lower().partition(";")[0].strip()
    if kind.startswith("multipart/"):
        if depth > MAX_DEPTH:
            raise invalid_request("parts are nested too deeply")
        for child in part.all("mp"):
            _read_part(letter, child, depth + 1)
        return
    text = part.get("content") or ""
    if kind == "text/html":
        letter.html = letter.html or text
    elif kind == "text/plain":
        letter.text = letter.text or text


def _read_files(call: Call, letter: Letter, attach: Element) -> None:
    for aid in (attach.get("aid") or "").split(","):
        if aid.strip():
            upload = uploads.take(call.db, call.me.account.id, aid.strip())
            letter.files.append(File(upload.filename, upload.content_type, upload.data))
    for given in attach.all("mp"):
        letter.files.append(_part_of(call, given.require("mid"), given.require("part")))
    for given in attach.all("m"):
        mailbox, number = call.locate(given.require("id"))
        letter.files.append(File("message.eml", "message/rfc822", messages.raw(mailbox, number)))


def _part_of(call: Call, message_id: str, number: str) -> File:
    """A part of a message or of an invite that is there already."""
    mailbox, item_id = call.locate(message_id)
    invite = invite_number(message_id)
    if invite is None:
        raw: bytes | None = messages.raw(mailbox, item_id)
    else:
        raw = calendar.message_of(mailbox, items.get(mailbox, item_id), invite)
    part = None if raw is None else Message.parse(raw).part(number)
    if part is None:
        raise no_such_part(number)
    return File(part.filename, part.content_type, part.data)


def compose(
    call: Call, mailbox: Mailbox, letter: Letter, ics: str, method: str, *, organizer: Property | None = None
) -> bytes:
    """The letter of an invitation, an answer or a cancellation, with its calendar part.

    It comes from the keeper of the mailbox, or from the `organizer` of what is only passed on.
    """
    owner, caller = mailbox.account, call.me.account
    message = EmailMessage(policy=_POLICY)
    message["Date"] = format_datetime(datetime.now(UTC))
    author, name = owner.name, owner.first("displayName")
    if organizer is not None:
        author, name = one_line(address_of(organizer)), organizer.params.get("CN", "")
    message["From"] = address_field(name, author)
    if author.lower() not in caller.addresses():
        message["Sender"] = address_field(caller.first("displayName"), caller.name)
    for kind in ("t", "c"):
        listed = [address_field(name, address) for one, address, name in letter.people if one == kind]
        if listed:
            message[_FIELDS[kind]] = ", ".join(listed)
    message["Subject"] = letter.subject[:900]
    message["Message-ID"] = new_message_id()
    message.set_content(letter.text or "\n", cte="base64")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="base64")
    message.add_alternative(ics, subtype="calendar", cte="base64", params={"method": method, "name": "meeting.ics"})
    for file in letter.files:
        main, _, sub = file.content_type.partition(";")[0].strip().lower().partition("/")
        if main in ("multipart", "message") or not main.isalnum() or not sub:
            main, sub = "application", "octet-stream"
        message.add_attachment(file.data, maintype=main, subtype=one_line(sub), filename=one_line(file.name) or "file")
    return message.as_bytes()


def hand_over(call: Call, mailbox: Mailbox, raw: bytes, addresses: list[str]) -> None:
    """Send a letter to everybody but the sender, and keep a copy among the sent ones."""
    caller = call.me.account
    own = mailbox.account.addresses() if caller.num == mailbox.account.num else set()
    others = [address for address in addresses if address not in own]
    if not others:
        return
    sender = call.unit.mailbox(caller)
    if caller.first("zimbraPrefSaveToSent", "TRUE") != "FALSE":
        with sender.as_server():
            messages.add(sender, SENT, raw, flags="s")
    for address in others:
        delivery.send(call.unit, caller.name, address, raw)
