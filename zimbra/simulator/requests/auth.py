"""Signing in and out: AuthRequest (user and administrator), EndSession, DelegateAuth, ChangePassword."""

from __future__ import annotations

import hashlib
import hmac
import time

from zimbra.simulator import tokens
from zimbra.simulator.call import Call, NeedsWriting
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, auth_failed, invalid_request, no_such_account, perm_denied
from zimbra.simulator.requests import passwords
from zimbra.simulator.requests.registry import ACCOUNT, ADMIN, handles, response
from zimbra.simulator.store import accounts, domains
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.hashing import hash_password

PREAUTH_WINDOW_MS = 5 * 60 * 1000
_BY = ("name", "id", "foreignPrincipal", "adminName", "appAdminName", "krb5Principal")


def password_sign_in(call: Call, by: str, name: str, password: str) -> Account:
    """The account, or account.AUTH_FAILED alike for a wrong password and for an unknown name."""
    account = accounts.by_reference(call.db, by, name, call.service.default_domain)
    if account is None:
        raise auth_failed(name)
    _check_status(call, account)
    right = bool(password) and accounts.password_matches(account, password)
    if not right:
        raise _failed(call, account, name)
    account = _succeeded(call, account)
    if account.flag("zimbraPasswordMustChange"):
        raise SoapFault("account.CHANGE_PASSWORD", "must change password")
    return account


def _failed(call: Call, account: Account, name: str) -> SoapFault:
    """The refusal of a wrong secret, which counts even though the request is refused."""
    changes = passwords.after_failure(account)
    refusal = auth_failed(name)
    if changes:
        _write(call, account, changes)
        refusal.keeps = True
    return refusal


def _succeeded(call: Call, account: Account) -> Account:
    changes = passwords.after_success(account)
    return _write(call, account, changes) if changes else account


def _write(call: Call, account: Account, changes: dict[str, list[str]]) -> Account:
    if not call.unit.writable:
        raise NeedsWriting
    return accounts.modify(call.db, account, changes)


def _check_status(call: Call, account: Account) -> None:
    domain = domains.domain(call.db, "name", account.domain)
    of_domain = str(domain.attrs.get("zimbraDomainStatus", "active")) if domain else "active"
    status = account.status
    if "maintenance" in (status, of_domain):
        raise SoapFault("account.MAINTENANCE_MODE", f"account is in maintenance mode: {account.name}")
    if of_domain in ("locked", "closed", "suspended", "shutdown"):
        raise auth_failed(account.name)
    if status == "lockout":
        if passwords.is_locked_out(account):
            raise auth_failed(account.name)
    elif status != "active":
        raise auth_failed(account.name)


def _preauth_sign_in(call: Call, by: str, name: str, preauth: Element) -> tuple[Account, int]:
    """Sign-in by a portal that shares the domain's key: hex HMAC-SHA1 of "account|by|expires|timestamp".

    With it, when the token is to end (milliseconds since 1970; 0: as usual).
    """
    timestamp, expires = preauth.require("timestamp"), preauth.get("expires", "0") or "0"
    if not timestamp.isdecimal() or not expires.isdecimal() or len(timestamp + expires) > 36:
        raise invalid_request("timestamp and expires are numbers of milliseconds")
    account = accounts.by_reference(call.db, by, name, call.service.default_domain)
    if account is None:
        raise auth_failed(name)
    domain = domains.domain(call.db, "name", account.domain)
    key = domain.attrs.get("zimbraPreAuthKey", "") if domain else ""
    if not key or not isinstance(key, str):
        raise _without_key(account)
    _check_status(call, account)
    expected = hmac.new(key.encode(), f"{name}|{by}|{expires}|{timestamp}".encode(), hashlib.sha1).hexdigest()
    given = preauth.text.strip().lower().encode("utf-8", "replace")
    in_time = abs(int(timestamp) - time.time() * 1000) <= PREAUTH_WINDOW_MS
    if not hmac.compare_digest(expected.encode(), given) or not in_time:
        raise _failed(call, account, name)
    return _succeeded(call, account), int(expires)


def _without_key(account: Account) -> SoapFault:
    return SoapFault("account.AUTH_FAILED", f"authentication failed for [{account.name}], domain has no preauth key")


def _named(call: Call) -> tuple[str, str]:
    """How the request names the account: kind of name, and name (with the domain of the virtual host, if any)."""
    element = call.request.find("account")
    if element is None:
        raise invalid_request("missing required element: account")
    by, name = element.attrs.get("by", "name"), element.text
    if by not in _BY:
        raise invalid_request(f"unknown value for by: {by[:80]}")
    if by == "name" and "@" in name and (name.count("@") > 1 or name.strip().endswith("@")):
        raise invalid_request("must be valid email address")
    host = (call.request.get("virtualHost") or "").strip()
    if host and by == "name" and "@" not in name:
        found = domains.of_virtual_host(call.db, host)
        name = f"{name}@{found.name}" if found else name
    return by, name


@handles(ACCOUNT, "AuthRequest", access="anyone")
def auth(call: Call) -> Reply:
    request = call.request
    key = call.service.database.token_key
    secured = request.flag("csrfTokenSecured")
    element = request.find("authToken")
    if element is not None or "authToken" in request.attrs:
        token = request.require("authToken").strip()
        caller = tokens.read(call.db, key, token)
        if element is not None and element.flag("verifyAccount"):
            by, name = _named(call)
            same = accounts.by_reference(call.db, by, name, call.service.default_domain)
            if same is None or same.num != caller.account.num:
                raise SoapFault("service.AUTH_REQUIRED", "no valid authtoken present")
        if secured and not caller.csrf:
            left = caller.expires - int(time.time())
            token = tokens.issue(key, caller.account, left, csrf=True, delegated_by=caller.delegated_by)
    else:
        token = tokens.issue(key, *_sign_in(call), csrf=secured)
    caller = tokens.read(call.db, key, token)
    reply = response(call)
    reply.add("authToken", text=token)
    seconds = caller.expires - int(time.time())
    reply.content["lifetime"] = seconds * 1000
    _set_cookie(call, "ZM_AUTH_TOKEN", token, seconds if request.flag("persistAuthTokenCookie") else None)
    if secured:
        proof = tokens.csrf_token(key, caller)
        reply.add("csrfToken", text=proof, unique=True)
        call.unit.headers.append(("X-Zimbra-Csrf-Token", proof))
    if call.unit.caller is None:
        # Who has just signed in is told of the mailbox in the header, as far as its own rights go.
        call.unit.caller = caller
    if call.unit.session_wanted:
        reply.add("session", {"id": caller.serial}, text=caller.serial, unique=True)
    _add_asked(request, "prefs", "pref", caller.account, reply)
    _add_asked(request, "attrs", "attr", caller.account, reply)
    asked_skin = request.find("requestedSkin")
    available = caller.account.values("zimbraAvailableSkin")
    wanted = asked_skin.text.strip() if asked_skin is not None else ""
    reply.add("skin", text=wanted if wanted in available else caller.account.first("zimbraPrefSkin"))
    return reply


def _sign_in(call: Call) -> tuple[Account, int]:
    """Who signs in with a password or the portal's key, and the seconds the token is good for."""
    request = call.request
    by, name = _named(call)
    password, preauth = request.get("password"), request.find("preauth")
    if password is not None:
        account = password_sign_in(call, by, name, password)
        return account, tokens.lifetime_of(account)
    if preauth is None:
        if accounts.by_reference(call.db, by, name, call.service.default_domain) is None:
            raise auth_failed(name)
        raise invalid_request("must specify password")
    account, expires = _preauth_sign_in(call, by, name, preauth)
    seconds = expires // 1000 - int(time.time()) if expires else tokens.lifetime_of(account)
    return account, max(1, seconds)


def _set_cookie(call: Call, name: str, token: str, seconds: int | None) -> None:
    """`seconds`: None for a cookie that goes with the browser, 0 to take it back."""
    line = f"{name}={token};Path=/;HttpOnly"
    call.unit.headers.append(("Set-Cookie", line if seconds is None else f"{line};Max-Age={seconds}"))


def _add_asked(request: Element, section: str, member: str, account: Account, reply: Reply) -> None:
    """The preferences or attributes a sign-in asks for; an empty list of preferences asks for all."""
    asked = request.find(section)
    if asked is None:
        return
    element = reply.add(section, unique=True)
    element.pair_names = (member, "name")
    names = [name for name, _ in asked.pairs(member, "name")]
    if section == "prefs":
        names = names or sorted(n for n in {**account.inherited, **account.attrs} if n.startswith("zimbraPref"))
        names = [name for name in names if name.startswith("zimbraPref")]
    element.pairs = [(name, value, None) for name in names for value in account.values(name)]


@handles(ADMIN, "AuthRequest", access="anyone")
def admin_auth(call: Call) -> Reply:
    request = call.request
    key = call.service.database.token_key
    secured = request.flag("csrfTokenSecured")
    token = request.get("authToken")
    if token:
        caller = tokens.read(call.db, key, token)
        account, seconds = caller.account, caller.expires - int(time.time())
        allowed = caller.admin or caller.manages
    else:
        element = request.find("account")
        by, name = _named(call) if element is not None else ("name", request.require("name"))
        account = password_sign_in(call, by, name, request.require("password"))
        allowed, seconds = account.is_admin or account.manages, tokens.lifetime_of(account, admin=True)
    if not allowed:
        raise SoapFault("service.PERM_DENIED", "permission denied: not an admin account")
    token = tokens.issue(key, account, seconds, admin=True, csrf=secured)
    reply = response(call)
    reply.add("authToken", text=token)
    reply.content["lifetime"] = seconds * 1000
    _set_cookie(call, "ZM_ADMIN_AUTH_TOKEN", token, seconds if request.flag("persistAuthTokenCookie") else None)
    if secured:
        proof = tokens.csrf_token(key, tokens.read(call.db, key, token))
        reply.add("csrfToken", text=proof, unique=True)
        call.unit.headers.append(("X-Zimbra-Csrf-Token", proof))
    partial = account.manages and not account.is_admin
    reply.pairs.append(("zimbraIsDelegatedAdminAccount", "TRUE" if partial else "FALSE", None))
    return reply


@handles(ADMIN, "DelegateAuthRequest", access="manager")
def delegate_auth(call: Call) -> Reply:
    """A token for the user endpoint in somebody's name."""
    element = call.request.need("account")
    by = element.attrs.get("by", "name")
    if by not in _BY:
        raise invalid_request(f"unknown value for by: {by[:80]}")
    account = accounts.by_reference(call.db, by, element.text, call.service.default_domain)
    if account is None:
        raise no_such_account(element.text.strip()[:200]) if call.me.admin else perm_denied()
    call.need("adminLoginAs", account)
    asked = call.request.number("duration") or 3600
    seconds = max(1, min(asked, tokens.lifetime_of(account)))
    reply = response(call)
    key = call.service.database.token_key
    reply.add("authToken", text=tokens.issue(key, account, seconds, delegated_by=call.me.account.id))
    reply.content["lifetime"] = seconds * 1000
    return reply


@handles(ACCOUNT, "EndSessionRequest", writes=True)
def end_session(call: Call) -> Reply:
    """Without `logoff` or `all` the token stays good, as on the real server."""
    request = call.request
    if request.flag("all"):
        tokens.end_all(call.db, call.me, but_this=request.flag("excludeCurrent"))
    elif request.get("sessionId"):
        tokens.end(call.db, call.me, request.require("sessionId").strip()[:40])
    elif request.flag("logoff"):
        tokens.end(call.db, call.me)
        _set_cookie(call, "ZM_AUTH_TOKEN", "", 0)
    return response(call)


@handles(ACCOUNT, "ChangePasswordRequest", writes=True, access="anyone")
def change_password(call: Call) -> Reply:
    """A new password by who knows the old one; every token ends, and the answer brings a new one."""
    request = call.request
    by, name = _named(call)
    old, new = request.require("oldPassword"), request.require("password")
    account = accounts.by_reference(call.db, by, name, call.service.default_domain)
    if account is None:
        raise auth_failed(name)
    _check_status(call, account)
    if not accounts.password_matches(account, old):
        raise auth_failed(name)
    if account.flag("zimbraPasswordLocked"):
        raise SoapFault("account.PASSWORD_LOCKED", "password is locked and can't be changed")
    if not account.flag("zimbraFeatureChangePasswordEnabled"):
        raise SoapFault("service.PERM_DENIED", "permission denied: cannot change password")
    passwords.check_strength(account, new)
    if account.limit("zimbraPasswordEnforceHistory") and accounts.password_matches(account, new):
        raise SoapFault("account.PASSWORD_RECENTLY_USED", "password was recently used")
    accounts.set_password(call.db, account, hash_password(new))
    changed = accounts.modify(call.db, accounts.by_num(call.db, account.num) or account, _NO_CHANGE_NEEDED)
    seconds = tokens.lifetime_of(changed)
    reply = response(call)
    reply.add("authToken", text=tokens.issue(call.service.database.token_key, changed, seconds))
    reply.content["lifetime"] = seconds * 1000
    return reply


_NO_CHANGE_NEEDED: dict[str, list[str]] = {"zimbraPasswordMustChange": []}
