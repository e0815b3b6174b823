"""Passwords for one application: create, list, revoke.

Only where two-factor authentication is available, as on the real server, whose other editions do not know the requests.
"""

from __future__ import annotations

import logging

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.registry import ACCOUNT, handles, response
from zimbra.simulator.store import app_passwords
from zimbra.simulator.store.accounts import Account

log = logging.getLogger("zimbra.simulator")


def _holder(call: Call) -> Account:
    account = call.target
    if not app_passwords.available(account):
        log.warning("unknown request: %s %s", call.request.ns, call.request.name)
        raise SoapFault("service.UNKNOWN_DOCUMENT", f"unknown document: {call.request.name}")
    return account


def _name(call: Call) -> str:
    """The application; in an attribute, or in an element of that name as some clients write it."""
    name = (call.request.get("appName") or "").strip()
    if not name or len(name) > 256:
        raise invalid_request("missing required attribute: appName")
    return name


@handles(ACCOUNT, "CreateAppSpecificPasswordRequest", writes=True)
def create(call: Call) -> Reply:
    account = _holder(call)
    password = app_passwords.create(call.db, account, _name(call))
    reply = response(call)
    reply.attrs["pw"] = password
    return reply


@handles(ACCOUNT, "GetAppSpecificPasswordsRequest")
def get_all(call: Call) -> Reply:
    account = _holder(call)
    reply = response(call)
    element = reply.add("appSpecificPasswords", unique=True)
    for one in app_passwords.of_account(call.db, account):
        element.add("passwordData", {"appName": one.name, "created": one.created, "lastUsed": one.used})
    reply.content["maxAppPasswords"] = account.limit("zimbraMaxAppSpecificPasswords")
    return reply


@handles(ACCOUNT, "RevokeAppSpecificPasswordRequest", writes=True)
def revoke(call: Call) -> Reply:
    """One that is not there is as good as revoked."""
    account = _holder(call)
    app_passwords.revoke(call.db, account, _name(call))
    return response(call)
