"""A message described by an `m` element, written as MIME.

Source: Zimbra's ParseMimeMessage: the body is one `mp`, which may hold others; `attach` brings uploads, parts of
messages, whole messages and contacts; `e` are the addresses, `su` the subject, `irt` what is answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats import vcard_writer
from zimbra.simulator.mail import building
from zimbra.simulator.mail.building import Fields, Piece
from zimbra.simulator.mail.compose import mailbox as written_address
from zimbra.simulator.mail.compose import new_message_id
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.contacts import load
from zimbra.simulator.requests.message_elements import no_such_part
from zimbra.simulator.store import items, messages, uploads

MAX_DEPTH = 20
_FIELDS = {"f": "From", "s": "Sender", "r": "Reply-To", "t": "To", "c": "Cc", "b": "Bcc"}
_RECEIPT = {"n": "Disposition-Notification-To", "d": "Disposition-Notification-To"}
_OWN = frozenset(
    {
        "from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version",
        "content-type", "content-transfer-encoding", "in-reply-to", "references",
    }
)  # fmt: skip


@dataclass
class Composed:
    """`people`: (display, address) by the letters of `e`. `fields`: header fields but those of `people`."""

    people: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    fields: Fields = field(default_factory=list)
    content: Piece = field(default_factory=lambda: building.text("text/plain", ""))

    def written(self, *, blind: bool) -> bytes:
        """The message; with `blind` its Bcc stands in it."""
        listed = [
            (name, ", ".join(written_address(*one) for one in people))
            for letter, name in {**_FIELDS, **_RECEIPT}.items()
            if (people := self.people.get(letter)) and (blind or letter != "b")
        ]
        return building.message([*listed, *self.fields], self.content)


def people_of(given: Element) -> dict[str, list[tuple[str, str]]]:
    """(display, address) of the `e` of an `m`, by their letters; service.INVALID_REQUEST."""
    people: dict[str, list[tuple[str, str]]] = {}
    for one in given.all("e"):
        letter = one.attrs.get("t", "t").lower()
        if letter not in _FIELDS and letter not in _RECEIPT:
            continue
        address = one.attrs.get("a", "").strip()
        if not address:
            raise invalid_request("missing required attribute: a")
        people.setdefault(letter, []).append((one.attrs.get("p", ""), address))
    return people


def compose(call: Call, given: Element) -> Composed:
    """Read an `m`. Faults: service.INVALID_REQUEST, mail.NO_SUCH_UPLOAD, mail.NO_SUCH_PART, mail.NO_SUCH_MSG."""
    if given.find("inv") is not None:
        raise invalid_request("No <inv> element allowed for this request")
    made = Composed()
    made.people = people_of(given)
    made.fields = [
        ("Date", format_datetime(datetime.now(UTC))),
        ("Message-ID", new_message_id()),
        ("Subject", building.text_value(given.get("su") or "")),
    ]
    answered = (given.get("irt") or "").strip()
    if answered:
        made.fields.append(("In-Reply-To", building.text_value(answered)))
    for header in given.all("header"):
        name = header.attrs.get("name") or header.attrs.get("n") or ""
        if name.lower() not in _OWN and name.replace("-", "").isalnum() and name.isascii():
            made.fields.append((name, building.text_value(header.text)))
    if "!" in given.attrs.get("f", ""):
        made.fields.append(("Importance", "high"))
        made.fields.append(("X-Priority", "1"))
    elif "?" in given.attrs.get("f", ""):
        made.fields.append(("Importance", "low"))
        made.fields.append(("X-Priority", "5"))
    body = given.find("mp")
    content = building.text("text/plain", given.get("content") or "") if body is None else _part(call, body, 0)
    attached = _attached(call, given)
    made.content = building.frame("mixed", [content, *attached]) if attached else content
    return made


def _part(call: Call, given: Element, depth: int) -> Piece:
    if depth > MAX_DEPTH:
        raise invalid_request("too many parts inside parts")
    kind = given.attrs.get("ct", "text/plain").strip()
    attached = _attached(call, given, inline=kind.startswith("multipart/related"))
    if kind.lower().startswith("multipart/"):
        pieces = [_part(call, one, depth + 1) for one in given.all("mp")]
        return building.frame(kind.partition(";")[0].strip().lower().removeprefix("multipart/"), [*pieces, *attached])
    if attached and given.find("content") is None:
        return attached[0]
    more = [("Content-ID", f"<{given.attrs['ci'].strip('<>')}>")] if given.attrs.get("ci") else []
    return building.text(kind, given.get("content") or "", more)


def _attached(call: Call, given: Element, *, inline: bool = False) -> list[Piece]:
    """What `attach` brings, in order; what is optional and gone is left out."""
    pieces: list[Piece] = []
    for attach in given.all("attach"):
        content_id = given.attrs.get("ci", "")
        within = inline or bool(content_id)
        for aid in (one.strip() for one in attach.attrs.get("aid", "").split(",")):
            if aid:
                found = uploads.take(call.db, call.me.account.id, aid)
                pieces.append(
                    building.file(found.content_type, found.data, found.filename, inline=within, content_id=content_id)
                )
        for one in attach.children:
            try:
                pieces.append(_one_attached(call, one, inline=within, content_id=content_id))
            except SoapFault:
                if not one.flag("optional"):
                    raise
    return pieces


def _one_attached(call: Call, given: Element, *, inline: bool, content_id: str) -> Piece:
    if given.name == "mp":
        mailbox, number = call.locate(given.require("mid"))
        wanted = given.require("part")
        item = items.get(mailbox, number)
        if item.type != "message":
            for attachment in items.attachments(mailbox, number):
                if attachment.part == wanted:
                    return building.file(attachment.content_type, attachment.data, attachment.filename)
            raise no_such_part(wanted)
        part = Message.parse(messages.raw(mailbox, number)).part(wanted)
        if part is None:
            raise no_such_part(wanted)
        return building.file(part.content_type, part.data, part.filename, inline=inline, content_id=content_id)
    if given.name == "m":
        mailbox, number = call.locate(given.require("id"))
        raw = messages.raw(mailbox, number)
        return building.file("message/rfc822", raw, Message.parse(raw).subject)
    if given.name == "cn":
        mailbox, number = call.locate(given.require("id"))
        item = items.get(mailbox, number, "contact")
        contact = load(mailbox, item)
        revision = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        card = vcard_writer.card(contact, contact.first("vCardUID") or f"{mailbox.account.id}:{number}", revision, [])
        name = contact.first("fullName") or item.label or "contact"
        return building.file("text/x-vcard", card.encode("utf-8", "replace"), f"{name}.vcf")
    raise invalid_request(f"unexpected attachment: {given.name[:40]}")
