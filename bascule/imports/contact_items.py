"""Contacts and groups on their way to Zimbra.

Zimbra knows no UID of a contact and looks for no duplicates: two contacts are the same when all their fields are.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bascule.conversions.model import Item, ItemKind
from bascule.imports.carrier import SAME_PRESENT, TWICE_IN_FILE, Difference, Parcel, Verdict
from zimbra.client import ZimbraClient
from zimbra.types import Contact, Folder, NewContact, Outcome

# Made by the server from other fields, or said in another way by our items.
_NOT_COMPARED = frozenset({"fileAs", "fileAsStr", "type", "dlist", "image", "imagepart"})

Fingerprint = tuple[tuple[tuple[str, str], ...], tuple[str, ...], bool, bool]


class ContactCarrier:
    """See `carrier.Carrier`. mark: items of the mailbox up to this id are not ours."""

    def __init__(self, client: ZimbraClient, folder_id: str, mark: int = 0) -> None:
        self._client, self._folder_id, self._mark = client, folder_id, mark
        self._present: dict[Fingerprint, str] = {}
        self._judged: set[Fingerprint] = set()

    def survey(self, mailbox: Folder, *, is_new: bool) -> int:
        if is_new:
            # Ids grow: all that was there before the folder has a lower one, and nothing is in it.
            return _number(self._folder_id)
        highest = max((_number(folder.id) for folder in self._client.folders().walk()), default=0)
        for contact in self._client.contacts(self._folder_id):
            self._present.setdefault(of_contact(contact), contact.id)
            highest = max(highest, _number(contact.id))
        return highest

    def judge(self, item: Item) -> Verdict:
        mark = of_item(item)
        if mark in self._present:
            return Verdict(SAME_PRESENT, zimbra_id=self._present[mark])
        if mark in self._judged:
            return Verdict(TWICE_IN_FILE)
        self._judged.add(mark)
        return Verdict()

    def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        return self._client.create_contacts(self._folder_id, [new_contact(parcel.item) for parcel in parcels])

    def find(self, parcels: Sequence[Parcel], known: set[str]) -> dict[int, str]:
        there = self._above_mark(known)
        return {parcel.position: ids[0] for parcel in parcels if (ids := there.get(of_item(parcel.item)))}

    def copies(self, parcels: Sequence[Parcel], known: set[str]) -> list[str]:
        there = self._above_mark(known)
        return [found for parcel in parcels for found in there.get(of_item(parcel.item), ())]

    def _above_mark(self, known: set[str]) -> dict[Fingerprint, list[str]]:
        there: dict[Fingerprint, list[str]] = defaultdict(list)
        for contact in self._client.contacts(self._folder_id):
            if contact.id not in known and _number(contact.id) > self._mark:
                there[of_contact(contact)].append(contact.id)
        return there

    def compare(self, parcels: Iterable[Parcel]) -> Iterator[tuple[Parcel, list[Difference] | None]]:
        held = {contact.id: contact for contact in self._client.contacts(self._folder_id)}
        for parcel in parcels:
            contact = held.get(parcel.zimbra_id)
            yield parcel, None if contact is None else _differences(parcel.item, contact)


def new_contact(item: Item) -> NewContact:
    attributes = dict(item.attributes)
    if item.kind == ItemKind.GROUP:
        attributes["type"] = "group"
    return NewContact(
        attributes=attributes,
        members=tuple(member.address for member in item.members),
        image=base64.b64decode(item.photo) if item.photo else b"",
        image_type=item.photo_type,
    )


def of_item(item: Item) -> Fingerprint:
    """What makes an item the same as a contact that Zimbra holds, whatever its id."""
    members = (member.address for member in item.members)
    return _fields(item.attributes), _members(members), bool(item.photo), item.kind == ItemKind.GROUP


def of_contact(contact: Contact) -> Fingerprint:
    members = (value for kind, value in contact.members if kind == "I")
    return _fields(contact.attributes), _members(members), contact.image is not None, contact.is_group


def _fields(attributes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    kept = ((name, plain(value)) for name, value in attributes.items() if name not in _NOT_COMPARED)
    return tuple(sorted((name, value) for name, value in kept if value))


def _members(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(address.strip().casefold() for address in addresses))


def plain(value: str) -> str:
    """A value without what travels badly: composed letters, runs of blanks and line ends as one blank."""
    if value.isascii():
        return " ".join(value.split())
    return " ".join(unicodedata.normalize("NFC", value).split())


def _differences(item: Item, contact: Contact) -> list[Difference]:
    differences = []
    held = dict(contact.attributes)
    for name, expected in item.attributes.items():
        if name not in _NOT_COMPARED and plain(expected) != plain(held.get(name, "")):
            differences.append(Difference(field_name(name), expected, held.get(name, "")))
    if item.kind == ItemKind.GROUP:
        differences += _member_differences(item, contact)
    if item.photo:
        size = len(base64.b64decode(item.photo))
        if contact.image is None:
            differences.append(Difference("photo", f"{size} octets", ""))
        elif contact.image.size and contact.image.size != size:
            differences.append(Difference("photo", f"{size} octets", f"{contact.image.size} octets"))
    return differences


def _member_differences(item: Item, contact: Contact) -> list[Difference]:
    held = {value.strip().casefold() for kind, value in contact.members if kind == "I"}
    lacking = [member.address for member in item.members if member.address.strip().casefold() not in held]
    differences = [Difference("membre", address, "") for address in lacking]
    if not contact.is_group:
        differences.append(Difference("nature", "groupe", "contact"))
    return differences


_FIELD_NAMES = {
    "firstName": "prénom",
    "lastName": "nom",
    "middleName": "deuxième prénom",
    "fullName": "nom complet",
    "namePrefix": "civilité",
    "nameSuffix": "suffixe",
    "nickname": "surnom",
    "email": "adresse électronique",
    "company": "organisme",
    "department": "service",
    "jobTitle": "fonction",
    "notes": "notes",
    "birthday": "date de naissance",
    "anniversary": "anniversaire",
    "mobilePhone": "téléphone mobile",
    "homePhone": "téléphone personnel",
    "workPhone": "téléphone professionnel",
    "otherPhone": "autre téléphone",
    "homeFax": "télécopie personnelle",
    "workFax": "télécopie professionnelle",
    "otherFax": "autre télécopie",
    "pager": "messager de poche",
    "carPhone": "téléphone de voiture",
    "homeURL": "page personnelle",
    "workURL": "page professionnelle",
    "otherURL": "autre page",
    "imAddress": "messagerie instantanée",
}
_ADDRESS_PARTS = {
    "Street": "rue",
    "City": "ville",
    "State": "région",
    "PostalCode": "code postal",
    "Country": "pays",
}
_PLACES = {"home": "personnelle", "work": "professionnelle", "other": "autre"}
_ADDRESS = re.compile(rf"({'|'.join(_PLACES)})({'|'.join(_ADDRESS_PARTS)})")


def field_name(attribute: str) -> str:
    """French name of a Zimbra contact attribute, its number kept (`email3`); the attribute itself when it has none."""
    base = attribute.rstrip("0123456789")
    number = attribute[len(base) :]
    if address := _ADDRESS.fullmatch(base):
        name = f"adresse {_PLACES[address[1]]}, {_ADDRESS_PARTS[address[2]]}"
    else:
        name = _FIELD_NAMES.get(base, base)
    return f"{name} {number}".strip()


def _number(item_id: str) -> int:
    """Item ids grow; one of another mailbox (`account:number`) says nothing about ours."""
    return int(item_id) if item_id.isascii() and item_id.isdigit() else 0
