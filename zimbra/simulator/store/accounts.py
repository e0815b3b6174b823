"""Accounts, domains and passwords.

Every function takes the connection of the running transaction. Names are compared in lower case.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, no_such_account

Attributes = dict[str, str | list[str]]

# Default class of service; the values are those of a fresh Zimbra. An account's own attribute wins.
CLASS_OF_SERVICE_ID = "e00428a1-0c00-11d9-836a-000d93afea2a"
DEFAULT_ATTRIBUTES: Attributes = {
    "zimbraAccountStatus": "active",
    "zimbraAuthTokenLifetime": "2d",
    "zimbraFileUploadMaxSize": "10485760",
    "zimbraMtaMaxMessageSize": "10240000",
    "zimbraMailContentMaxSize": "10240000",
    "zimbraMailQuota": "0",
    "zimbraContactMaxNumEntries": "10000",
    "zimbraIdentityMaxNumEntries": "20",
    "zimbraSignatureMaxNumEntries": "20",
    "zimbraMailSignatureMaxLength": "10240",
    "zimbraMailWhitelistMaxNumEntries": "100",
    "zimbraMailBlacklistMaxNumEntries": "100",
    "zimbraMailTrustedSenderListMaxNumEntries": "500",
    "zimbraMailSieveScriptMaxSize": "0",
    "zimbraFilterBatchSize": "10000",
    "zimbraFeatureContactsEnabled": "TRUE",
    "zimbraFeatureCalendarEnabled": "TRUE",
    "zimbraFeatureTasksEnabled": "TRUE",
    "zimbraFeatureGroupCalendarEnabled": "TRUE",
    "zimbraFeatureTwoFactorAuthAvailable": "FALSE",
}
DEFAULT_PREFERENCES: Attributes = {
    "zimbraPrefLocale": "fr",
    "zimbraPrefTimeZoneId": "Europe/Brussels",
    "zimbraPrefSkin": "harmony",
}

# A modest cost, some 2 ms: enough for a simulator whose passwords are made up.
SCRYPT = {"n": 1024, "r": 8, "p": 1}


@dataclass(frozen=True)
class Account:
    """One row of the directory. `attrs` holds only what was set on the account itself."""

    num: int
    id: str
    name: str
    password: str
    validity: int
    attrs: Attributes

    def first(self, name: str, default: str = "") -> str:
        """The value of an attribute, from the account or else from its class of service."""
        value = self.attrs.get(name, DEFAULT_ATTRIBUTES.get(name, DEFAULT_PREFERENCES.get(name, default)))
        return value if isinstance(value, str) else (value[0] if value else default)

    def limit(self, name: str) -> int:
        """A numeric attribute; 0 means no limit."""
        value = self.first(name, "0")
        return int(value) if value.isdecimal() and len(value) < 19 else 0

    def addresses(self) -> set[str]:
        """Every address that is this person, in lower case."""
        aliases = self.attrs.get("zimbraMailAlias", [])
        listed = [aliases] if isinstance(aliases, str) else aliases
        return {self.name, *(alias.lower() for alias in listed)}

    @property
    def class_id(self) -> str:
        """Id of the class of service."""
        return self.first("zimbraCOSId", CLASS_OF_SERVICE_ID)

    @property
    def is_admin(self) -> bool:
        return self.attrs.get("zimbraIsAdminAccount") == "TRUE"


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, **SCRYPT)
    return f"{salt.hex()}${digest.hex()}"


def password_matches(account: Account, password: str) -> bool:
    salt, _, digest = account.password.partition("$")
    if not digest:
        return False
    found = hashlib.scrypt(password.encode("utf-8", "replace"), salt=bytes.fromhex(salt), **SCRYPT)
    return hmac.compare_digest(found.hex(), digest)


_COLUMNS = "num, id, name, password, validity, attrs"


def _account(row: tuple[int, str, str, str, int, str] | None) -> Account | None:
    return None if row is None else Account(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]))


def by_name(db: sqlite3.Connection, name: str, default_domain: str = "") -> Account | None:
    name = name.strip().lower()
    if "@" not in name and default_domain:
        name = f"{name}@{default_domain}"
    return _account(db.execute(f"SELECT {_COLUMNS} FROM accounts WHERE name = ?", (name,)).fetchone())  # noqa: S608


def by_id(db: sqlite3.Connection, account_id: str) -> Account | None:
    return _account(db.execute(f"SELECT {_COLUMNS} FROM accounts WHERE id = ?", (account_id,)).fetchone())  # noqa: S608


def by_reference(db: sqlite3.Connection, by: str, value: str, default_domain: str = "") -> Account | None:
    """An account by "name" (or foreignPrincipal) or by "id"; None when there is none."""
    return by_id(db, value.strip()) if by == "id" else by_name(db, value, default_domain)


def list_ids(db: sqlite3.Connection, account: Account) -> set[str]:
    """Ids of the distribution lists the account is in, lists of lists included."""
    found: dict[str, str] = {}
    wanted = list(account.addresses())
    while wanted:
        rows = db.execute(
            "SELECT lists.id, lists.name FROM list_members JOIN lists ON lists.num = list_members.list"
            " WHERE list_members.address = ?",
            (wanted.pop(),),
        )
        for list_id, name in rows:
            if list_id not in found:
                found[list_id] = name
                wanted.append(name)
    return set(found)


def everyone(db: sqlite3.Connection, domain: str = "") -> list[Account]:
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM accounts WHERE ? = '' OR name LIKE '%@' || ? ORDER BY name",  # noqa: S608
        (domain, domain.lower()),
    )
    return [account for row in rows if (account := _account(row)) is not None]


def names(db: sqlite3.Connection, offset: int, limit: int) -> list[str]:
    return [r[0] for r in db.execute("SELECT name FROM accounts ORDER BY name LIMIT ? OFFSET ?", (limit, offset))]


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM accounts").fetchone()[0])


def create(db: sqlite3.Connection, name: str, password_hash: str, attrs: Attributes) -> Account:
    """A new account; account.ACCOUNT_EXISTS, account.NO_SUCH_DOMAIN."""
    name = name.strip().lower()
    local, at, domain = name.rpartition("@")
    if not at or not local or any(c.isspace() for c in name):
        raise SoapFault("account.INVALID_ATTR_VALUE", f"invalid attr value: {name}")
    if db.execute("SELECT 1 FROM domains WHERE name = ?", (domain,)).fetchone() is None:
        raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {domain}")
    account_id = str(uuid.uuid4())
    try:
        db.execute(
            "INSERT INTO accounts (id, name, password, attrs) VALUES (?, ?, ?, ?)",
            (account_id, name, password_hash, json.dumps(attrs)),
        )
    except sqlite3.IntegrityError:
        raise SoapFault("account.ACCOUNT_EXISTS", f"email address already exists: {name}") from None
    created = by_id(db, account_id)
    if created is None:
        raise no_such_account(name)
    return created


def modify(db: sqlite3.Connection, account: Account, changes: Mapping[str, list[str]]) -> Account:
    """Set, add (`+name`), remove (`-name`) or clear (no value or an empty one) attributes."""
    attrs = dict(account.attrs)
    for key, values in changes.items():
        name = key.lstrip("+-")
        old = attrs.get(name, [])
        kept = [old] if isinstance(old, str) else list(old)
        given = [value for value in values if value]
        if key.startswith("+"):
            given = kept + [value for value in given if value not in kept]
        elif key.startswith("-"):
            given = [value for value in kept if value not in given]
        if not given:
            attrs.pop(name, None)
        else:
            attrs[name] = given[0] if len(given) == 1 else given
    db.execute("UPDATE accounts SET attrs = ? WHERE num = ?", (json.dumps(attrs), account.num))
    return Account(account.num, account.id, account.name, account.password, account.validity, attrs)


def set_password(db: sqlite3.Connection, account: Account, password_hash: str) -> None:
    """A new password; every token of the account ends."""
    db.execute("UPDATE accounts SET password = ?, validity = validity + 1 WHERE num = ?", (password_hash, account.num))


def delete(db: sqlite3.Connection, account: Account) -> None:
    """The account with its mailbox."""
    db.execute("DELETE FROM attachments WHERE mbox = ?", (account.num,))
    db.execute("DELETE FROM accounts WHERE num = ?", (account.num,))


@dataclass(frozen=True)
class Domain:
    name: str
    id: str
    attrs: Attributes


def domain(db: sqlite3.Connection, by: str, value: str) -> Domain | None:
    column = "id" if by == "id" else "name"
    row = db.execute(f"SELECT name, id, attrs FROM domains WHERE {column} = ?", (value.strip().lower(),)).fetchone()  # noqa: S608
    return None if row is None else Domain(row[0], row[1], json.loads(row[2]))


def domains(db: sqlite3.Connection) -> list[Domain]:
    rows = db.execute("SELECT name, id, attrs FROM domains ORDER BY name")
    return [Domain(name, domain_id, json.loads(attrs)) for name, domain_id, attrs in rows]


def create_domain(db: sqlite3.Connection, name: str, attrs: Attributes) -> Domain:
    """A new domain; account.DOMAIN_EXISTS."""
    name = name.strip().lower()
    if not name or any(c.isspace() or c in "@/" for c in name):
        raise SoapFault("account.INVALID_ATTR_VALUE", f"invalid domain name: {name}")
    created = Domain(name, str(uuid.uuid4()), attrs)
    try:
        db.execute("INSERT INTO domains VALUES (?, ?, ?)", (name, created.id, json.dumps(attrs)))
    except sqlite3.IntegrityError:
        raise SoapFault("account.DOMAIN_EXISTS", f"object already exists: {name}") from None
    return created


def set_domain_attribute(db: sqlite3.Connection, name: str, attribute: str, value: str) -> None:
    found = domain(db, "name", name)
    if found is not None:
        db.execute(
            "UPDATE domains SET attrs = ? WHERE name = ?", (json.dumps({**found.attrs, attribute: value}), found.name)
        )
