"""What there is of accounts and mailboxes, in numbers."""

from __future__ import annotations

import sqlite3


def count_by_class(db: sqlite3.Connection, domain: str) -> dict[str, int]:
    """How many accounts of a domain are in each class of service, by the id of the class."""
    rows = db.execute("SELECT class, count(*) FROM accounts WHERE name LIKE '%@' || ? GROUP BY class", (domain,))
    return dict(rows.fetchall())


def used_bytes(db: sqlite3.Connection) -> dict[int, int]:
    """What each mailbox holds, by the number of the account; empty ones are left out."""
    return dict(db.execute("SELECT mbox, sum(size) FROM items GROUP BY mbox").fetchall())


def opened_mailboxes(db: sqlite3.Connection) -> list[tuple[int, str, int]]:
    """Number and id of the accounts whose mailbox was ever opened, with what it holds."""
    used = used_bytes(db)
    rows = db.execute("SELECT num, id FROM accounts WHERE num IN (SELECT mbox FROM mailboxes) ORDER BY num")
    return [(num, account_id, used.get(num, 0)) for num, account_id in rows]
