"""Who may do what in a mailbox: grants on folders, inherited by the folders below.

Rights are Zimbra's letters: r read, w write, i insert, d delete, x act on invitations, a administer, p see private
items, f see free and busy times, c create sub-folders (follows from r and i). The nearest folder that has grants of
its own decides, for everybody; a folder that was granted or revoked on bears the flag `i` and inherits no more.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, invalid_request, perm_denied
from zimbra.simulator.store import accounts, domains
from zimbra.simulator.store.accounts import Account

ALL_RIGHTS = "rwidxapfc"
GRANTEE_TYPES = ("usr", "grp", "cos", "dom", "all", "pub", "guest", "key")
# Grantees whose name is their id and who show a secret.
OUTSIDE_TYPES = ("guest", "key")
EVERYBODY_ID = "00000000-0000-0000-0000-000000000000"
PUBLIC_ID = "99999999-9999-9999-9999-999999999999"


@dataclass(frozen=True)
class Grant:
    """`zid`: id of the grantee, its address for a guest. `perm`: letters in Zimbra's order.

    `expires`: ms or None. `lapses`: as well, what the owner's account allows at most at the time of the grant.
    """

    gt: str
    zid: str
    perm: str
    name: str = ""
    secret: str = ""
    expires: int | None = None
    lapses: int | None = None

    @property
    def holder(self) -> str:
        """What its grantee must be known as: an id, or outside an address or a name together with the secret."""
        return outsider(self.zid, self.secret) if self.gt in OUTSIDE_TYPES else self.zid

    @property
    def valid(self) -> bool:
        end = self.expires if self.expires is not None else self.lapses
        return end is None or end > time.time() * 1000


_COLUMNS = "gt, zid, perm, name, secret, expires, lapses"


def of_folder(db: sqlite3.Connection, mbox: int, folder: int) -> list[Grant]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM grants WHERE mbox = ? AND folder = ? ORDER BY rowid", (mbox, folder))  # noqa: S608
    return [Grant(*row) for row in rows]


def of_mailbox(db: sqlite3.Connection, mbox: int) -> dict[int, list[Grant]]:
    """All grants of a mailbox, by folder."""
    found: dict[int, list[Grant]] = {}
    for row in db.execute(f"SELECT folder, {_COLUMNS} FROM grants WHERE mbox = ? ORDER BY rowid", (mbox,)):  # noqa: S608
        found.setdefault(row[0], []).append(Grant(*row[1:]))
    return found


def granting(db: sqlite3.Connection, ids: Iterable[str]) -> list[int]:
    """The mailboxes in which something is granted to one of these ids."""
    wanted = list(ids)
    marks = ",".join("?" * len(wanted))
    rows = db.execute(f"SELECT DISTINCT mbox FROM grants WHERE zid IN ({marks}) ORDER BY mbox", wanted)  # noqa: S608
    return [row[0] for row in rows]


def grantee_ids(db: sqlite3.Connection, reader: Account | None) -> frozenset[str]:
    """Every `zid` that stands for `reader` in a grant; None is somebody who has not signed in.

    A guest's address does not stand for the account that may have it: a grant to an address nobody had yet stays one
    to somebody outside.
    """
    if reader is None:
        return frozenset({PUBLIC_ID})
    if reader.id == PUBLIC_ID:
        # A visitor (see zimbra.simulator.signin), with the password of a guest or without.
        return frozenset({PUBLIC_ID, outsider(reader.name, reader.password)} - {""})
    found = {PUBLIC_ID, EVERYBODY_ID, reader.id, reader.class_id}
    found.update(accounts.list_ids(db, reader))
    domain = domains.domain(db, "name", reader.domain)
    if domain is not None:
        found.add(domain.id)
    return frozenset(found)


def outsider(name: str, secret: str) -> str:
    """Somebody outside, by address in any case and secret; nobody's without a secret."""
    return f"{name.lower()}\n{secret}" if secret else ""


def granted(grants: list[Grant], ids: frozenset[str]) -> str | None:
    """The letters these grants give to a reader with these ids, "" for none; None when there are no grants at all."""
    if not grants:
        return None
    letters = {letter for grant in grants if grant.holder in ids and grant.valid for letter in grant.perm}
    if letters >= {"r", "i"}:
        letters.add("c")
    return in_order(letters)


def in_order(letters: Iterable[str]) -> str:
    given = set(letters)
    return "".join(letter for letter in ALL_RIGHTS if letter in given)


def parse_rights(text: str) -> str:
    """Rights as they may be granted, in Zimbra's order; `c` cannot be, and is left out. service.INVALID_REQUEST."""
    for letter in text:
        if letter not in ALL_RIGHTS:
            raise invalid_request(f"unknown right: {letter}")
    return in_order(text).replace("c", "")


def parse_type(text: str) -> str:
    kind = text.lower()
    if kind not in GRANTEE_TYPES:
        raise invalid_request(f"unknown grantee type: {text[:40]}")
    return kind


# --- writing: the caller has checked the right to administer the folder ---------------------------------------------


def add(db: sqlite3.Connection, owner: Account, folder: int, grant: Grant) -> Grant:
    """Grant, in place of what the same grantee had. Returns the grant as kept.

    Faults: service.PERM_DENIED for the owner as grantee, mail.CANNOT_GRANT, mail.GRANT_EXISTS for the very same grant.
    """
    if grant.gt == "usr" and grant.zid == owner.id:
        raise perm_denied("cannot grant access to the owner of the item")
    if "a" in grant.perm and grant.gt not in ("usr", "grp"):
        raise SoapFault("mail.CANNOT_GRANT", "cannot grant admin right to other than a user or a group")
    if grant.gt == "key" and not grant.secret:
        grant = Grant(grant.gt, grant.zid, grant.perm, grant.name, secrets.token_hex(16), grant.expires, grant.lapses)
    for other in of_folder(db, owner.num, folder):
        if same_grantee(other, grant.zid):
            same = (other.perm, other.expires, other.secret) == (grant.perm, grant.expires, grant.secret)
            if same and other.gt == grant.gt:
                raise SoapFault("mail.GRANT_EXISTS", f"grant exists: {grant.zid}")
            _remove(db, owner.num, folder, other.zid)
    _insert(db, owner.num, folder, grant)
    return grant


def remove(db: sqlite3.Connection, owner: Account, folder: int, zid: str) -> bool:
    """Revoke; False when there was nothing to. service.PERM_DENIED for the owner."""
    if zid == owner.id:
        raise perm_denied("cannot revoke access from the owner of the item")
    held = [grant for grant in of_folder(db, owner.num, folder) if same_grantee(grant, zid)]
    for grant in held:
        _remove(db, owner.num, folder, grant.zid)
    return bool(held)


def replace(db: sqlite3.Connection, owner: Account, folder: int, grants: Iterable[Grant]) -> None:
    """All grants of a folder at once."""
    db.execute("DELETE FROM grants WHERE mbox = ? AND folder = ?", (owner.num, folder))
    for grant in grants:
        if grant.gt == "key" and not grant.secret:
            grant = Grant(grant.gt, grant.zid, grant.perm, "", secrets.token_hex(16), grant.expires, grant.lapses)
        _insert(db, owner.num, folder, grant)


def same_grantee(grant: Grant, zid: str) -> bool:
    return grant.zid.lower() == zid.lower() if grant.gt in OUTSIDE_TYPES else grant.zid == zid


def _insert(db: sqlite3.Connection, mbox: int, folder: int, grant: Grant) -> None:
    db.execute(
        "INSERT OR REPLACE INTO grants (mbox, folder, zid, gt, perm, name, secret, expires, lapses)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            mbox, folder, grant.zid, grant.gt, grant.perm, grant.name, grant.secret, grant.expires, grant.lapses,
        ),
    )  # fmt: skip


def _remove(db: sqlite3.Connection, mbox: int, folder: int, zid: str) -> None:
    db.execute("DELETE FROM grants WHERE mbox = ? AND folder = ? AND zid = ?", (mbox, folder, zid))


# --- how long a grant may last -------------------------------------------------------------------------------------

_LIFETIMES = {
    "pub": ("zimbraPublicShareLifetime", "zimbraFilePublicShareLifetime"),
    "guest": ("zimbraExternalShareLifetime", "zimbraFileExternalShareLifetime"),
    "key": ("zimbraExternalShareLifetime", "zimbraFileExternalShareLifetime"),
}
_INTERNAL_LIFETIMES = ("zimbraShareLifetime", "zimbraFileShareLifetime")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def lapse(owner: Account, gt: str, *, files: bool, now: int) -> int | None:
    """When a grant of this type ends at the latest by the owner's account, in ms; None for never.

    `files`: the folder holds documents, for which there are limits of their own; the nearer one counts.
    """
    general, of_files = _LIFETIMES.get(gt, _INTERNAL_LIFETIMES)
    names = {general.lower(), of_files.lower()} if files else {general.lower()}
    # The names of attributes are read in any case, as by a directory.
    spans = [_milliseconds(value) for name, value in owner.attrs.items() if name.lower() in names]
    limits = [span for span in spans if span > 0]
    return now + min(limits) if limits else None


def _milliseconds(value: str | list[str]) -> int:
    """A duration as Zimbra writes it, "90s" or "31d"; 0 when it is none."""
    text = value if isinstance(value, str) else value[0]
    number = text.rstrip("dhms")
    return int(number) * _UNITS.get(text[len(number) :] or "s", 0) if number.isdecimal() and len(number) < 10 else 0


# --- links ---------------------------------------------------------------------------------------------------------


def links(db: sqlite3.Connection, mbox: int) -> dict[tuple[str, int], int]:
    """The folders of others a mailbox has links to: (owner's id, folder there) -> id of the first link."""
    found: dict[tuple[str, int], int] = {}
    rows = db.execute("SELECT id, extra FROM folders WHERE mbox = ? AND kind = 'link' ORDER BY id DESC", (mbox,))
    for link_id, extra in rows:
        data = json.loads(extra)
        found[data["zid"], int(data["rid"])] = link_id
    return found
