"""The letter that tells somebody of a shared folder: for the eye, and as XML for the program that offers to mount it.

What the XML says follows Zimbra's part of type xml/x-zimbra-share; the words are French, as the people are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree

from zimbra.simulator.element import Reply, write_xml
from zimbra.simulator.mail.compose import mailbox, new_message_id, one_line
from zimbra.simulator.mail.mime import Message

CONTENT_TYPE = "xml/x-zimbra-share"
NAMESPACE = "urn:zimbraShare"
ACTIONS = ("new", "edit", "revoke", "expire")

_SUBJECTS = {
    "new": "Partage créé : {0} partagé par {1}",
    "edit": "Partage modifié : {0} partagé par {1}",
    "revoke": "Partage révoqué : {0} partagé par {1}",
    "expire": "Partage expiré : {0} partagé par {1}",
}
_SENTENCES = {
    "new": "{1} partage avec vous le dossier « {0} ».",
    "edit": "{1} a modifié vos droits sur le dossier « {0} ».",
    "revoke": "{1} ne partage plus avec vous le dossier « {0} ».",
    "expire": "Le partage du dossier « {0} » de {1} a expiré.",
}
_ROLES = {"": "aucun", "r": "lecture", "rwidx": "gestion", "rwidxa": "administration"}


@dataclass(frozen=True)
class Person:
    id: str
    address: str
    name: str = ""


@dataclass(frozen=True)
class Notice:
    """`folder_id` and `view` are those of the owner's folder, `name` is how the sender calls it."""

    action: str
    owner: Person
    grantee: Person
    folder_id: int
    name: str
    view: str
    perm: str
    notes: str = ""


def letter(notice: Notice, *, sender: Person) -> bytes:
    """The message, from who shares to the grantee."""
    by = notice.owner.name or notice.owner.address
    message = EmailMessage(policy=SMTP.clone(raise_on_defect=False))
    message["Date"] = format_datetime(datetime.now(UTC))
    message["From"] = mailbox(notice.owner.name, notice.owner.address)
    if sender.address != notice.owner.address:
        message["Sender"] = mailbox(sender.name, sender.address)
    message["To"] = mailbox(notice.grantee.name, notice.grantee.address)
    message["Subject"] = one_line(_SUBJECTS[notice.action].format(notice.name, by))[:900]
    message["Message-ID"] = new_message_id()
    lines = [_SENTENCES[notice.action].format(notice.name, by), *_details(notice)]
    message.set_content(_encodable("\n".join(lines) + "\n"), charset="utf-8", cte="base64")
    page = "".join(f"<p>{escape(line)}</p>" for line in lines)
    message.add_alternative(
        _encodable(f"<html><body>{page}</body></html>"), subtype="html", charset="utf-8", cte="base64"
    )
    data = _xml(notice).encode("utf-8", "replace")
    message.add_alternative(data, maintype="xml", subtype="x-zimbra-share", cte="base64", params={"charset": "utf-8"})
    return message.as_bytes()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _details(notice: Notice) -> list[str]:
    lines = [f"Propriétaire : {notice.owner.address}"]
    if notice.action in ("new", "edit"):
        role = _ROLES.get(notice.perm.replace("p", ""), notice.perm)
        lines.append(f"Droits : {role}")
    if notice.notes:
        lines.append(f"Message : {notice.notes}")
    return lines


def _xml(notice: Notice) -> str:
    share = Reply("share", {"version": "0.2", "action": notice.action}, ns=NAMESPACE)
    for tag, person in (("grantee", notice.grantee), ("grantor", notice.owner)):
        share.add(tag, {"id": person.id, "email": person.address, "name": person.name})
    share.add("link", {"id": str(notice.folder_id), "name": notice.name, "view": notice.view, "perm": notice.perm})
    share.add("notes", text=notice.notes)
    out: list[str] = []
    write_xml(share, out)
    return "".join(out)


def offer(message: Message) -> str | None:
    """What a letter says to programs, None when it is none of this kind."""
    part = next((one for one in message.parts if one.content_type == CONTENT_TYPE), None)
    return None if part is None else part.data.decode("utf-8", "replace")


def read(message: Message) -> Notice | None:
    """What a letter says, None when it is none of this kind."""
    text = offer(message)
    if text is None or "<!" in text:
        return None
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (no document type, hence no entities of its own)
    except ElementTree.ParseError:
        return None
    found = {child.tag.rpartition("}")[2]: child for child in root}
    link = found.get("link")
    if link is None or "grantor" not in found or not (link.get("id") or "").isdecimal():
        return None
    people = {
        name: Person(node.get("id", ""), node.get("email", ""), node.get("name", ""))
        for name, node in found.items()
        if name in ("grantor", "grantee")
    }
    return Notice(
        root.get("action", "new"),
        people["grantor"],
        people.get("grantee", Person("", "")),
        int(link.get("id", "0")),
        link.get("name", ""),
        link.get("view", ""),
        link.get("perm", ""),
        found["notes"].text or "" if "notes" in found else "",
    )
