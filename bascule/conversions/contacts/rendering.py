"""From a `Card` to an `Item`: clean vCard 3.0 text, Zimbra attributes, facts for the preview.

The attributes are those that Zimbra's own vCard import would make of the text (names, order and numbering of
`VCard.java`), so that sending attributes and importing the file by hand end in the same contact.
"""

from __future__ import annotations

import hashlib
from typing import Any

from bascule.conversions.contacts.card import MAX_REPEATED, Card
from bascule.conversions.contacts.values import PHONE_LABELS
from bascule.conversions.model import GroupMember, Item, ItemKind
from bascule.conversions.text import escape_text, fold

_NAME_ATTRIBUTES = ("lastName", "firstName", "middleName", "namePrefix", "nameSuffix")
_PLACE_ATTRIBUTES = ("City", "State", "PostalCode", "Country")
_UID_LENGTH = 200
_HEAD = "BEGIN:VCARD\r\nVERSION:3.0\r\n"
_TAIL = "END:VCARD\r\n"


class Rendered:
    """A card's body without UID, its fingerprint (equal for equal content), attributes and facts."""

    __slots__ = ("attributes", "body", "facts", "fingerprint")

    def __init__(self, card: Card, members: tuple[GroupMember, ...] = ()) -> None:
        self.attributes: dict[str, str] = {}
        self.facts: dict[str, Any] = {
            "emails": [],
            "phones": [],
            "company": card.company,
            "title": card.title,
            "birthday": card.birthday,
            "has_photo": bool(card.photo),
            "members": [f"{member.label} <{member.address}>" if member.label else member.address for member in members],
            "categories": card.categories,
        }
        lines: list[str] = []
        if card.is_group:
            self._group(card, members, lines)
        else:
            self._contact(card, lines)
        self.body = "".join(lines)
        self.fingerprint = hashlib.blake2b(self.body.encode(), digest_size=16).hexdigest()

    def item(self, card: Card, uid: str, members: tuple[GroupMember, ...] = ()) -> Item:
        """The finished item under a UID."""
        uid_line = _line("UID:" + escape_text(uid))
        return Item(
            kind=ItemKind.GROUP if card.is_group else ItemKind.CONTACT,
            uid=uid,
            label=card.full_name,
            text=f"{_HEAD}{uid_line}{self.body}{_TAIL}",
            facts=self.facts,
            attributes=self.attributes,
            members=members,
            photo=card.photo,
            photo_type=card.photo_type,
        )

    def uid(self, card: Card) -> str:
        """The card's own UID, or one made from its content so that a second reading gives the same."""
        usable = 0 < len(card.uid) <= _UID_LENGTH and card.uid.isascii() and card.uid.isprintable()
        return card.uid if usable else self.fingerprint

    def _group(self, card: Card, members: tuple[GroupMember, ...], lines: list[str]) -> None:
        name = card.full_name
        lines.append(_text("FN", name))
        lines.append(_structured("N", card.name))
        lines.append("X-ADDRESSBOOKSERVER-KIND:group\r\n")
        for member in members:
            label = f';CN="{_parameter(member.label)}"' if member.label else ""
            lines.append(_line(f"X-ADDRESSBOOKSERVER-MEMBER{label}:mailto:{escape_text(member.address)}"))
        # Zimbra's groups: the name in nickname, and fileAs 8 (a name of its own).
        self.attributes |= {"type": "group", "nickname": name, "fullName": name, "fileAs": f"8:{name}"}
        self._common(card, lines)

    def _contact(self, card: Card, lines: list[str]) -> None:
        attributes = self.attributes
        attributes["fullName"] = card.full_name
        lines.append(_text("FN", card.full_name))
        lines.append(_structured("N", card.name))
        for name, value in zip(_NAME_ATTRIBUTES, card.name, strict=True):
            if value:
                attributes[name] = value
        if card.nickname:
            lines.append(_text("NICKNAME", card.nickname))
            attributes["nickname"] = card.nickname
        if card.company or card.department:
            parts = [card.company, card.department] if card.department else [card.company]
            lines.append(_structured("ORG", parts))
            for name, value in zip(("company", "department"), parts, strict=False):
                if value:
                    attributes[name] = value
        if card.title:
            lines.append(_text("TITLE", card.title))
            attributes["jobTitle"] = card.title
        emails = self.facts["emails"]
        for _, address, kind in card.emails:
            lines.append(_text(f"EMAIL;TYPE=INTERNET,{kind}" if kind else "EMAIL;TYPE=INTERNET", address))
            emails.append(address)
            self._add("email", address)
        phones = self.facts["phones"]
        for kinds, number in card.phones:
            lines.append(_text("TEL;TYPE=" + kinds.types, number))
            for name in kinds.attributes:
                self._add(name, number)
                phones.append({"kind": PHONE_LABELS[name], "number": number})
        counts: dict[str, int] = {}
        for kind, parts in card.addresses:
            lines.append(_structured(f"ADR;TYPE={kind}" if kind else "ADR", parts))
            count = counts[kind] = counts.get(kind, 0) + 1
            self._add_address((kind or "OTHER").lower(), "" if count == 1 else str(count), parts)
        for kind, link in card.links:
            # Zimbra does not unescape URL.
            lines.append(_line(f"URL;TYPE={kind}:{link}" if kind else f"URL:{link}"))
            self._add((kind or "OTHER").lower() + "URL", link)
        for name, attribute, value in (
            ("BDAY", "birthday", card.birthday),
            ("X-ZIMBRA-ANNIVERSARY", "anniversary", card.anniversary),
            ("X-ZIMBRA-MAIDENNAME", "maidenName", card.maiden_name),
        ):
            if value:
                lines.append(_text(name, value))
                attributes[attribute] = value
        for position, address in enumerate(card.messaging, 1):
            lines.append(_text(f"X-ZIMBRA-IMADDRESS{position}", address))
            attributes[f"imAddress{position}"] = address
        self._common(card, lines)
        if card.certificate:
            lines.append(fold("KEY;ENCODING=b;TYPE=X509:" + card.certificate))
            attributes["userCertificate"] = card.certificate

    def _common(self, card: Card, lines: list[str]) -> None:
        if card.categories:
            lines.append(_line("CATEGORIES:" + ",".join(map(escape_text, card.categories))))
        if note := card.note():
            lines.append(_text("NOTE", note))
            self.attributes["notes"] = note
        if card.photo:
            lines.append(fold(f"PHOTO;ENCODING=b;TYPE={card.photo_type[6:].upper()}:{card.photo}"))

    def _add(self, name: str, value: str) -> None:
        """Under `name`, else under the first free number; the reader keeps within Zimbra's limit."""
        attributes = self.attributes
        if name not in attributes:
            attributes[name] = value
            return
        for number in range(2, MAX_REPEATED + 1):
            numbered = f"{name}{number}"
            if numbered not in attributes:
                attributes[numbered] = value
                return

    def _add_address(self, place: str, number: str, parts: list[str]) -> None:
        street = ", ".join(part for part in parts[:3] if part)
        if street:
            self.attributes[f"{place}Street{number}"] = street
        for name, value in zip(_PLACE_ATTRIBUTES, parts[3:], strict=True):
            if value:
                self.attributes[f"{place}{name}{number}"] = value


def _line(line: str) -> str:
    # Lost line ends are looked for there when such a file is read; a blank keeps the text apart from the real END.
    return fold(line + " " if line.endswith("END:VCARD") else line)


def _text(name: str, value: str) -> str:
    return _line(f"{name}:{escape_text(value)}")


def _structured(name: str, parts: list[str]) -> str:
    return _line(f"{name}:{';'.join([escape_text(part) for part in parts])}")


def _parameter(value: str) -> str:
    """A text as the content of a quoted parameter value (RFC 6868)."""
    return value.replace("^", "^^").replace('"', "^'").replace("\n", "^n")
