"""Members of contact groups: from references (UIDs, addresses) to addresses that Zimbra stores inside the group."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from bascule.conversions.contacts.card import Card, Member
from bascule.conversions.model import Collection, GroupMember, ItemKind

_QUERY = re.compile(r"\?\w+=.*", re.DOTALL)
_NESTED = 5
# Groups of groups can multiply; no real file comes near.
_LOOKUPS_PER_FILE = 1_000_000


def uid_key(reference: str) -> str:
    """What two spellings of one UID have in common."""
    key = reference.strip().lower()
    for prefix in ("urn:uuid:", "uuid:"):
        key = key.removeprefix(prefix)
    return key


class MemberResolver:
    """Finds the addresses of members among the cards of the same file."""

    def __init__(self, repairs: Counter[str]) -> None:
        self._people: dict[str, tuple[str, str]] = {}
        self._groups: dict[str, Card] = {}
        self._repairs = repairs
        self._left = _LOOKUPS_PER_FILE

    def add(self, card: Card) -> None:
        """Make a card known by its UID; the first of several wins."""
        if not card.uid:
            return
        key = uid_key(card.uid)
        if card.is_group:
            self._groups.setdefault(key, card)
        else:
            self._people.setdefault(key, (card.full_name, card.emails[0][1] if card.emails else ""))

    def resolve(self, group: Card) -> tuple[GroupMember, ...]:
        """The members of a group that have an address; each other one becomes a remark of the group."""
        found: dict[str, GroupMember] = {}
        seen = {id(group)}
        level = list(group.members)
        for depth in range(_NESTED):
            below: list[Member] = []
            allowed, self._left = self._left, max(self._left - len(level), 0)
            for member in level[:allowed]:
                card = self._member(group, member, found)
                if card is not None and id(card) not in seen:
                    seen.add(id(card))
                    below.extend(card.members)
                    self._repairs["nested_group"] += 1
            if not below and len(level) <= allowed:
                break
            if depth == _NESTED - 1 or len(level) > allowed:
                group.remark(
                    group.line,
                    "group_too_deep",
                    "Ce groupe contient trop de membres ou des groupes imbriqués sur plus de cinq niveaux ;"
                    " les derniers membres n'ont pas été repris.",
                )
                break
            level = below
        return tuple(found.values())

    def _member(self, group: Card, member: Member, found: dict[str, GroupMember]) -> Card | None:
        """Add one member to `found`; a member that is itself a group is returned."""
        reference = member.reference.strip()
        address, label = reference, member.label
        person = None
        if reference.lower().startswith("mailto:"):
            address = _QUERY.sub("", reference[7:])
        else:
            key = uid_key(reference)
            person = self._people.get(key)
            if person is not None:
                address = person[1]
                label = label or person[0]
            elif (inner := self._groups.get(key)) is not None:
                return inner
        if "@" not in address or ":" in address or " " in address:
            name = label or reference
            group.remark(
                group.line,
                "member_without_address",
                f"Le membre « {name} » n'a pas d'adresse électronique dans ce fichier ; il n'a pas pu être repris dans"
                " le groupe.",
                label or reference,
            )
        elif address.lower() not in found:
            found[address.lower()] = GroupMember(address, label if label != address else "")
        return None


def groups_csv(collection: Collection) -> bytes:
    """The groups of a collection as a CSV file that Zimbra's own import (`zimbra-csv`) understands.

    A vCard import creates no group in Zimbra. Columns are Zimbra's attribute names; `dlist` holds the members. UTF-8,
    CRLF; empty when the collection has no group.
    """
    groups = [item for item in collection.items if item.kind is ItemKind.GROUP]
    if not groups:
        return b""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(("type", "nickname", "fullName", "fileAs", "notes", "dlist"))
    for item in groups:
        members = ", ".join(_mailbox(member) for member in item.members)
        attributes = item.attributes
        writer.writerow(
            [*(attributes.get(name, "") for name in ("type", "nickname", "fullName", "fileAs", "notes")), members]
        )
    return out.getvalue().encode("utf-8")


def _mailbox(member: GroupMember) -> str:
    label = member.label.replace("\\", "").replace('"', "'")
    return f'"{label}" <{member.address}>' if label else member.address
