"""What programs keep beside a mailbox or one of its items, in sections of names and values."""

from __future__ import annotations

import json

from zimbra.simulator.store.mailbox import Mailbox

# The place of what belongs to the mailbox itself.
OF_MAILBOX = 0


def read(mailbox: Mailbox, item: int, section: str) -> dict[str, str]:
    """The names and values of a section; none when there is no such section."""
    row = mailbox.db.execute(
        "SELECT attrs FROM metadata WHERE mbox = ? AND item = ? AND section = ?", (mailbox.num, item, section)
    ).fetchone()
    found: dict[str, str] = json.loads(row[0]) if row else {}
    return found


def sections(mailbox: Mailbox, item: int) -> dict[str, dict[str, str]]:
    """All sections of an item."""
    rows = mailbox.db.execute(
        "SELECT section, attrs FROM metadata WHERE mbox = ? AND item = ? ORDER BY section", (mailbox.num, item)
    )
    return {section: json.loads(attrs) for section, attrs in rows}


def write(mailbox: Mailbox, item: int, section: str, values: dict[str, str]) -> None:
    """Put a section in the place of what it was; with nothing in it there is none any more."""
    place = (mailbox.num, item, section)
    if values:
        mailbox.db.execute("INSERT OR REPLACE INTO metadata VALUES (?, ?, ?, ?)", (*place, json.dumps(values)))
    else:
        mailbox.db.execute("DELETE FROM metadata WHERE mbox = ? AND item = ? AND section = ?", place)
    mailbox.next_sequence()
