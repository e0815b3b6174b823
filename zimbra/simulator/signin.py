"""Who is behind a plain HTTP request: cookie, token in the address, or name and password; or a visitor from outside."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from urllib.parse import unquote

from zimbra.simulator import tokens
from zimbra.simulator.call import Service
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.http import Request
from zimbra.simulator.store import accounts, app_passwords
from zimbra.simulator.store.access import PUBLIC_ID
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.tokens import Caller

# The number and the name of who has no account.
VISITOR, STRANGER = -1, "public"


def caller_of(service: Service, db: sqlite3.Connection, request: Request) -> Caller | None:
    """The caller, or None. `auth=co,ba` narrows the ways down (`qp` too); without it, or with `sc`, all are tried.

    What changes something needs, with a secured token out of a cookie, the proof in X-Zimbra-Csrf-Token.
    """
    ways = set(request.query.get("auth", "sc").lower().split(","))
    if not ways.isdisjoint(("sc", "nsc")):
        ways |= {"co", "qp", "ba"}
    if "co" in ways:
        caller = _of_token(service, db, request.cookie("ZM_AUTH_TOKEN"))
        proof = request.header("X-Zimbra-Csrf-Token")
        harmless = request.method in ("GET", "HEAD")
        if caller is not None and (harmless or tokens.csrf_proved(service.database.token_key, caller, proof)):
            return caller
    if "qp" in ways:
        caller = _of_token(service, db, request.query.get("zauthtoken", ""))
        if caller is not None:
            return caller
    if "ba" in ways:
        return _basic(service, db, request.header("Authorization"))
    return None


def _of_token(service: Service, db: sqlite3.Connection, token: str) -> Caller | None:
    if not token:
        return None
    try:
        return tokens.read(db, service.database.token_key, token)
    except SoapFault:
        return None


def visitor_of(service: Service, db: sqlite3.Connection, request: Request) -> Caller | None:
    """Whoever has not signed in: a guest, by an address and a password, or anybody at all (see `is_stranger`).

    None for who tried to sign in and failed. Source: Zimbra's UserServletUtil and GuestAccount.
    """
    name, password = request.query.get("guest", ""), request.query.get("password", "")
    if not name:
        if request.cookie("ZM_AUTH_TOKEN") or request.query.get("zauthtoken"):
            return None
        given = _name_and_password(request.header("Authorization"))
        if given is not None:
            name, password = given
            if accounts.by_name(db, name, service.default_domain) is not None:
                return None
    guest = Account(VISITOR, PUBLIC_ID, name.lower() or STRANGER, password, 0, {})
    return Caller(guest, False, "", 0)


def is_stranger(caller: Caller) -> bool:
    """Whether nothing is known of the caller, not even a guest's address."""
    return caller.account.num == VISITOR and caller.account.name == STRANGER


def _name_and_password(header: str) -> tuple[str, str] | None:
    """What HTTP Basic says; None when it makes no sense."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8", "replace").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote(name), password) if colon else None


def _basic(service: Service, db: sqlite3.Connection, header: str) -> Caller | None:
    given = _name_and_password(header)
    account = None if given is None else accounts.by_name(db, given[0], service.default_domain)
    if given is None or account is None or account.status != "active":
        return None
    if not accounts.password_matches(account, given[1]) and not app_passwords.check(db, account, given[1]):
        return None
    return Caller(account, account.is_admin, "", 0)
