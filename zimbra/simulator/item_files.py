"""Items as files of their own: messages as they came, contacts as vCards, appointments and tasks as iCalendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from zimbra.simulator.formats import vcard_writer
from zimbra.simulator.formats.ical_writer import write_calendar
from zimbra.simulator.requests.contacts import load, tag_names
from zimbra.simulator.store import calendar, contacts, items, messages
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

KINDS = ("message", "contact", *calendar.KINDS)
EXTENSIONS = {"message": "eml", "contact": "vcf", **dict.fromkeys(calendar.KINDS, "ics")}


def content(mailbox: Mailbox, item: Item) -> bytes:
    """The file of one item of `KINDS`, whose extension is in `EXTENSIONS`."""
    if item.type == "message":
        return messages.raw(mailbox, item.id)
    text = cards(mailbox, [item]) if item.type == "contact" else calendars(mailbox, [item])
    return text.encode("utf-8", "replace")


def calendars(mailbox: Mailbox, found: Iterable[Item], name: str = "") -> str:
    """Appointments and tasks in one calendar."""
    return write_calendar([calendar.readable(mailbox, item) for item in found], name)


def cards(mailbox: Mailbox, found: Iterable[Item]) -> str:
    """Contacts, one card after the other."""
    written: list[str] = []
    attached = items.with_attachments(mailbox)
    for item in found:
        contact = load(mailbox, item) if item.id in attached else contacts.load(item)
        revision = datetime.fromtimestamp(item.changed // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        uid = contact.first("vCardUID") or f"{mailbox.account.id}:{item.id}"
        names = tag_names(mailbox, item.tags).split(",") if item.tags else []
        written.append(vcard_writer.card(contact, uid, revision, names))
    return "".join(written)
