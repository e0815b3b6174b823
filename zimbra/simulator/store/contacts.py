"""Contacts and groups: attributes under Zimbra's names, members, the label they are filed under."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from itertools import chain

from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store import items
from zimbra.simulator.store.items import Attachment, Item
from zimbra.simulator.store.mailbox import Mailbox

MAX_FIELDS = 1000
MAX_FIELD_NAME = 100
MAX_BYTES = 10_000_000
MEMBER_TYPES = ("C", "G", "I")

# 1 to 7 are arrangements of the name and the company, "8:" goes before a text of one's own.
_FILE_AS = re.compile(r"[1-8]\Z|8:")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Attributes = dict[str, str | list[str]]
Member = tuple[str, str]


@dataclass
class Contact:
    """What a contact holds. `attrs` keeps the order given; a repeated attribute is a list."""

    attrs: Attributes
    members: list[Member] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    def first(self, name: str) -> str:
        value = self.attrs.get(name, "")
        return value if value.__class__ is str else (value[0] if value else "")

    @property
    def is_group(self) -> bool:
        return self.first("type") == "group"

    def emails(self) -> list[str]:
        """Every address, in the order of the attributes' numbers."""
        return [
            self.first(name)
            for base in ("email", "workEmail", "homeEmail")
            for number in ("", *range(1, 20))
            if (name := f"{base}{number}") in self.attrs
        ]

    def label(self) -> str:
        """How the contact is filed: fileAs when set, else "Last, First", else whatever names it best."""
        get = self.first
        last, first, company = get("lastName"), get("firstName"), get("company")
        text = f"{last}, {first}" if last and first else last or first
        choice = get("fileAs")
        if choice and choice != "1":
            text = _file_as(choice, text, f"{first} {last}".strip(), company)
        return text or company or get("nickname") or get("fullName") or get("email")


def _file_as(choice: str, last_first: str, first_last: str, company: str) -> str:
    """The choices of fileAs: 2 to 7 are arrangements, "8:text" a text of one's own."""
    if choice.startswith("8:"):
        return choice[2:].strip()
    if choice == "2":
        return first_last
    if choice == "3":
        return company
    name = last_first if choice in ("4", "6") else first_last
    if choice in ("4", "5"):
        return f"{name} ({company})" if name and company else name or company
    if choice in ("6", "7"):
        return f"{company} ({name})" if name and company else company or name
    return last_first


# Nearly all contacts are names and single values. Written one after the other between separators they cost a tenth of
# JSON, which is kept for the rest: groups, repeated attributes, and values that hold the separator itself.
_SEPARATOR = "\x1f"


def load(item: Item) -> Contact:
    if item.content.startswith(_SEPARATOR):
        parts = item.content[1:].split(_SEPARATOR)
        return Contact(dict(zip(parts[::2], parts[1::2], strict=True)))
    data = json.loads(item.content)
    return Contact(data["attrs"], [(kind, value) for kind, value in data.get("members", ())])


def _dump(contact: Contact) -> str:
    attrs = contact.attrs
    if not contact.members:
        try:
            text = _SEPARATOR.join(chain.from_iterable(attrs.items()))  # type: ignore[arg-type]
        except TypeError:
            pass  # a repeated attribute
        else:
            if attrs and text.count(_SEPARATOR) == 2 * len(attrs) - 1:
                return _SEPARATOR + text
    data: dict[str, object] = {"attrs": attrs}
    if contact.members:
        data["members"] = contact.members
    return _encode(data)


def _check(contact: Contact) -> None:
    attrs = contact.attrs
    if not all(attrs.values()):
        for name in [name for name, value in attrs.items() if not value]:
            del attrs[name]
    if not attrs and not contact.attachments:
        raise invalid_request("contact must have fields")
    if len(attrs) > MAX_FIELDS:
        raise invalid_request("too many fields")
    if attrs and max(map(len, attrs)) > MAX_FIELD_NAME:
        raise invalid_request("too big field name")
    if "fileAs" in attrs and not _FILE_AS.match(contact.first("fileAs")):
        raise invalid_request("invalid fileAs value")


def create(mailbox: Mailbox, folder: int, contact: Contact, tags: str = "") -> Item:
    """A new contact; mail.TOO_MANY_CONTACTS, mail.CONTACT_TOO_BIG, mail.NO_SUCH_FOLDER."""
    _check(contact)
    mailbox.target(folder)
    limit = mailbox.contact_limit
    if limit and mailbox.contact_count() >= limit:
        raise SoapFault("mail.TOO_MANY_CONTACTS", f"maximum number of contacts exceeded: {limit}", limit=limit)
    content = _dump(contact)
    size = _size(content, contact)
    item = Item(
        mailbox.next_id(), "contact", folder, None, contact.label(), "", tags, size, mailbox.now,
        mailbox.next_sequence(), None, None, content,
    )  # fmt: skip
    items.insert(mailbox, item)
    if contact.attachments:
        _keep_files(mailbox, item, contact)
    if limit:
        mailbox.contacts_added(1)
    return item


def _size(content: str, contact: Contact) -> int:
    size = len(content) + sum(len(one.data) for one in contact.attachments)
    if size > MAX_BYTES:
        raise SoapFault("mail.CONTACT_TOO_BIG", f"contact size exceeds {MAX_BYTES} bytes")
    return size


def _keep_files(mailbox: Mailbox, item: Item, contact: Contact) -> None:
    """The files of the contact become its attachments, in parts numbered in their order."""
    contact.attachments = [replace(one, part=str(number)) for number, one in enumerate(contact.attachments, 1)]
    before = items.attachments(mailbox, item.id)
    if contact.attachments == before:
        return
    for old in before:
        items.detach(mailbox, item.id, old.field)
    for attachment in contact.attachments:
        items.attach(mailbox, item.id, attachment)


def update(mailbox: Mailbox, item: Item, contact: Contact) -> None:
    """Keep a changed contact, with all of its files; mail.CONTACT_TOO_BIG, service.PERM_DENIED."""
    _check(contact)
    item.content, item.label = _dump(contact), contact.label()
    item.size = _size(item.content, contact)
    items.save(mailbox, item)
    _keep_files(mailbox, item, contact)


def carry(source: Mailbox, item: Item, target: Mailbox, folder: int) -> Item:
    """A copy of a contact in another mailbox, without tags; see `create` for the faults."""
    contact = load(item)
    contact.attachments = items.attachments(source, item.id)
    # Members that are contacts of the first mailbox are named by its owner from now on.
    contact.members = [
        (kind, f"{source.account.id}:{value}" if kind == "C" and value.isdecimal() else value)
        for kind, value in contact.members
    ]
    return create(target, folder, contact)
