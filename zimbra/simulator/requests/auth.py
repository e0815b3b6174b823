"""Signing in and out: AuthRequest (user and administrator), EndSession, DelegateAuth."""

from __future__ import annotations

import hashlib
import hmac
import time

from zimbra.simulator import tokens
from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, auth_failed, invalid_request, no_such_account
from zimbra.simulator.requests.registry import ACCOUNT, ADMIN, handles, response
from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account

PREAUTH_WINDOW_MS = 5 * 60 * 1000


def password_sign_in(call: Call, by: str, name: str, password: str) -> Account:
    """The account, or account.AUTH_FAILED alike for a wrong password and for an unknown name."""
    account = accounts.by_reference(call.db, by, name, call.service.default_domain)
    if account is None or not password or not accounts.password_matches(account, password):
        raise auth_failed(name)
    _check_status(account)
    return account


def _check_status(account: Account) -> None:
    status = account.first("zimbraAccountStatus")
    if status == "maintenance":
        raise SoapFault("account.MAINTENANCE_MODE", f"account is in maintenance mode: {account.name}")
    if status != "active":
        raise auth_failed(account.name)


def _preauth_sign_in(call: Call, by: str, name: str, preauth: Element) -> Account:
    """Sign-in by a portal that shares the domain's key: hex HMAC-SHA1 of "account|by|expires|timestamp"."""
    timestamp, expires = preauth.require("timestamp"), preauth.get("expires", "0") or "0"
    account = accounts.by_reference(call.db, by, name, call.service.default_domain)
    if account is None:
        raise auth_failed(name)
    domain = accounts.domain(call.db, "name", account.name.partition("@")[2])
    key = domain.attrs.get("zimbraPreAuthKey", "") if domain else ""
    if not key or not isinstance(key, str):
        raise failure_without_key(account)
    expected = hmac.new(key.encode(), f"{name}|{by}|{expires}|{timestamp}".encode(), hashlib.sha1).hexdigest()
    if not hmac.compare_digest(expected.encode(), preauth.text.strip().lower().encode("utf-8", "replace")):
        raise auth_failed(name)
    if not timestamp.isdecimal() or abs(int(timestamp) - time.time() * 1000) > PREAUTH_WINDOW_MS:
        raise auth_failed(name)
    _check_status(account)
    return account


def failure_without_key(account: Account) -> SoapFault:
    return SoapFault("account.AUTH_FAILED", f"authentication failed for [{account.name}], domain has no preauth key")


def _grant(call: Call, account: Account, seconds: int, *, admin: bool) -> Reply:
    reply = response(call)
    reply.add("authToken", text=tokens.issue(call.service.database.token_key, account, seconds, admin=admin))
    reply.content["lifetime"] = seconds * 1000
    return reply


@handles(ACCOUNT, "AuthRequest", access="anyone")
def auth(call: Call) -> Reply:
    request = call.request
    token = request.find("authToken")
    name_element = request.find("account")
    if token is not None or "authToken" in request.attrs:
        caller = tokens.read(call.db, call.service.database.token_key, request.require("authToken"))
        if token is not None and token.flag("verifyAccount"):
            wanted = request.need("account")
            by = wanted.attrs.get("by", "name")
            same = accounts.by_reference(call.db, by, wanted.text, call.service.default_domain)
            if same is None or same.num != caller.account.num:
                raise auth_failed(wanted.text)
        account = caller.account
    else:
        if name_element is None:
            raise invalid_request("missing required element: account")
        by, name = name_element.attrs.get("by", "name"), name_element.text
        if by not in ("name", "id", "foreignPrincipal"):
            raise invalid_request(f"unknown value for by: {by}")
        preauth = request.find("preauth")
        if preauth is not None:
            account = _preauth_sign_in(call, by, name, preauth)
        else:
            account = password_sign_in(call, by, name, request.get("password") or "")
    reply = _grant(call, account, tokens.lifetime_of(account), admin=False)
    wanted_attrs = request.find("attrs")
    if wanted_attrs is not None:
        attrs = reply.add("attrs", unique=True)
        attrs.pair_names = ("attr", "name")
        attrs.pairs = [(n, account.first(n), None) for n, _ in wanted_attrs.pairs("attr", "name") if account.first(n)]
    reply.add("skin", text="harmony")
    return reply


@handles(ADMIN, "AuthRequest", access="anyone")
def admin_auth(call: Call) -> Reply:
    request = call.request
    token = request.get("authToken")
    if token:
        caller = tokens.read(call.db, call.service.database.token_key, token)
        account = caller.account
        allowed = caller.admin
    else:
        element = request.find("account")
        by, name = (element.attrs.get("by", "name"), element.text) if element else ("name", request.require("name"))
        account = password_sign_in(call, by, name, request.require("password"))
        allowed = account.is_admin
    if not allowed:
        raise SoapFault("service.PERM_DENIED", "permission denied: not an admin account")
    reply = _grant(call, account, tokens.ADMIN_LIFETIME, admin=True)
    reply.pairs.append(("zimbraIsDelegatedAdminAccount", "FALSE", None))
    return reply


@handles(ADMIN, "DelegateAuthRequest")
def delegate_auth(call: Call) -> Reply:
    """A token for the user endpoint in somebody's name."""
    element = call.request.need("account")
    by = element.attrs.get("by", "name")
    if by not in ("name", "id"):
        raise invalid_request(f"unknown value for by: {by}")
    account = accounts.by_reference(call.db, by, element.text, call.service.default_domain)
    if account is None:
        raise no_such_account(element.text)
    asked = call.request.number("duration") or 3600
    return _grant(call, account, max(1, min(asked, tokens.lifetime_of(account))), admin=False)


@handles(ACCOUNT, "EndSessionRequest", writes=True)
def end_session(call: Call) -> Reply:
    """Without `logoff` or `all` the token stays good, as on the real server."""
    if call.request.flag("all"):
        tokens.end_all(call.db, call.me.account)
    elif call.request.flag("logoff"):
        tokens.end(call.db, call.me)
    return response(call)
