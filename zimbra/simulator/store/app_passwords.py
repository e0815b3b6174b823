"""Passwords for one application each, for programs that cannot ask for a second factor."""

from __future__ import annotations

import secrets
import sqlite3
import time
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.hashing import hash_matches, hash_password

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = 16


@dataclass(frozen=True)
class AppPassword:
    """`created` and `used` (None: never) in milliseconds."""

    name: str
    created: int
    used: int | None


def available(account: Account) -> bool:
    """Whether the account may have any."""
    return account.flag("zimbraFeatureTwoFactorAuthAvailable") and account.flag(
        "zimbraFeatureAppSpecificPasswordsEnabled"
    )


def of_account(db: sqlite3.Connection, account: Account) -> list[AppPassword]:
    rows = db.execute("SELECT name, created, used FROM app_passwords WHERE account = ? ORDER BY name", (account.num,))
    return [AppPassword(*row) for row in rows]


def create(db: sqlite3.Connection, account: Account, name: str) -> str:
    """A new password, told this once; service.INVALID_REQUEST without a name, when taken, or beyond the limit."""
    held = of_account(db, account)
    if not name.strip():
        raise invalid_request("missing required attribute: appName")
    if any(one.name == name for one in held):
        raise SoapFault("service.FAILURE", f"system failure: app-specific password already exists for the name {name}")
    limit = account.limit("zimbraMaxAppSpecificPasswords")
    if limit and len(held) >= limit:
        raise SoapFault("service.FAILURE", "system failure: app-specific password limit reached")
    password = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    db.execute(
        "INSERT INTO app_passwords (account, name, password, created) VALUES (?, ?, ?, ?)",
        (account.num, name, hash_password(password), int(time.time() * 1000)),
    )
    return password


def revoke(db: sqlite3.Connection, account: Account, name: str) -> bool:
    """False when there was none of that name."""
    found = db.execute("DELETE FROM app_passwords WHERE account = ? AND name = ?", (account.num, name))
    return found.rowcount > 0


def check(db: sqlite3.Connection, account: Account, password: str) -> bool:
    """Whether `password` is one of the account's."""
    if not password or not available(account):
        return False
    rows = db.execute("SELECT name, password FROM app_passwords WHERE account = ?", (account.num,)).fetchall()
    return any(hash_matches(stored, password) for _, stored in rows)


def used(db: sqlite3.Connection, account: Account, password: str) -> None:
    """Keep the time of use; to be called in a writing transaction after `check`."""
    rows = db.execute("SELECT name, password FROM app_passwords WHERE account = ?", (account.num,)).fetchall()
    for name, stored in rows:
        if hash_matches(stored, password):
            db.execute(
                "UPDATE app_passwords SET used = ? WHERE account = ? AND name = ?",
                (int(time.time() * 1000), account.num, name),
            )
