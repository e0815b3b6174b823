"""Distribution lists: a name that stands for several addresses, lists among them."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store import accounts, changes
from zimbra.simulator.store.accounts import Account, changed_attributes, listed
from zimbra.simulator.store.defaults import Attributes


@dataclass(frozen=True)
class MailingList:
    num: int
    id: str
    name: str
    attrs: Attributes

    def aliases(self) -> list[str]:
        return [alias.lower() for alias in listed(self.attrs.get("zimbraMailAlias", []))]

    def addresses(self) -> list[str]:
        return [self.name, *self.aliases()]

    def first(self, name: str, default: str = "") -> str:
        values = listed(self.attrs.get(name, []))
        return values[0] if values else default


_SELECT = "SELECT num, id, name, attrs FROM lists"


def _list(row: tuple[int, str, str, str] | None) -> MailingList | None:
    return None if row is None else MailingList(row[0], row[1], row[2], json.loads(row[3]))


def by_id(db: sqlite3.Connection, list_id: str) -> MailingList | None:
    return _list(db.execute(f"{_SELECT} WHERE id = ?", (list_id.strip(),)).fetchone())


def by_address(db: sqlite3.Connection, address: str) -> MailingList | None:
    """A list by its name or by one of its aliases."""
    address = address.strip().lower()
    found = _list(db.execute(f"{_SELECT} WHERE name = ?", (address,)).fetchone())
    if found is not None:
        return found
    row = db.execute("SELECT list FROM addresses WHERE address = ?", (address,)).fetchone()
    return None if row is None else _list(db.execute(f"{_SELECT} WHERE num = ?", (row[0],)).fetchone())


def by_reference(db: sqlite3.Connection, by: str, value: str) -> MailingList | None:
    return by_id(db, value) if by == "id" else by_address(db, value)


def everything(db: sqlite3.Connection, domain: str = "") -> list[MailingList]:
    rows = db.execute(f"{_SELECT} WHERE ?1 = '' OR name LIKE '%@' || ?1 ORDER BY name", (domain.lower(),))
    return [found for row in rows if (found := _list(row)) is not None]


def members(db: sqlite3.Connection, found: MailingList) -> list[str]:
    """The addresses in the list itself, in order."""
    return [
        row[0] for row in db.execute("SELECT address FROM list_members WHERE list = ? ORDER BY address", (found.num,))
    ]


def containing(db: sqlite3.Connection, addresses: Iterable[str]) -> list[tuple[MailingList, str]]:
    """The lists these addresses are in, in order of name, with the list by which they are in it ("" when directly)."""
    found: dict[int, tuple[MailingList, str]] = {}
    wanted = [(address, "") for address in addresses]
    while wanted:
        address, via = wanted.pop(0)
        query = f"{_SELECT} WHERE num IN (SELECT list FROM list_members WHERE address = ?)"  # noqa: S608
        rows = db.execute(query, (address,)).fetchall()
        for row in rows:
            outer = _list(row)
            if outer is not None and outer.num not in found:
                found[outer.num] = (outer, via)
                wanted += [(one, outer.name) for one in outer.addresses()]
    return sorted(found.values(), key=lambda pair: pair[0].name)


# --- writing -------------------------------------------------------------------------------------------------------


def _check_name(db: sqlite3.Connection, name: str) -> str:
    try:
        return accounts.check_address(db, name)
    except SoapFault as fault:
        if fault.code != "account.ACCOUNT_EXISTS":
            raise
        code = "account.DISTRIBUTION_LIST_EXISTS"
        raise SoapFault(code, f"email address already exists: {name}") from None


def create(db: sqlite3.Connection, name: str, attrs: Attributes) -> MailingList:
    """A new list; account.DISTRIBUTION_LIST_EXISTS, account.NO_SUCH_DOMAIN, service.INVALID_REQUEST."""
    name = _check_name(db, name)
    list_id = str(attrs.pop("zimbraId", "")) or str(uuid.uuid4())
    own: Attributes = {"zimbraCreateTimestamp": accounts.generalized_time(time.time()), **attrs}
    num = db.execute("INSERT INTO lists (id, name, attrs) VALUES (?, ?, ?)", (list_id, name, json.dumps(own))).lastrowid
    changes.note(db, list_id)
    return MailingList(num or 0, list_id, name, own)


def modify(db: sqlite3.Connection, found: MailingList, wanted: Mapping[str, list[str]]) -> MailingList:
    """Attributes changed as those of an account are."""
    attrs = changed_attributes(found.attrs, wanted)
    changes.note(db, found.id)
    db.execute("UPDATE lists SET attrs = ? WHERE num = ?", (json.dumps(attrs), found.num))
    return MailingList(found.num, found.id, found.name, attrs)


def rename(db: sqlite3.Connection, found: MailingList, name: str) -> MailingList:
    """The same list under another name, in the lists it is in too."""
    name = _check_name(db, name)
    db.execute("UPDATE lists SET name = ? WHERE num = ?", (name, found.num))
    changes.note(db, found.id)
    db.execute("UPDATE OR IGNORE list_members SET address = ? WHERE address = ?", (name, found.name))
    return MailingList(found.num, found.id, name, found.attrs)


def delete(db: sqlite3.Connection, found: MailingList) -> None:
    """The list, its places in other lists and the rights it was given."""
    db.executemany("DELETE FROM list_members WHERE address = ?", [(one,) for one in found.addresses()])
    db.execute("DELETE FROM account_grants WHERE zid = ?", (found.id,))
    db.execute("DELETE FROM lists WHERE num = ?", (found.num,))
    changes.note(db, found.id, gone=True)


def add_members(db: sqlite3.Connection, found: MailingList, addresses: Iterable[str]) -> None:
    """service.INVALID_REQUEST for the list itself or a list that it is in already."""
    outer = {one.num for one, _ in containing(db, found.addresses())} | {found.num}
    for address in addresses:
        address = _member(address)
        inner = by_address(db, address)
        if inner is not None and inner.num in outer:
            raise invalid_request(f"cannot add self or a list that contains it as a member: {address}")
        db.execute("INSERT OR IGNORE INTO list_members VALUES (?, ?)", (found.num, address))


def _member(address: str) -> str:
    address = address.strip().lower()
    local, _, domain = address.rpartition("@")
    if not local or not domain or any(c.isspace() for c in address) or len(address) > accounts.MAX_NAME:
        raise invalid_request(f"must be valid email address: {address[:300]}")
    return address


def remove_members(db: sqlite3.Connection, found: MailingList, addresses: Iterable[str]) -> None:
    """account.NO_SUCH_MEMBER when one of them is not in the list; nobody is removed then."""
    held = set(members(db, found))
    wanted = [address.strip().lower() for address in addresses]
    missing = [address for address in wanted if address not in held]
    if missing:
        raise SoapFault("account.NO_SUCH_MEMBER", f"non-existent members: {','.join(missing)} in distribution list")
    db.executemany(
        "DELETE FROM list_members WHERE list = ? AND address = ?", [(found.num, address) for address in wanted]
    )


def add_alias(db: sqlite3.Connection, found: MailingList, alias: str) -> MailingList:
    """One more name of the list."""
    alias = _check_name(db, alias)
    db.execute("INSERT INTO addresses (address, id, list) VALUES (?, ?, ?)", (alias, str(uuid.uuid4()), found.num))
    return modify(db, found, {"+zimbraMailAlias": [alias]})


def remove_alias(db: sqlite3.Connection, found: MailingList, alias: str) -> MailingList:
    """account.NO_SUCH_ALIAS when it is none of the list's."""
    alias = alias.strip().lower()
    if alias not in found.aliases():
        raise SoapFault("account.NO_SUCH_ALIAS", f"no such alias: {alias}")
    db.execute("DELETE FROM addresses WHERE address = ?", (alias,))
    return modify(db, found, {"-zimbraMailAlias": [alias]})


def memberships(db: sqlite3.Connection, account: Account) -> list[tuple[MailingList, str]]:
    """The lists a person is in, see `containing`."""
    return containing(db, sorted(account.addresses()))
