"""Mail domains."""

from __future__ import annotations

import json
import re
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store.accounts import changed_attributes
from zimbra.simulator.store.defaults import Attributes

_NAME = re.compile(r"[^\s@/:,;<>()\"'\\]{1,255}\Z")


@dataclass(frozen=True)
class Domain:
    name: str
    id: str
    attrs: Attributes


def domain(db: sqlite3.Connection, by: str, value: str) -> Domain | None:
    column = "id" if by == "id" else "name"
    row = db.execute(f"SELECT name, id, attrs FROM domains WHERE {column} = ?", (value.strip().lower(),)).fetchone()  # noqa: S608
    return None if row is None else Domain(row[0], row[1], json.loads(row[2]))


def of_virtual_host(db: sqlite3.Connection, host: str) -> Domain | None:
    """The domain that is served under the name of a host (zimbraVirtualHostname)."""
    for found in domains(db):
        names = found.attrs.get("zimbraVirtualHostname", [])
        if host.lower() in [name.lower() for name in ([names] if isinstance(names, str) else names)]:
            return found
    return None


def domains(db: sqlite3.Connection) -> list[Domain]:
    rows = db.execute("SELECT name, id, attrs FROM domains ORDER BY name")
    return [Domain(name, domain_id, json.loads(attrs)) for name, domain_id, attrs in rows]


def create_domain(db: sqlite3.Connection, name: str, attrs: Attributes) -> Domain:
    """A new domain; account.DOMAIN_EXISTS, service.INVALID_REQUEST for what cannot be a name."""
    name = name.strip().lower()
    if not _NAME.match(name):
        raise invalid_request(f"invalid domain name: {name[:300]}")
    created = Domain(name, str(uuid.uuid4()), attrs)
    try:
        db.execute("INSERT INTO domains VALUES (?, ?, ?)", (name, created.id, json.dumps(attrs)))
    except sqlite3.IntegrityError:
        raise SoapFault("account.DOMAIN_EXISTS", f"object already exists: {name}") from None
    return created


def modify_domain(db: sqlite3.Connection, found: Domain, changes: Mapping[str, list[str]]) -> Domain:
    """Attributes changed as those of an account are."""
    attrs = changed_attributes(found.attrs, changes)
    db.execute("UPDATE domains SET attrs = ? WHERE name = ?", (json.dumps(attrs), found.name))
    return Domain(found.name, found.id, attrs)


def delete_domain(db: sqlite3.Connection, found: Domain) -> None:
    """account.DOMAIN_NOT_EMPTY as long as an account or a list is in it."""
    pattern = f"%@{found.name}"
    if db.execute(
        "SELECT 1 FROM accounts WHERE name LIKE ?1 UNION ALL SELECT 1 FROM lists WHERE name LIKE ?1", (pattern,)
    ).fetchone():
        raise SoapFault("account.DOMAIN_NOT_EMPTY", f"domain not empty: {found.name}")
    db.execute("DELETE FROM domains WHERE name = ?", (found.name,))
