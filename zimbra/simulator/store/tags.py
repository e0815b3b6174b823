"""Tags of a mailbox. The list of them is its owner's alone; on an item they are a matter of the right to write it.

Whoever may write an item may put a tag on it by name. A name that the mailbox does not know becomes a tag that is not
listed: it shows on its items and nowhere else, until the owner creates one of that name (Zimbra's Mailbox.alterTag,
Tag.NormalizedTags, Mailbox.createTagInternal). Names and colours by Zimbra's rules (Tag, MailItem); there is no limit
to their number since its ids are those of items.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, invalid_request, perm_denied
from zimbra.simulator.store.mailbox import Mailbox

_ID = re.compile(r"[0-9]{1,15}\Z")
MAX_NAME = 128
_FORBIDDEN = frozenset('":/\\')
MAX_COLOR = 127


@dataclass(frozen=True)
class Tag:
    """`retention`: how long what bears the tag is kept, as JSON; see requests/retention.py. `listed`: 0 or 1."""

    id: int
    name: str
    color: int | None
    rgb: str | None
    retention: str = "{}"
    listed: int = 1


_COLUMNS = "id, name, color, rgb, retention, listed"


def everything(mailbox: Mailbox) -> list[Tag]:
    rows = mailbox.db.execute(f"SELECT {_COLUMNS} FROM tags WHERE mbox = ? ORDER BY name_key", (mailbox.num,))  # noqa: S608
    return [Tag(*row) for row in rows]


def listed(mailbox: Mailbox) -> list[Tag]:
    """Those that the owner has, or was given; see above for the others."""
    return [tag for tag in everything(mailbox) if tag.listed]


def by_name(mailbox: Mailbox, name: str) -> Tag | None:
    row = mailbox.db.execute(
        f"SELECT {_COLUMNS} FROM tags WHERE mbox = ? AND name_key = ?",  # noqa: S608
        (mailbox.num, name.strip().lower()),
    ).fetchone()
    return None if row is None else Tag(*row)


def get(mailbox: Mailbox, tag_id: int) -> Tag:
    row = mailbox.db.execute(
        f"SELECT {_COLUMNS} FROM tags WHERE mbox = ? AND id = ?",  # noqa: S608
        (mailbox.num, tag_id),
    ).fetchone()
    if row is None:
        raise SoapFault("mail.NO_SUCH_TAG", f"no such tag: {tag_id}", itemId=tag_id)
    return Tag(*row)


def no_such_tag(name: str) -> SoapFault:
    return SoapFault("mail.NO_SUCH_TAG", f"no such tag: {name[:100]}")


def _valid_name(name: str) -> str:
    """The name as kept; none at all is service.INVALID_REQUEST, a bad one mail.INVALID_NAME."""
    if not name:
        raise invalid_request("tag name must not be empty")
    kept = name.strip()
    if not kept or len(kept) > MAX_NAME or any(c in _FORBIDDEN or ord(c) < 32 for c in kept):
        raise SoapFault("mail.INVALID_NAME", f"invalid name: {name[:200]}", name=name[:200])
    return kept


def valid_color(color: int | None) -> int | None:
    """The colour as kept: what is no colour is the one nobody chose."""
    return color if color is not None and 0 <= color <= MAX_COLOR else None


def create(mailbox: Mailbox, name: str, color: int | None, rgb: str | None) -> Tag:
    """A new tag of the list; one that is only on items so far comes into it. mail.INVALID_NAME, mail.ALREADY_EXISTS."""
    name = _valid_name(name)
    there = by_name(mailbox, name)
    if there is not None and not there.listed:
        change(mailbox, there, name, color, rgb)
        mailbox.db.execute("UPDATE tags SET listed = 1 WHERE mbox = ? AND id = ?", (mailbox.num, there.id))
        return get(mailbox, there.id)
    return _add(mailbox, name, valid_color(color), rgb, listed=1)


def _add(mailbox: Mailbox, name: str, color: int | None, rgb: str | None, *, listed: int) -> Tag:
    tag = Tag(mailbox.next_id(), name, color, rgb, listed=listed)
    try:
        mailbox.db.execute(
            "INSERT INTO tags (mbox, id, name, name_key, color, rgb, listed) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (mailbox.num, tag.id, name, name.lower(), color, rgb, listed),
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
        (name, name.lower(), valid_color(color), rgb, mailbox.num, tag.id),
    )
    mailbox.next_sequence()


def keep_for(mailbox: Mailbox, tag: Tag, retention: str) -> None:
    """Another `Tag.retention`."""
    mailbox.db.execute("UPDATE tags SET retention = ? WHERE mbox = ? AND id = ?", (retention, mailbox.num, tag.id))
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


def mark_read(mailbox: Mailbox, tag: Tag, *, read: bool) -> None:
    """Everything that bears the tag."""
    changed = "replace(flags, 'u', '')" if read else "replace(flags, 'u', '') || 'u'"
    mailbox.db.execute(
        f"UPDATE items SET flags = {changed}, sequence = ?3"  # noqa: S608
        " WHERE mbox = ?1 AND ',' || tags || ',' LIKE '%,' || ?2 || ',%' AND type = 'message'",
        (mailbox.num, str(tag.id), mailbox.next_sequence()),
    )


def ids_for(mailbox: Mailbox, names: str | None, ids: str | None) -> str:
    """The stored form (comma list of ids) of an item's `tn` or `t`; an unknown name makes a tag that is not listed.

    The right to write the item is checked by who stores it. service.PERM_DENIED: ids, for who is not the owner of the
    mailbox and cannot know them; mail.NO_SUCH_TAG.
    """
    if names:
        wanted = [name for name in names.split(",") if name.strip()]
        return ",".join(
            str((by_name(mailbox, name) or _add(mailbox, _valid_name(name), None, None, listed=0)).id)
            for name in wanted
        )
    if ids:
        if mailbox.limited:
            raise perm_denied()
        return ",".join(str(get(mailbox, int(one)).id) for one in ids.split(",") if _ID.match(one.strip()))
    return ""
