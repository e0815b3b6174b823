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
    """Who a token stands for.

    `serial` is also the id of its session. `admin`: may use the admin requests and act on any mailbox. `manages`: may
    use those of the admin requests, and act on those mailboxes, that its rights of administration allow.

    `csrf`: the token was asked for with csrfTokenSecured: out of a cookie it is worth nothing alone. `delegated_by`:
    id of the administrator who had it made, or "".
    """

    account: Account
    admin: bool
    serial: str
    expires: int
    csrf: bool = False
    delegated_by: str = ""
    manages: bool = False


def lifetime_of(account: Account, *, admin: bool = False) -> int:
    """Seconds, from zimbraAuthTokenLifetime or zimbraAdminAuthTokenLifetime ("2d", "12h", "3600")."""
    name, default = (
        ("zimbraAdminAuthTokenLifetime", ADMIN_LIFETIME) if admin else ("zimbraAuthTokenLifetime", DEFAULT_LIFETIME)
    )
    text = account.first(name)
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    return int(number) * _UNITS[unit] if number.isdecimal() and len(number) < 10 else default


def issue(
    key: bytes, account: Account, seconds: int, *, admin: bool = False, csrf: bool = False, delegated_by: str = ""
) -> str:
    """A new token; `admin`: one for the administration; `csrf` and `delegated_by`: see Caller."""
    data = {
        "id": account.id,
        "exp": int(time.time()) + seconds,
        "vv": account.validity,
        "admin": admin and account.is_admin,
        "sn": str(secrets.randbelow(10**15)),
    }
    if admin and not account.is_admin:
        data["manages"] = True
    if csrf:
        data["csrf"] = True
    if delegated_by:
        data["by"] = delegated_by
    encoded = json.dumps(data, separators=(",", ":")).encode().hex()
    return f"0_{_sign(key, encoded)}_{encoded}"


def csrf_token(key: bytes, caller: Caller) -> str:
    """What proves that a request made with the cookie of a secured token comes from who signed in."""
    return "0_" + hmac.new(key, f"csrf:{caller.serial}:{caller.account.id}".encode(), hashlib.sha256).hexdigest()


def csrf_proved(key: bytes, caller: Caller, presented: str) -> bool:
    """Whether a request whose token came by cookie may be carried out; `presented`: its X-Zimbra-Csrf-Token."""
    return not caller.csrf or hmac.compare_digest(csrf_token(key, caller), presented.strip())


def _sign(key: bytes, encoded: str) -> str:
    return hmac.new(key, encoded.encode(), hashlib.sha1).hexdigest()


class TokenLapsed(SoapFault):
    """service.AUTH_EXPIRED for a token whose time is over, which even a request that needs none is refused for."""


def read(db: sqlite3.Connection, key: bytes, token: str) -> Caller:
    """Who holds `token`. Made up: service.AUTH_REQUIRED; ended: service.AUTH_EXPIRED; out of time: TokenLapsed."""
    version, _, rest = token.strip().partition("_")
    signature, _, encoded = rest.partition("_")
    required = SoapFault("service.AUTH_REQUIRED", "no valid authtoken present")
    expired = SoapFault("service.AUTH_EXPIRED", "auth credentials have expired")
    if version != "0" or not encoded.isascii() or not signature.isascii():
        raise required
    if not hmac.compare_digest(_sign(key, encoded), signature):
        raise required
    data = json.loads(bytes.fromhex(encoded))
    if data["exp"] <= time.time():
        raise TokenLapsed(expired.code, expired.message)
    account = accounts.by_id(db, data["id"])
    if account is None:
        raise expired
    if data["vv"] != account.validity and not _kept(db, data["sn"], account):
        raise expired
    ended = (f"{account.id}:{data['sn']}",)
    if db.execute("SELECT 1 FROM ended_tokens WHERE serial = ?", ended).fetchone():
        raise expired
    status = account.status
    if status == "maintenance":
        raise SoapFault("account.MAINTENANCE_MODE", f"account is in maintenance mode: {account.name}")
    if status not in ("active", "lockout"):
        raise expired
    manages = data.get("manages", False) and account.manages
    return Caller(account, data["admin"], data["sn"], data["exp"], data.get("csrf", False), data.get("by", ""), manages)


def _kept(db: sqlite3.Connection, serial: str, account: Account) -> bool:
    row = db.execute("SELECT validity FROM kept_tokens WHERE serial = ?", (serial,)).fetchone()
    return row is not None and row[0] == account.validity


def end(db: sqlite3.Connection, caller: Caller, session: str = "") -> None:
    """This token is refused from now on, over restarts; or, of the same account, the one whose session is named."""
    now = int(time.time())
    db.execute("DELETE FROM ended_tokens WHERE expires < ?", (now,))
    expires = max(caller.expires, now + lifetime_of(caller.account)) if session else caller.expires
    ended = f"{caller.account.id}:{session or caller.serial}"
    db.execute("INSERT OR IGNORE INTO ended_tokens VALUES (?, ?)", (ended, expires))


def end_all(db: sqlite3.Connection, caller: Caller, *, but_this: bool) -> None:
    """Every token of the account ends, the caller's own only when not `but_this`."""
    account = caller.account
    db.execute("UPDATE accounts SET validity = validity + 1 WHERE num = ?", (account.num,))
    db.execute("DELETE FROM kept_tokens WHERE expires < ?", (int(time.time()),))
    if but_this:
        kept = (caller.serial, account.validity + 1, caller.expires)
        db.execute("INSERT OR REPLACE INTO kept_tokens VALUES (?, ?, ?)", kept)
