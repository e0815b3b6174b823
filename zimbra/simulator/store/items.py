"""What every kind of item has in common: folder, flags, tags, deletion.

Kinds ("type" column): contact, appointment, task, message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store.mailbox import Mailbox

NOT_FOUND_CODES = {
    "contact": ("mail.NO_SUCH_CONTACT", "no such contact"),
    "appointment": ("mail.NO_SUCH_APPT", "no such appointment"),
    "task": ("mail.NO_SUCH_TASK", "no such task"),
    "message": ("mail.NO_SUCH_MSG", "no such message"),
    "": ("mail.NO_SUCH_ITEM", "no such item"),
}


@dataclass
class Item:
    id: int
    type: str
    folder: int
    uid: str | None
    label: str
    flags: str
    tags: str
    size: int
    changed: int
    sequence: int
    starts: int | None
    ends: int | None
    content: str


COLUMNS = "id, type, folder, uid, label, flags, tags, size, changed, sequence, starts, ends, content"


def not_found(kind: str, item_id: int | str) -> SoapFault:
    code, message = NOT_FOUND_CODES[kind]
    return SoapFault(code, f"{message}: {item_id}", itemId=item_id)


def find(mailbox: Mailbox, item_id: int, kind: str = "") -> Item | None:
    row = mailbox.db.execute(
        f"SELECT {COLUMNS} FROM items WHERE mbox = ? AND id = ?",  # noqa: S608
        (mailbox.num, item_id),
    ).fetchone()
    if row is None or (kind and row[1] != kind):
        return None
    mailbox.check(row[2], "r")
    return Item(*row)


def get(mailbox: Mailbox, item_id: int, kind: str = "") -> Item:
    """The item, or the "no such" fault of its kind."""
    found = find(mailbox, item_id, kind)
    if found is None:
        raise not_found(kind, item_id)
    return found


def by_uid(mailbox: Mailbox, uid: str) -> Item | None:
    """The calendar item with this UID, wherever it is in the mailbox."""
    row = mailbox.db.execute(
        f"SELECT {COLUMNS} FROM items WHERE mbox = ? AND uid = ?",  # noqa: S608
        (mailbox.num, uid),
    ).fetchone()
    return None if row is None else Item(*row)


def select(mailbox: Mailbox, kinds: tuple[str, ...], folder: int | None = None) -> Iterator[Item]:
    """Items of some kinds, of one folder or of all the reader may look into, oldest first."""
    marks = ",".join("?" * len(kinds))
    where = "" if folder is None else "AND folder = ?"
    rows: sqlite3.Cursor = mailbox.db.execute(
        f"SELECT {COLUMNS} FROM items WHERE mbox = ? AND type IN ({marks}) {where} ORDER BY id",  # noqa: S608
        (mailbox.num, *kinds, *(() if folder is None else (folder,))),
    )
    return (Item(*row) for row in rows if "r" in mailbox.rights(row[2]))


def insert(mailbox: Mailbox, item: Item) -> None:
    """A new item; the folder must be one that `Mailbox.target` has checked. mail.QUOTA_EXCEEDED."""
    mailbox.check_quota(item.size)
    mailbox.grown(item.size)
    mailbox.db.execute(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            mailbox.num, item.id, item.type, item.folder, item.uid, item.label, item.flags, item.tags, item.size,
            item.changed, item.sequence, item.starts, item.ends, item.content,
        ),
    )  # fmt: skip


def save(mailbox: Mailbox, item: Item) -> None:
    """Write back everything that may change but the folder (see `move`), and stamp the change."""
    mailbox.check(item.folder, "w")
    if mailbox.quota:
        old = mailbox.db.execute("SELECT size FROM items WHERE mbox = ? AND id = ?", (mailbox.num, item.id)).fetchone()
        more = item.size - (0 if old is None else old[0])
        mailbox.check_quota(more)
        mailbox.grown(more)
    _write(mailbox, item)


def move(mailbox: Mailbox, item: Item, folder: int) -> None:
    """To another folder, which takes the right to delete here and to insert there."""
    mailbox.target(folder)
    if folder != item.folder:
        mailbox.check(item.folder, "d")
        item.folder = folder
        if item.type == "message":
            mailbox.db.execute(
                "UPDATE messages SET imap_uid = ? WHERE mbox = ? AND item = ?",
                (mailbox.next_id(), mailbox.num, item.id),
            )
    _write(mailbox, item)


def _write(mailbox: Mailbox, item: Item) -> None:
    item.changed, item.sequence = mailbox.now, mailbox.next_sequence()
    mailbox.db.execute(
        "UPDATE items SET folder = ?, label = ?, flags = ?, tags = ?, size = ?, changed = ?, sequence = ?, starts = ?,"
        " ends = ?, content = ? WHERE mbox = ? AND id = ?",
        (
            item.folder, item.label, item.flags, item.tags, item.size, item.changed, item.sequence, item.starts,
            item.ends, item.content, mailbox.num, item.id,
        ),
    )  # fmt: skip


def delete(mailbox: Mailbox, item_id: int) -> bool:
    """For good; False when there was none."""
    if mailbox.limited:
        row = mailbox.db.execute(
            "SELECT folder FROM items WHERE mbox = ? AND id = ?", (mailbox.num, item_id)
        ).fetchone()
        if row is not None:
            mailbox.check(row[0], "d")
    mailbox.db.execute("DELETE FROM attachments WHERE mbox = ? AND item = ?", (mailbox.num, item_id))
    gone = mailbox.db.execute("DELETE FROM items WHERE mbox = ? AND id = ?", (mailbox.num, item_id)).rowcount > 0
    if gone:
        mailbox.forget_counts()
        mailbox.next_sequence()
    return gone


@dataclass(frozen=True)
class Attachment:
    part: str
    field: str
    filename: str
    content_type: str
    data: bytes


def attach(mailbox: Mailbox, item_id: int, attachment: Attachment) -> None:
    """Keep a file of an item, in place of the one its field or its part had."""
    mailbox.db.execute(
        "DELETE FROM attachments WHERE mbox = ? AND item = ? AND field = ?", (mailbox.num, item_id, attachment.field)
    )
    mailbox.db.execute(
        "INSERT INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            mailbox.num, item_id, attachment.part, attachment.field, attachment.filename, attachment.content_type,
            attachment.data,
        ),
    )  # fmt: skip


def detach(mailbox: Mailbox, item_id: int, field: str) -> None:
    mailbox.db.execute(
        "DELETE FROM attachments WHERE mbox = ? AND item = ? AND field = ?", (mailbox.num, item_id, field)
    )


def attachments(mailbox: Mailbox, item_id: int) -> list[Attachment]:
    rows = mailbox.db.execute(
        "SELECT part, field, filename, content_type, data FROM attachments WHERE mbox = ? AND item = ? ORDER BY part",
        (mailbox.num, item_id),
    )
    return [Attachment(*row) for row in rows]


def with_attachments(mailbox: Mailbox) -> set[int]:
    return {row[0] for row in mailbox.db.execute("SELECT item FROM attachments WHERE mbox = ?", (mailbox.num,))}
