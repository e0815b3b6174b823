"""Contacts and groups: attributes under Zimbra's names, members, the label they are filed under."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store import items
from zimbra.simulator.store.items import Attachment, Item
from zimbra.simulator.store.mailbox import Mailbox

MAX_FIELDS = 1000
MAX_FIELD_NAME = 100
MAX_BYTES = 10_000_000
MEMBER_TYPES = ("C", "G", "I")

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
        name_comma = ", ".join(part for part in (last, first) if part)
        name_plain = " ".join(part for part in (first, last) if part)
        choice = get("fileAs")
        if choice.startswith("8:") and choice[2:].strip():
            return choice[2:].strip()
        text = {
            "2": name_plain,
            "3": company,
            "4": f"{name_comma} ({company})" if name_comma and company else name_comma or company,
            "5": f"{name_plain} ({company})" if name_plain and company else name_plain or company,
            "6": f"{company} ({name_comma})" if name_comma and company else company or name_comma,
            "7": f"{company} ({name_plain})" if name_plain and company else company or name_plain,
        }.get(choice, name_comma)
        return text or company or get("nickname") or get("fullName") or get("email") or ""


def load(item: Item) -> Contact:
    data = json.loads(item.content)
    return Contact(data["attrs"], [(kind, value) for kind, value in data.get("members", ())])


def _dump(contact: Contact) -> str:
    data: dict[str, object] = {"attrs": contact.attrs}
    if contact.members:
        data["members"] = contact.members
    return json.dumps(data, ensure_ascii=False)


def _check(contact: Contact) -> None:
    for name in [name for name, value in contact.attrs.items() if not value]:
        del contact.attrs[name]
    if not contact.attrs and not contact.attachments:
        raise invalid_request("contact must have fields")
    if len(contact.attrs) > MAX_FIELDS:
        raise invalid_request("too many fields")
    for name in contact.attrs:
        if len(name) > MAX_FIELD_NAME:
            raise invalid_request("too big field name")


def create(mailbox: Mailbox, folder: int, contact: Contact, tags: str = "") -> Item:
    """A new contact; mail.TOO_MANY_CONTACTS, mail.CONTACT_TOO_BIG, mail.NO_SUCH_FOLDER."""
    _check(contact)
    mailbox.target(folder)
    limit = mailbox.account.limit("zimbraContactMaxNumEntries")
    if limit and mailbox.contact_count() >= limit:
        raise SoapFault("mail.TOO_MANY_CONTACTS", f"maximum number of contacts exceeded: {limit}", limit=limit)
    content = _dump(contact)
    size = len(content) + sum(len(one.data) for one in contact.attachments)
    if size > MAX_BYTES:
        raise SoapFault("mail.CONTACT_TOO_BIG", f"contact size exceeds {MAX_BYTES} bytes")
    item = Item(
        mailbox.next_id(), "contact", folder, None, contact.label(), "", tags, size, mailbox.now,
        mailbox.next_sequence(), None, None, content,
    )  # fmt: skip
    items.insert(mailbox, item)
    for attachment in contact.attachments:
        items.attach(mailbox, item.id, attachment)
    if limit:
        mailbox.contacts_added(1)
    return item


def update(mailbox: Mailbox, item: Item, contact: Contact) -> None:
    """Keep a changed contact."""
    _check(contact)
    item.content, item.label = _dump(contact), contact.label()
    for attachment in contact.attachments:
        items.attach(mailbox, item.id, attachment)
    item.size = len(item.content) + sum(len(one.data) for one in items.attachments(mailbox, item.id))
    items.save(mailbox, item)
