"""The administrator's search of the directory, by LDAP filter, over entries of all kinds."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.ldapfilter import BadFilter, Entry, Filter, compile_filter
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.classes import class_element
from zimbra.simulator.requests.directory import account_element
from zimbra.simulator.requests.domains import domain_element, known_attributes
from zimbra.simulator.requests.lists import list_element
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts, classes, domains, lists
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.aliases import Alias, aliases
from zimbra.simulator.store.classes import ServiceClass
from zimbra.simulator.store.defaults import Attributes
from zimbra.simulator.store.domains import Domain
from zimbra.simulator.store.lists import MailingList

_TYPES = frozenset(
    ("accounts", "distributionlists", "aliases", "resources", "domains", "coses", "dynamicgroups", "staticgroups")
)
# Attributes whose values are among the words an account is found by.
_NAMES = frozenset(
    (
        "cn", "company", "displayname", "givenname", "mail", "ou", "sn", "uid", "zimbramailaddress", "zimbramailalias",
        "zimbramaildeliveryaddress",
    )
)  # fmt: skip
_PRESENT = frozenset(("objectclass", "mail", "uid", "cn", "sn", "zimbraid", "zimbramaildeliveryaddress"))
# An answer never holds more, with or without a limit in the request.
_MOST = 50_000

Found = Account | Alias | Domain | MailingList | ServiceClass


@dataclass(frozen=True)
class _Search:
    types: set[str]
    filter: Filter
    domain: str


def lowered(attrs: Attributes) -> Attributes:
    """The same attributes by name in lower case."""
    return {name.lower(): value for name, value in attrs.items()}


class _Lowered:
    """What classes of service say, by name in lower case: made once per class of a search."""

    def __init__(self) -> None:
        self._known: dict[str, Attributes] = {}

    def entry(self, account: Account) -> Entry:
        inherited = self._known.get(account.class_id)
        if inherited is None:
            inherited = self._known[account.class_id] = lowered(account.inherited)
        uid = account.name.partition("@")[0]
        fixed: Attributes = {
            "mail": [account.name, *account.aliases()],
            "uid": uid,
            "zimbraid": account.id,
            "zimbramailaddress": account.name,
            "zimbramaildeliveryaddress": account.name,
            "zimbracosid": account.class_id,
            "zimbramailhost": attributes.HOST,
        }
        defaults: Attributes = {
            "cn": uid,
            "sn": uid,
            "zimbraaccountstatus": "active",
            "zimbramailstatus": "enabled",
            "objectclass": ["inetOrgPerson", "zimbraAccount", "amavisAccount"],
        }
        maps: list[Attributes] = [fixed, lowered(account.attrs), defaults, inherited]
        return ChainMap(*maps)


def is_resource(account: Account) -> bool:
    """A room or a thing to book."""
    return "zimbraCalResType" in account.attrs


def _accounts(call: Call, search: _Search) -> Iterator[Account]:
    wanted = {kind for kind in ("accounts", "resources") if kind in search.types}
    if not wanted:
        return
    hint = search.filter.hint
    known = _Lowered()
    if hint is None:
        found: Iterator[Account] = accounts.everyone(call.db, search.domain)
    else:
        found = accounts.with_any(call.db, hint.words, hint.ids, search.domain)
    for account in found:
        kind = "resources" if is_resource(account) else "accounts"
        if kind in wanted and (search.filter.everything or search.filter.matches(known.entry(account))):
            yield account


def _others(call: Call, search: _Search) -> Iterator[Found]:
    matches = search.filter.matches
    if "aliases" in search.types:
        for alias in aliases(call.db, search.domain):
            if matches(lowered(alias.attrs)):
                yield alias
    if search.types & {"distributionlists", "staticgroups"}:
        for one in lists.everything(call.db, search.domain):
            if matches(_list_entry(one)):
                yield one
    if "domains" in search.types:
        for domain in domains.domains(call.db):
            if matches(lowered(known_attributes(domain))):
                yield domain
    if "coses" in search.types:
        for service_class in classes.everything(call.db):
            entry = {"cn": service_class.name, "objectclass": "zimbraCOS", "zimbraid": service_class.id}
            if matches({**lowered(service_class.values), **entry}):
                yield service_class


def _list_entry(found: MailingList) -> Mapping[str, str | list[str]]:
    uid = found.name.partition("@")[0]
    return {
        "cn": uid,
        "displayname": uid,
        "objectclass": ["zimbraDistributionList", "zimbraMailRecipient"],
        "zimbramailstatus": "enabled",
        **lowered(found.attrs),
        "mail": found.addresses(),
        "uid": uid,
        "zimbraid": found.id,
        "zimbramailaddress": found.name,
    }


def compiled(text: str) -> Filter:
    """The filter of a request; service.INVALID_REQUEST for what is none."""
    try:
        return compile_filter(text, _NAMES, _PRESENT)
    except BadFilter as error:
        raise invalid_request(f"invalid filter: {error}") from None


def _search_of(call: Call, default_types: str) -> _Search:
    request = call.request
    types = {one.strip().lower() for one in (request.get("types") or default_types).split(",")} - {""}
    if types - _TYPES:
        raise invalid_request(f"unknown type: {sorted(types - _TYPES)[0][:80]}")
    domain = (request.get("domain") or "").strip().lower()
    if domain and domains.domain(call.db, "name", domain) is None:
        raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {domain[:200]}")
    return _Search(types, compiled(request.require("query")), domain)


def _element(one: Found, attrs: str | None, *, with_class: bool, with_config: bool) -> Reply:
    if isinstance(one, Account):
        name = "calresource" if is_resource(one) else "account"
        return account_element(one, attrs, with_class=with_class, name=name)
    if isinstance(one, Domain):
        return domain_element(one, attrs, with_config=with_config)
    if isinstance(one, MailingList):
        return list_element(one, attrs)
    if isinstance(one, ServiceClass):
        return class_element(one, attrs)
    element = Reply("alias", {"id": one.id, "name": one.name, "targetName": one.target, "type": one.kind})
    element.pairs = list(attributes.pairs_of(one.attrs, attributes.wanted_names(attrs)))
    return element


def _sort_key(one: Found, name: str) -> str:
    if isinstance(one, Account):
        return one.first(name).lower()
    value = one.attrs.get(name, "")
    return (value if isinstance(value, str) else "".join(value[:1])).lower()


@handles(ADMIN, "SearchDirectoryRequest", access="manager")
def search_directory(call: Call) -> Reply:
    """Sorted by name unless asked otherwise, and paged."""
    request = call.request
    search = _search_of(call, "accounts")
    offset, limit = max(request.number("offset") or 0, 0), max(request.number("limit") or 0, 0)
    sort_by, ascending = request.get("sortBy") or "name", request.flag("sortAscending", True)
    plain = search.types == {"accounts"} and search.filter.everything and sort_by == "name" and ascending
    if plain and call.me.admin and not search.domain and limit and not accounts.any_resource(call.db):
        page: list[Found] = list(accounts.page(call.db, offset, limit))
        total = accounts.count(call.db)
    else:
        found = _sorted(call, search, sort_by, ascending=ascending)
        total = len(found)
        page = found[offset : offset + (limit or _MOST)]
    maximum = request.number("maxResults") or 0
    if maximum and total > maximum:
        raise SoapFault("account.TOO_MANY_SEARCH_RESULTS", "number of search results exceeded the limit")
    reply = response(call)
    if request.flag("countOnly"):
        reply.attrs["num"] = total
        return reply
    reply.attrs = {"more": offset + len(page) < total, "searchTotal": total}
    with_class, with_config = request.flag("applyCos", True), request.flag("applyConfig", True)
    wanted = request.get("attrs")
    reply.children = [_element(one, wanted, with_class=with_class, with_config=with_config) for one in page]
    return reply


def _listed(call: Call, one: Found) -> bool:
    """Whether who searches may find the entry."""
    if isinstance(one, Account):
        return call.allowed("listAccount", one)
    if isinstance(one, Alias):
        domain = domains.domain(call.db, "name", one.name.rpartition("@")[2])
        return call.me.admin or (domain is not None and call.allowed("listAccount", domain))
    if isinstance(one, Domain):
        return call.allowed("listDomain", one)
    return call.allowed("listDistributionList" if isinstance(one, MailingList) else "listCos", one)


def _sorted(call: Call, search: _Search, sort_by: str, *, ascending: bool) -> list[Found]:
    found: list[Found] = [one for one in (*_accounts(call, search), *_others(call, search)) if _listed(call, one)]
    if sort_by == "name":
        found.sort(key=lambda one: one.name, reverse=not ascending)
    else:
        found.sort(key=lambda one: _sort_key(one, sort_by), reverse=not ascending)
    return found


@handles(ADMIN, "SearchAccountsRequest", access="manager")
def search_accounts(call: Call) -> Reply:
    """The older form of the same."""
    return search_directory(call)
