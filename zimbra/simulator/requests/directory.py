"""The administrator's requests: accounts, domains, search of the directory."""

from __future__ import annotations

import re

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account
from zimbra.simulator.formats.ldapfilter import BadFilter, compile_filter
from zimbra.simulator.requests.info import attribute_pairs, preference_pairs
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account, Attributes, Domain

_ATTRIBUTE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")


def _given_attributes(request: Element, *, modify: bool = False) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, element in request.pairs():
        bare = name.lstrip("+-") if modify else name
        if not _ATTRIBUTE_NAME.match(bare):
            raise SoapFault("account.INVALID_ATTR_NAME", f"invalid attr name: {name[:80]}")
        given.setdefault(name, []).append(element.text)
    return given


def _as_attributes(given: dict[str, list[str]]) -> Attributes:
    kept = {name: [value for value in values if value] for name, values in given.items()}
    return {name: values[0] if len(values) == 1 else values for name, values in kept.items() if values}


def _account_element(account: Account, attrs: str | None, *, with_class: bool) -> Reply:
    element = Reply("account", {"id": account.id, "name": account.name})
    wanted = {one.strip() for one in attrs.split(",")} if attrs else None
    pairs = attribute_pairs(account, with_class=with_class) + preference_pairs(account)
    element.pairs = [pair for pair in pairs if wanted is None or pair[0] in wanted]
    return element


def _the_account(call: Call) -> Account:
    element = call.request.need("account")
    by = element.attrs.get("by", "name")
    account = accounts.by_reference(call.db, by, element.text, call.service.default_domain)
    if account is None:
        raise no_such_account(element.text)
    return account


def _account_of_id(call: Call) -> Account:
    account_id = call.request.require("id")
    account = accounts.by_id(call.db, account_id)
    if account is None:
        raise no_such_account(account_id)
    return account


@handles(ADMIN, "GetAccountRequest")
def get_account(call: Call) -> Reply:
    reply = response(call)
    with_class = call.request.flag("applyCos", True)
    reply.children.append(_account_element(_the_account(call), call.request.get("attrs"), with_class=with_class))
    return reply


@handles(ADMIN, "GetAccountInfoRequest")
def get_account_info(call: Call) -> Reply:
    account = _the_account(call)
    reply = response(call)
    reply.content["name"] = account.name
    reply.pairs = [("zimbraId", account.id, None), ("zimbraMailHost", "localhost", None)]
    return reply


@handles(ADMIN, "CreateAccountRequest", writes=True)
def create_account(call: Call) -> Reply:
    name, password = call.request.require("name"), call.request.get("password") or ""
    attrs = _as_attributes(_given_attributes(call.request))
    account = accounts.create(call.db, name, accounts.hash_password(password) if password else "", attrs)
    reply = response(call)
    reply.children.append(_account_element(account, None, with_class=True))
    return reply


@handles(ADMIN, "ModifyAccountRequest", writes=True)
def modify_account(call: Call) -> Reply:
    changed = accounts.modify(call.db, _account_of_id(call), _given_attributes(call.request, modify=True))
    reply = response(call)
    reply.children.append(_account_element(changed, None, with_class=True))
    return reply


@handles(ADMIN, "SetPasswordRequest", writes=True)
def set_password(call: Call) -> Reply:
    accounts.set_password(call.db, _account_of_id(call), accounts.hash_password(call.request.require("newPassword")))
    return response(call)


@handles(ADMIN, "DeleteAccountRequest", writes=True)
def delete_account(call: Call) -> Reply:
    accounts.delete(call.db, _account_of_id(call))
    return response(call)


def _domain_element(domain: Domain) -> Reply:
    element = Reply("domain", {"id": domain.id, "name": domain.name})
    for name, value in sorted({"zimbraDomainName": domain.name, "zimbraId": domain.id, **domain.attrs}.items()):
        element.pairs.extend((name, one, None) for one in ([value] if isinstance(value, str) else value))
    return element


@handles(ADMIN, "GetDomainRequest")
def get_domain(call: Call) -> Reply:
    element = call.request.need("domain")
    domain = accounts.domain(call.db, element.attrs.get("by", "name"), element.text)
    if domain is None:
        raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {element.text}")
    reply = response(call)
    reply.children.append(_domain_element(domain))
    return reply


@handles(ADMIN, "GetAllDomainsRequest")
def get_all_domains(call: Call) -> Reply:
    reply = response(call)
    reply.children = [_domain_element(domain) for domain in accounts.domains(call.db)]
    return reply


@handles(ADMIN, "CreateDomainRequest", writes=True)
def create_domain(call: Call) -> Reply:
    attrs = _as_attributes(_given_attributes(call.request))
    reply = response(call)
    reply.children.append(_domain_element(accounts.create_domain(call.db, call.request.require("name"), attrs)))
    return reply


@handles(ADMIN, "SearchDirectoryRequest")
def search_directory(call: Call) -> Reply:
    """Accounts and domains by LDAP filter (& | ! = presence, prefix, suffix, substring), sorted and paged."""
    request = call.request
    types = {one.strip() for one in (request.get("types") or "accounts").split(",")}
    try:
        matches = compile_filter(request.get("query") or "")
    except BadFilter as error:
        raise invalid_request(f"invalid filter: {error}") from None
    offset, limit = request.number("offset", 0) or 0, request.number("limit") or 0
    maximum = request.number("maxResults") or 0
    entries: list[tuple[Attributes, Account | Domain]] = []
    with_class, wanted = request.flag("applyCos", True), request.get("attrs")
    if "accounts" in types:
        for account in accounts.everyone(call.db, request.get("domain") or ""):
            known: Attributes = {
                "mail": account.name, "uid": account.name.partition("@")[0], "zimbraId": account.id,
                "objectClass": "zimbraAccount", "zimbraAccountStatus": "active", **account.attrs,
            }  # fmt: skip
            if matches(known):
                entries.append((known, account))
    if "domains" in types:
        for domain in accounts.domains(call.db):
            known = {"zimbraDomainName": domain.name, "objectClass": "zimbraDomain", **domain.attrs}
            if matches(known):
                entries.append((known, domain))
    if maximum and len(entries) > maximum:
        raise SoapFault("account.TOO_MANY_SEARCH_RESULTS", "number of search results exceeded the limit")
    sort_by = request.get("sortBy")
    if sort_by and sort_by != "name":
        entries.sort(key=lambda entry: str(entry[0].get(sort_by, "")).lower())
    if not request.flag("sortAscending", True):
        entries.reverse()
    page = entries[offset : offset + limit] if limit else entries[offset:]
    reply = response(call)
    if request.flag("countOnly"):
        reply.attrs["num"] = len(entries)
        return reply
    reply.attrs = {"more": offset + len(page) < len(entries), "searchTotal": len(entries)}
    reply.children = [
        _account_element(one, wanted, with_class=with_class) if isinstance(one, Account) else _domain_element(one)
        for _, one in page
    ]
    return reply
