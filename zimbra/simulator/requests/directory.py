"""The administrator's requests about accounts."""

from __future__ import annotations

from collections.abc import Iterable

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, failure, invalid_request, no_such_account, perm_denied
from zimbra.simulator.mail.filtering import of_domain
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.passwords import check_strength
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts, aliases, classes, delegation, domains, lists, usage
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.defaults import Attributes
from zimbra.simulator.store.hashing import hash_password


def account_element(
    account: Account,
    attrs: str | None = None,
    *,
    with_class: bool = True,
    name: str = "account",
    of_domain: Attributes | None = None,
) -> Reply:
    """An account as the administration service shows it; `attrs`: only these, with commas.

    `of_domain`: what it has from its domain unless it or its class says it.
    """
    element = Reply(name, {"id": account.id, "name": account.name})
    known = {**(of_domain or {}), **attributes.known_attributes(account, with_class=with_class)}
    element.pairs = list(attributes.pairs_of(known, attributes.wanted_names(attrs)))
    return element


def named_account(call: Call, right: str) -> Account:
    """The account of the `account by=` element, on which the caller must have a right; account.NO_SUCH_ACCOUNT."""
    element = call.request.need("account")
    by = element.attrs.get("by", "name")
    if by not in ("name", "id", "foreignPrincipal", "adminName", "appAdminName", "krb5Principal"):
        raise invalid_request(f"unknown value for by: {by[:80]}")
    account = accounts.by_reference(call.db, by, element.text, call.service.default_domain)
    return _allowed(call, account, element.text, right)


def _account_of_id(call: Call, right: str) -> Account:
    account_id = (call.request.get("id") or "").strip()
    return _allowed(call, accounts.by_id(call.db, account_id), account_id, right)


def _allowed(call: Call, account: Account | None, reference: str, right: str) -> Account:
    """The account, on which the caller must have a right. Who administers a part is not told which others there are."""
    if account is None:
        raise no_such_account(reference.strip()[:200]) if call.me.admin else perm_denied()
    call.need(right, account)
    return account


def _answer(call: Call, account: Account, name: str = "account") -> Reply:
    reply = response(call)
    reply.children.append(account_element(account, name=name))
    return reply


def need_in_domain(call: Call, right: str, name: str) -> None:
    """What `Call.need` says, of the domain of an address; an address in no domain is refused by whoever takes it."""
    domain = domains.domain(call.db, "name", name.rpartition("@")[2])
    if domain is not None:
        call.need(right, domain)


# What makes an administrator is for those who administer everything.
_RESERVED = frozenset(
    (
        "zimbraACE", "zimbraIsAdminAccount", "zimbraIsAdminGroup", "zimbraIsDelegatedAdminAccount",
        "zimbraIsDomainAdminAccount",
    )
)  # fmt: skip


def refuse_reserved(call: Call, found: Iterable[str]) -> None:
    """service.PERM_DENIED for attributes that make an administrator, from who is not one of everything."""
    if not call.me.admin and not _RESERVED.isdisjoint(name.lstrip("+-") for name in found):
        raise perm_denied("only an administrator of everything makes administrators")


def checked_class(call: Call, found: dict[str, list[str]]) -> None:
    """account.NO_SUCH_COS when the attributes name a class of service that is not there.

    service.PERM_DENIED for one, or for other attributes, that the caller may not give.
    """
    refuse_reserved(call, found)
    for class_id in found.get("zimbraCOSId", []):
        if class_id:
            call.need("assignCos", classes.get(call.db, "id", class_id))


def create(call: Call, extra: dict[str, list[str]] | None = None) -> Account:
    """A new account from a Create request."""
    name = call.request.get("name")
    if name is None:
        # The real server falls over this one.
        raise failure("name is missing")
    password = call.request.get("password")
    found = attributes.given(call.request)
    attributes.check(found)
    checked_class(call, found)
    need_in_domain(call, "createAccount", name)
    account_name = accounts.check_address(call.db, name)
    own = {**attributes.as_attributes(found), **attributes.as_attributes(extra or {})}
    stored = ""
    if password is not None:
        check_strength(Account(0, "", account_name, "", 0, own), password)
        stored = hash_password(password)
    return accounts.create(call.db, account_name, stored, own)


@handles(ADMIN, "GetAccountRequest", access="manager")
def get_account(call: Call) -> Reply:
    account = named_account(call, "getAccount")
    reply = response(call)
    with_class = call.request.flag("applyCos", True)
    domain = of_domain(call.db, account) if with_class else None
    reply.children.append(account_element(account, call.request.get("attrs"), with_class=with_class, of_domain=domain))
    return reply


@handles(ADMIN, "GetAccountInfoRequest", access="manager")
def get_account_info(call: Call) -> Reply:
    account = named_account(call, "getAccountInfo")
    reply = response(call)
    reply.add("name", text=account.name)
    # Not the list of names and values it looks like: in JSON these are children, too.
    reply.add("a", {"n": "zimbraId"}, text=account.id)
    reply.add("a", {"n": "zimbraMailHost"}, text=attributes.HOST)
    service_class = classes.find(call.db, "id", account.class_id)
    if service_class is not None:
        reply.add("cos", {"id": service_class.id, "name": service_class.name}, unique=True)
    reply.add("soapURL", text=f"http://{attributes.HOST}/service/soap/")
    return reply


@handles(ADMIN, "CreateAccountRequest", writes=True, access="manager")
def create_account(call: Call) -> Reply:
    return _answer(call, create(call))


@handles(ADMIN, "ModifyAccountRequest", writes=True, access="manager")
def modify_account(call: Call) -> Reply:
    account = _account_of_id(call, "modifyAccount")
    found = attributes.given(call.request)
    attributes.check(found)
    checked_class(call, found)
    # Tokens of an account that was locked, closed or put in maintenance are refused by its status.
    return _answer(call, accounts.modify(call.db, account, found))


@handles(ADMIN, "RenameAccountRequest", writes=True, access="manager")
def rename_account(call: Call) -> Reply:
    call.request.require("id")
    account = _account_of_id(call, "renameAccount")
    name = call.request.require("newName")
    need_in_domain(call, "createAccount", name)
    return _answer(call, accounts.rename(call.db, account, name))


@handles(ADMIN, "SetPasswordRequest", writes=True, access="manager")
def set_password(call: Call) -> Reply:
    """The administrator's word stands; what speaks against the password is only said in the answer."""
    account = _account_of_id(call, "setAccountPassword")
    password = call.request.require("newPassword")
    if not password.strip():
        raise SoapFault("account.INVALID_PASSWORD", "invalid password: empty")
    reply = response(call)
    try:
        check_strength(account, password)
    except SoapFault as fault:
        if call.request.flag("enforcePasswordPolicy"):
            raise
        reply.add("message", text=fault.message, unique=True)
    accounts.set_password(call.db, account, hash_password(password))
    return reply


@handles(ADMIN, "CheckPasswordStrengthRequest", access="manager")
def check_password_strength(call: Call) -> Reply:
    """account.INVALID_PASSWORD when the account could not be given this password."""
    check_strength(_account_of_id(call, "setAccountPassword"), call.request.require("password"))
    return response(call)


@handles(ADMIN, "DeleteAccountRequest", writes=True, access="manager")
def delete_account(call: Call) -> Reply:
    account = _account_of_id(call, "deleteAccount")
    accounts.delete(call.db, account)
    delegation.forget(call.db, grantee=account.id, target=delegation.key_of(account))
    return response(call)


@handles(ADMIN, "AddAccountAliasRequest", writes=True, access="manager")
def add_alias(call: Call) -> Reply:
    account = _account_of_id(call, "addAccountAlias")
    alias = call.request.require("alias")
    need_in_domain(call, "createAlias", alias)
    aliases.add(call.db, account, alias)
    return response(call)


@handles(ADMIN, "RemoveAccountAliasRequest", writes=True, access="manager")
def remove_alias(call: Call) -> Reply:
    account = _account_of_id(call, "removeAccountAlias")
    aliases.remove(call.db, account, call.request.require("alias"))
    return response(call)


@handles(ADMIN, "GetAccountMembershipRequest", access="manager")
def get_membership(call: Call) -> Reply:
    """The lists an account is in; `via` names the list by which it is, when not directly."""
    reply = response(call)
    for found, via in lists.memberships(call.db, named_account(call, "getAccountMembership")):
        one = reply.add("dl", {"id": found.id, "name": found.name, "dynamic": False, "via": via or None})
        one.pairs = list(attributes.pairs_of({"zimbraId": found.id, **found.attrs}))
    return reply


@handles(ADMIN, "GetAllAccountsRequest", access="manager")
def get_all_accounts(call: Call) -> Reply:
    element = call.request.find("domain")
    domain = ""
    if element is not None:
        domain = named_domain_name(call)
    reply = response(call)
    reply.children = [
        account_element(one) for one in accounts.everyone(call.db, domain) if call.allowed("listAccount", one)
    ]
    return reply


def named_domain_name(call: Call) -> str:
    """Name of the domain the `domain by=` element means; account.NO_SUCH_DOMAIN."""
    from_element = call.request.need("domain")
    found = domains.domain(call.db, from_element.attrs.get("by", "name"), from_element.text)
    if found is None:
        raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {from_element.text[:200]}")
    return found.name


@handles(ADMIN, "GetAllAdminAccountsRequest")
def get_all_admins(call: Call) -> Reply:
    reply = response(call)
    reply.children = [account_element(one) for one in accounts.everyone(call.db) if one.is_admin]
    return reply


@handles(ADMIN, "CountAccountRequest", access="manager")
def count_accounts(call: Call) -> Reply:
    """How many accounts of a domain are in each class of service."""
    name = named_domain_name(call)
    need_in_domain(call, "countAccount", name)
    counts = usage.count_by_class(call.db, name)
    reply = response(call)
    for service_class in classes.everything(call.db):
        if service_class.id in counts:
            reply.add("cos", {"id": service_class.id, "name": service_class.name}, text=str(counts[service_class.id]))
    return reply
