"""How much the folders of a mailbox hold."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from zimbra.simulator.store.mailbox import Mailbox


@dataclass(frozen=True)
class Counts:
    """What a folder holds: `deleted` of the items, `gone` of the unread ones, wait for an IMAP client to expunge."""

    items: int = 0
    unread: int = 0
    size: int = 0
    deleted: int = 0
    gone: int = 0


def counts(mailbox: Mailbox) -> dict[int, Counts]:
    """Of each folder that holds anything."""
    rows: sqlite3.Cursor = mailbox.db.execute(
        "SELECT folder, count(*), sum(instr(flags, 'u') > 0), sum(size), sum(instr(flags, 'x') > 0),"
        " sum(instr(flags, 'x') > 0 AND instr(flags, 'u') > 0) FROM items WHERE mbox = ? GROUP BY folder",
        (mailbox.num,),
    )
    return {row[0]: Counts(*row[1:]) for row in rows}
