"""Accounts that hold an address list (administrator): made, brought up to date, done away with.

Here every search reads the directory itself, so that such an account is empty; but it is there, and its domain names
it, as programs that set a domain up expect. Source: Zimbra's handlers of the same names.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account
from zimbra.simulator.requests.directory import account_element
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts, delegation, domains
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.domains import Domain
from zimbra.simulator.store.hashing import hash_password

_NAMED = "zimbraGalAccountId"
_OF_THE_SERVER = {
    "zimbraContactMaxNumEntries": "0",
    "zimbraHideInGal": "TRUE",
    "zimbraIsSystemAccount": "TRUE",
    "zimbraIsSystemResource": "TRUE",
}


def _domain(call: Call, name: str) -> Domain:
    found = domains.domain(call.db, "name", name)
    if found is None:
        raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {name[:200]}")
    return found


@handles(ADMIN, "CreateGalSyncAccountRequest", writes=True)
def create_account(call: Call) -> Reply:
    """The account, made when there is none of that name. account.NO_SUCH_DOMAIN, service.INVALID_REQUEST."""
    request = call.request
    request.require("name")
    kind = request.require("type")
    if kind not in ("zimbra", "ldap", "both"):
        raise invalid_request(f"unknown type: {kind[:80]}")
    domain = _domain(call, request.require("domain"))
    wanted = request.need("account")
    account = accounts.by_reference(call.db, wanted.attrs.get("by", "name"), wanted.text, domain.name)
    if account is None:
        if wanted.attrs.get("by", "name") != "name":
            raise no_such_account(wanted.text[:200])
        password = request.get("password")
        stored = hash_password(password) if password else ""
        account = accounts.create(call.db, wanted.text, stored, dict(_OF_THE_SERVER))
    domains.modify_domain(call.db, domain, {f"+{_NAMED}": [account.id]})
    reply = response(call)
    reply.children.append(account_element(account))
    return reply


@handles(ADMIN, "SyncGalAccountRequest")
def sync_account(call: Call) -> Reply:
    """Nothing to fetch. account.NO_SUCH_ACCOUNT."""
    for one in call.request.all("account"):
        account_id = one.require("id").strip()
        if accounts.by_id(call.db, account_id) is None:
            raise no_such_account(account_id[:200])
    return response(call)


@handles(ADMIN, "DeleteGalSyncAccountRequest", writes=True)
def delete_account(call: Call) -> Reply:
    """account.NO_SUCH_ACCOUNT, also for an account that holds no address list."""
    wanted = call.request.need("account")
    account = accounts.by_reference(call.db, wanted.attrs.get("by", "name"), wanted.text, call.service.default_domain)
    if account is None or not _forget(call, account):
        raise no_such_account(wanted.text[:200])
    accounts.delete(call.db, account)
    delegation.forget(call.db, grantee=account.id, target=delegation.key_of(account))
    return response(call)


def _forget(call: Call, account: Account) -> bool:
    """The domains that name the account do no more; whether any did."""
    naming = [one for one in domains.domains(call.db) if account.id in accounts.listed(one.attrs.get(_NAMED, []))]
    for one in naming:
        domains.modify_domain(call.db, one, {f"-{_NAMED}": [account.id]})
    return bool(naming)
