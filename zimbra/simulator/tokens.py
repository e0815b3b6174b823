"""Authentication tokens: signed, so that none has to be stored, and refused once ended.

A token looks like Zimbra's: `0_<signature>_<data>`, both in hexadecimal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import time
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account

DEFAULT_LIFETIME = 172_800  # two days, zimbraAuthTokenLifetime
ADMIN_LIFETIME = 43_200  # twelve hours, zimbraAdminAuthTokenLifetime
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class Caller:
    """Who a token stands for. `admin`: may use the admin requests and act on any mailbox."""

    account: Account
    admin: bool
    serial: str
    expires: int


def lifetime_of(account: Account) -> int:
    """Seconds, from zimbraAuthTokenLifetime ("2d", "12h", "3600")."""
    text = account.first("zimbraAuthTokenLifetime", "2d")
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    return int(number) * _UNITS[unit] if number.isdecimal() and len(number) < 10 else DEFAULT_LIFETIME


def issue(key: bytes, account: Account, seconds: int, *, admin: bool = False) -> str:
    data = json.dumps(
        {
            "id": account.id,
            "exp": int(time.time()) + seconds,
            "vv": account.validity,
            "admin": admin,
            "sn": secrets.token_hex(6),
        },
        separators=(",", ":"),
    )
    encoded = data.encode().hex()
    return f"0_{_sign(key, encoded)}_{encoded}"


def _sign(key: bytes, encoded: str) -> str:
    return hmac.new(key, encoded.encode(), hashlib.sha1).hexdigest()


def read(db: sqlite3.Connection, key: bytes, token: str) -> Caller:
    """Who holds `token`. Made up: service.AUTH_REQUIRED; expired or ended: service.AUTH_EXPIRED."""
    version, _, rest = token.strip().partition("_")
    signature, _, encoded = rest.partition("_")
    required = SoapFault("service.AUTH_REQUIRED", "no valid authtoken present")
    expired = SoapFault("service.AUTH_EXPIRED", "auth credentials have expired")
    if version != "0" or not encoded.isascii() or not signature.isascii():
        raise required
    if not hmac.compare_digest(_sign(key, encoded), signature):
        raise required
    data = json.loads(bytes.fromhex(encoded))
    account = accounts.by_id(db, data["id"])
    if account is None or data["exp"] <= time.time() or data["vv"] != account.validity:
        raise expired
    if db.execute("SELECT 1 FROM ended_tokens WHERE serial = ?", (data["sn"],)).fetchone():
        raise expired
    status = account.first("zimbraAccountStatus")
    if status == "maintenance":
        raise SoapFault("account.MAINTENANCE_MODE", f"account is in maintenance mode: {account.name}")
    if status not in ("active", "lockout"):
        raise expired
    return Caller(account, data["admin"], data["sn"], data["exp"])


def end(db: sqlite3.Connection, caller: Caller) -> None:
    """This token is refused from now on, over restarts."""
    db.execute("DELETE FROM ended_tokens WHERE expires < ?", (int(time.time()),))
    db.execute("INSERT OR IGNORE INTO ended_tokens VALUES (?, ?)", (caller.serial, caller.expires))


def end_all(db: sqlite3.Connection, account: Account) -> None:
    db.execute("UPDATE accounts SET validity = validity + 1 WHERE num = ?", (account.num,))
