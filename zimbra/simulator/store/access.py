"""Who may do what in a mailbox: grants on folders, inherited by the folders below.

Rights are Zimbra's letters: r read, w write, i insert, d delete, x act on invitations, a administer, p see private
items, f see free and busy times, c create sub-folders (follows from i). The nearest folder with a grant that applies
to the reader decides; without one its parent does, unless the folder bears the flag `i`.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account

ALL_RIGHTS = "rwidxapfc"
EVERYBODY_ID = "00000000-0000-0000-0000-000000000000"
PUBLIC_ID = "99999999-9999-9999-9999-999999999999"


@dataclass(frozen=True)
class Grant:
    """`zid`: id of the grantee, its address for a guest. `perm`: letters in Zimbra's order. `expires`: ms or None."""

    gt: str
    zid: str
    perm: str
    name: str = ""
    secret: str = ""
    expires: int | None = None

    @property
    def valid(self) -> bool:
        return self.expires is None or self.expires > time.time() * 1000


def of_folder(db: sqlite3.Connection, mbox: int, folder: int) -> list[Grant]:
    rows = db.execute(
        "SELECT gt, zid, perm, name, secret, expires FROM grants WHERE mbox = ? AND folder = ? ORDER BY zid",
        (mbox, folder),
    )
    return [Grant(*row) for row in rows]


def grantee_ids(db: sqlite3.Connection, reader: Account | None) -> frozenset[str]:
    """Every `zid` that stands for `reader` in a grant; None is somebody who has not signed in."""
    if reader is None:
        return frozenset({PUBLIC_ID})
    found = {PUBLIC_ID, EVERYBODY_ID, reader.id, reader.class_id, *reader.addresses()}
    found.update(accounts.list_ids(db, reader))
    domain = accounts.domain(db, "name", reader.name.partition("@")[2])
    if domain is not None:
        found.add(domain.id)
    return frozenset(found)


def granted(grants: list[Grant], ids: frozenset[str]) -> str | None:
    """The letters these grants give to a reader with these ids; None when none of them is about the reader."""
    applying = [grant for grant in grants if grant.zid in ids and grant.valid]
    if not applying:
        return None
    letters = {letter for grant in applying for letter in grant.perm}
    if "i" in letters:
        letters.add("c")
    return "".join(letter for letter in ALL_RIGHTS if letter in letters)
