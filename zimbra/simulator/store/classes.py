"""Classes of service: what an account has unless something else was set on it."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store.accounts import changed_attributes
from zimbra.simulator.store.defaults import CLASS_DEFAULTS, DEFAULT_CLASS_ID, EXTERNAL_CLASS_ID, Attributes


@dataclass(frozen=True)
class ServiceClass:
    """`attrs` is what differs from the defaults; an empty list is a default that was taken away."""

    id: str
    name: str
    attrs: Attributes

    @property
    def values(self) -> Attributes:
        """All that the class says."""
        return {name: value for name, value in {**CLASS_DEFAULTS, **self.attrs}.items() if value}


def find(db: sqlite3.Connection, by: str, value: str) -> ServiceClass | None:
    column = "id" if by == "id" else "name COLLATE NOCASE"
    row = db.execute(f"SELECT id, name, attrs FROM classes WHERE {column} = ?", (value.strip(),)).fetchone()  # noqa: S608
    return None if row is None else ServiceClass(row[0], row[1], json.loads(row[2]))


def get(db: sqlite3.Connection, by: str, value: str) -> ServiceClass:
    """As `find`; account.NO_SUCH_COS."""
    found = find(db, by, value)
    if found is None:
        raise SoapFault("account.NO_SUCH_COS", f"no such cos: {value[:200]}")
    return found


def everything(db: sqlite3.Connection) -> list[ServiceClass]:
    rows = db.execute("SELECT id, name, attrs FROM classes ORDER BY name")
    return [ServiceClass(row[0], row[1], json.loads(row[2])) for row in rows]


def create(db: sqlite3.Connection, name: str, attrs: Attributes) -> ServiceClass:
    """A new class; account.COS_EXISTS."""
    name = _name(db, name)
    created = ServiceClass(str(uuid.uuid4()), name, attrs)
    db.execute("INSERT INTO classes VALUES (?, ?, ?)", (created.id, created.name, json.dumps(attrs)))
    return created


def _name(db: sqlite3.Connection, name: str) -> str:
    name = name.strip()
    if not name or len(name) > 255 or not name.isprintable():
        raise SoapFault("ldap.LDAP_ERROR", f"LDAP error: invalid name of an entry: {name[:200]}")
    if find(db, "name", name) is not None:
        raise SoapFault("account.COS_EXISTS", f"object already exists: {name}")
    return name


def modify(db: sqlite3.Connection, found: ServiceClass, changes: Mapping[str, list[str]]) -> ServiceClass:
    """Attributes changed as those of an account are; all accounts of the class follow."""
    after = changed_attributes(found.values, changes)
    attrs: Attributes = {name: value for name, value in after.items() if CLASS_DEFAULTS.get(name) != value}
    attrs.update({name: [] for name in CLASS_DEFAULTS if name not in after})
    db.execute("UPDATE classes SET attrs = ? WHERE id = ?", (json.dumps(attrs), found.id))
    return ServiceClass(found.id, found.name, attrs)


def rename(db: sqlite3.Connection, found: ServiceClass, name: str) -> ServiceClass:
    """account.COS_EXISTS; the default class keeps its name."""
    if found.id == DEFAULT_CLASS_ID:
        raise invalid_request("cannot rename default cos")
    name = _name(db, name)
    db.execute("UPDATE classes SET name = ? WHERE id = ?", (name, found.id))
    return ServiceClass(found.id, name, found.attrs)


def delete(db: sqlite3.Connection, found: ServiceClass) -> None:
    """Its accounts fall back to the default class, which itself cannot be deleted."""
    if found.id in (DEFAULT_CLASS_ID, EXTERNAL_CLASS_ID):
        raise invalid_request("cannot delete default cos")
    db.execute("UPDATE accounts SET class = ? WHERE class = ?", (DEFAULT_CLASS_ID, found.id))
    db.execute("DELETE FROM classes WHERE id = ?", (found.id,))
