"""Tags of a mailbox."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store.mailbox import Mailbox

_ID = re.compile(r"[0-9]{1,15}\Z")


@dataclass(frozen=True)
class Tag:
    id: int
    name: str
    color: int | None
    rgb: str | None


def everything(mailbox: Mailbox) -> list[Tag]:
    rows = mailbox.db.execute("SELECT id, name, color, rgb FROM tags WHERE mbox = ? ORDER BY name_key", (mailbox.num,))
    return [Tag(*row) for row in rows]


def by_name(mailbox: Mailbox, name: str) -> Tag | None:
    row = mailbox.db.execute(
        "SELECT id, name, color, rgb FROM tags WHERE mbox = ? AND name_key = ?", (mailbox.num, name.strip().lower())
    ).fetchone()
    return None if row is None else Tag(*row)


def get(mailbox: Mailbox, tag_id: int) -> Tag:
    row = mailbox.db.execute(
        "SELECT id, name, color, rgb FROM tags WHERE mbox = ? AND id = ?", (mailbox.num, tag_id)
    ).fetchone()
    if row is None:
        raise SoapFault("mail.NO_SUCH_TAG", f"no such tag: {tag_id}", itemId=tag_id)
    return Tag(*row)


def _valid_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 128 or any(c in '":\\' or ord(c) < 32 for c in name):
        raise SoapFault("mail.INVALID_NAME", f"invalid name: {name[:200]}", name=name[:200])
    return name


def create(mailbox: Mailbox, name: str, color: int | None, rgb: str | None) -> Tag:
    """A new tag; mail.INVALID_NAME, mail.ALREADY_EXISTS."""
    name = _valid_name(name)
    tag = Tag(mailbox.next_id(), name, color, rgb)
    try:
        mailbox.db.execute(
            "INSERT INTO tags VALUES (?, ?, ?, ?, ?, ?)", (mailbox.num, tag.id, name, name.lower(), color, rgb)
        )
    except sqlite3.IntegrityError:
        raise SoapFault("mail.ALREADY_EXISTS", f"object with that name already exists: {name}", name=name) from None
    mailbox.next_sequence()
    return tag


def change(mailbox: Mailbox, tag: Tag, name: str, color: int | None, rgb: str | None) -> None:
    name = _valid_name(name)
    taken = by_name(mailbox, name)
    if taken is not None and taken.id != tag.id:
        raise SoapFault("mail.ALREADY_EXISTS", f"object with that name already exists: {name}", name=name)
    mailbox.db.execute(
        "UPDATE tags SET name = ?, name_key = ?, color = ?, rgb = ? WHERE mbox = ? AND id = ?",
        (name, name.lower(), color, rgb, mailbox.num, tag.id),
    )
    mailbox.next_sequence()


def delete(mailbox: Mailbox, tag: Tag) -> None:
    """The tag, and its mark on every item."""
    mailbox.db.execute("DELETE FROM tags WHERE mbox = ? AND id = ?", (mailbox.num, tag.id))
    mailbox.db.execute(
        "UPDATE items SET tags = trim(replace(',' || tags || ',', ',' || ?2 || ',', ','), ',')"
        " WHERE mbox = ?1 AND ',' || tags || ',' LIKE '%,' || ?2 || ',%'",
        (mailbox.num, str(tag.id)),
    )
    mailbox.next_sequence()


def ids_for(mailbox: Mailbox, names: str | None, ids: str | None) -> str:
    """The stored form (comma list of ids) of an item's `tn` or `t`; an unknown name makes a new tag, as in Zimbra."""
    if names:
        wanted = [name for name in names.split(",") if name.strip()]
        return ",".join(str((by_name(mailbox, name) or create(mailbox, name, None, None)).id) for name in wanted)
    if ids:
        return ",".join(str(get(mailbox, int(one)).id) for one in ids.split(",") if _ID.match(one.strip()))
    return ""
