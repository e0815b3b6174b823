"""Who is behind a plain HTTP request: cookie, token in the address, or name and password."""

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
from zimbra.simulator.tokens import Caller


def caller_of(service: Service, db: sqlite3.Connection, request: Request) -> Caller | None:
    """The caller, or None. `auth=co|ba|qp` narrows the ways down to one; without it, or with `sc`, all are tried.

    What changes something needs, with a secured token out of a cookie, the proof in X-Zimbra-Csrf-Token.
    """
    way = request.query.get("auth", "sc")
    if way in ("sc", "co", "nsc"):
        caller = _of_token(service, db, request.cookie("ZM_AUTH_TOKEN"))
        proof = request.header("X-Zimbra-Csrf-Token")
        harmless = request.method in ("GET", "HEAD")
        if caller is not None and (harmless or tokens.csrf_proved(service.database.token_key, caller, proof)):
            return caller
    if way in ("sc", "qp", "nsc"):
        caller = _of_token(service, db, request.query.get("zauthtoken", ""))
        if caller is not None:
            return caller
    if way in ("sc", "ba", "nsc"):
        return _basic(service, db, request.header("Authorization"))
    return None


def _of_token(service: Service, db: sqlite3.Connection, token: str) -> Caller | None:
    if not token:
        return None
    try:
        return tokens.read(db, service.database.token_key, token)
    except SoapFault:
        return None


def _basic(service: Service, db: sqlite3.Connection, header: str) -> Caller | None:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8", "replace").partition(":")
    except (binascii.Error, ValueError):
        return None
    account = accounts.by_name(db, unquote(name), service.default_domain)
    if account is None or not colon or account.status != "active":
        return None
    if not accounts.password_matches(account, password) and not app_passwords.check(db, account, password):
        return None
    return Caller(account, account.is_admin, "", 0)
