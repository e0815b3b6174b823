"""A card while it is being read: plain values, ready to be written for Zimbra.

`Card` holds what Zimbra has a place for; everything else that a person would miss becomes lines of the note.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bascule.conversions.contacts.values import PhoneKind
from bascule.conversions.model import Remark

# Zimbra numbers repeated attributes up to 19 (its counter stops at 20); further ones would be lost.
MAX_REPEATED = 19
MAX_IM_ADDRESSES = 3
ORIGINAL_LENGTH = 2000
NO_NAME = "(sans nom)"


@dataclass(slots=True)
class Member:
    """A member of a group as the card names it: a UID or an address, and a name when there is one."""

    reference: str
    label: str = ""


@dataclass(slots=True)
class Card:
    """One card's content, unescaped. line: where it begins in the file."""

    line: int
    uid: str = ""
    full_name: str = ""
    name: list[str] = field(default_factory=list)
    nickname: str = ""
    emails: list[tuple[int, str, str]] = field(default_factory=list)
    phones: list[tuple[PhoneKind, str]] = field(default_factory=list)
    addresses: list[tuple[str, list[str]]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    company: str = ""
    department: str = ""
    title: str = ""
    birthday: str = ""
    anniversary: str = ""
    maiden_name: str = ""
    messaging: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    photo: str = ""
    photo_type: str = ""
    certificate: str = ""
    is_group: bool = False
    members: list[Member] = field(default_factory=list)
    remarks: list[tuple[int, str, str, str]] = field(default_factory=list)

    def note_line(self, label: str, value: str) -> None:
        """Keep a value that Zimbra has no place for as a line of the note."""
        if value := value.strip():
            self.extras.append(f"{label.strip()} : {value}" if label.strip() else value)

    def remark(self, line: int, code: str, message: str, original: str = "") -> None:
        """Say that something of this card is lost or changed; the card's name is added when it is known."""
        self.remarks.append((line, code, message, original[:ORIGINAL_LENGTH]))

    def label(self) -> str:
        """What a person recognises the card by; empty when the card holds nothing at all."""
        if self.full_name:
            return self.full_name
        if name := self.name_in_order():
            return name
        for value in (self.nickname, self.company):
            if value:
                return value
        if self.emails:
            return self.emails[0][1]
        if self.phones:
            return self.phones[0][1]
        return NO_NAME if self.holds_anything() else ""

    def name_in_order(self) -> str:
        """The parts of the name in the order in which they are said."""
        if not self.name:
            return ""
        last, first, middle, prefix, suffix = self.name
        return " ".join(part for part in (prefix, first, middle, last, suffix) if part)

    def holds_anything(self) -> bool:
        """Whether there is anything worth keeping."""
        return bool(
            self.full_name
            or any(self.name)
            or self.emails
            or self.phones
            or self.company
            or self.department
            or self.nickname
            or self.addresses
            or self.links
            or self.title
            or self.notes
            or self.extras
            or self.messaging
            or self.birthday
            or self.anniversary
            or self.maiden_name
            or self.photo
            or self.certificate
            or self.categories
            or self.members
        )

    def note(self) -> str:
        """The whole note: what the card said, then what had no other place."""
        parts = [note for note in self.notes if note]
        if self.extras:
            present = {line for note in parts for line in note.split("\n")}
            for extra in self.extras:
                if extra not in present:
                    present.update(extra.split("\n"))
                    parts.append(extra)
        return "\n".join(parts)

    def located_remarks(self) -> list[Remark]:
        """The remarks with their place in words."""
        name = self.label() or "sans contenu"
        return [
            Remark(code, f"ligne {line}, fiche « {name} »", message, original)
            for line, code, message, original in self.remarks
        ]
