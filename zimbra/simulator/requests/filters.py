"""The rules for what arrives and for what is sent: shown, replaced, applied to stored messages.

Rules are kept as a script in an attribute of the account; an administrator's, of an account, a class or a domain, have
attributes of their own. Source: Zimbra's handlers of the same names, RuleManager and ApplyFilterRules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, parse_error
from zimbra.simulator.formats.sieve import from_script, rules, run, to_script
from zimbra.simulator.formats.sieve.compare import SieveError
from zimbra.simulator.formats.sieve.grammar import SieveSyntaxError
from zimbra.simulator.mail import refiltering
from zimbra.simulator.mail.filtering import AROUND, INCOMING, OUTGOING, inherited, zone_of
from zimbra.simulator.requests.filterelements import read_rules, rules_element
from zimbra.simulator.requests.registry import ADMIN, MAIL, handles, response
from zimbra.simulator.requests.search import search
from zimbra.simulator.store import accounts, classes, domains
from zimbra.simulator.store.accounts import listed
from zimbra.simulator.store.defaults import Attributes

# How many messages one page of a search gives.
PAGE = 1000


def checked_script(found: list[rules.Rule], zone: ZoneInfo, limit: int, *, admin: bool) -> str:
    """The script of rules, gone through once; `limit`: of its bytes, 0 for none.

    Faults: service.INVALID_REQUEST, service.PARSE_ERROR, service.SIEVE_SCRIPT_MAX_SIZE_EXCEPTION.
    """
    script = to_script.write(found, zone, admin=admin)
    size = len(script.encode())
    if limit and size > limit:
        raise SoapFault(
            "service.SIEVE_SCRIPT_MAX_SIZE_EXCEPTION",
            f"sieve script size {size} exceeds the maximum allowed size {limit}",
        )
    try:
        run.check(script)
    except SieveSyntaxError:
        raise parse_error("parsing Sieve script") from None
    except SieveError:
        raise parse_error("evaluating Sieve script") from None
    return script


def _get(call: Call, attribute: str) -> Reply:
    account = call.owned.account
    reply = response(call)
    found = from_script.read(account.first(attribute), zone_of(account))
    reply.children.append(rules_element(found, MAIL))
    return reply


def _modify(call: Call, attribute: str) -> Reply:
    mailbox = call.owned
    account = mailbox.account
    found = read_rules(call.request.find("filterRules"))
    script = checked_script(found, zone_of(account), account.limit("zimbraMailSieveScriptMaxSize"), admin=False)
    mailbox.account = accounts.modify(call.db, account, {attribute: [script]})
    return response(call)


def _apply(call: Call, attribute: str) -> Reply:
    mailbox = call.owned
    script = mailbox.account.first(attribute)
    if not script:
        raise invalid_request("Account has no filter rules defined.")
    wanted = call.request.need("filterRules").all("filterRule")
    if not wanted:
        raise invalid_request("No filterRule elements specified.")
    partial = rules.requires(script)
    for element in wanted:
        name = element.require("name")
        part = rules.only(script, name)
        if part is None:
            raise invalid_request(f"Could not find a rule named '{name[:200]}'")
        partial += part + "\n"
    ids = _ids(call)
    limit = mailbox.account.limit("zimbraFilterBatchSize")
    if len(ids) > limit > 0:
        raise invalid_request(
            f"Attempted to apply filter rules to {len(ids)} messages, which exceeded the limit of {limit}"
        )
    affected = []
    for number in ids:
        try:
            if refiltering.apply(call.unit, mailbox, number, partial):
                affected.append(str(number))
        except SoapFault:
            # Deleted since it was looked for, or no room for a copy: the others go on.
            continue
    reply = response(call)
    if affected:
        reply.add("m", {"ids": ",".join(affected)})
    return reply


def _ids(call: Call) -> list[int]:
    """The messages a request is about: by their ids, or those a query finds."""
    listed_ids, query = call.request.find("m"), call.request.get("query")
    if listed_ids is not None and query is not None:
        raise invalid_request("Cannot specify both m and query elements.")
    if listed_ids is not None:
        return [call.item_id(one) for one in listed_ids.require("ids").split(",") if one.strip()]
    if query is None:
        raise invalid_request("Must specify either the m or query element.")
    return _found(call, query.strip())


def _found(call: Call, query: str) -> list[int]:
    """The messages a search gives, oldest first, one more than may be filtered at most."""
    most = call.owned.account.limit("zimbraFilterBatchSize") or 10_000
    ids: list[int] = []
    more = True
    while more and len(ids) <= most:
        attrs = {"types": "message", "sortBy": "dateAsc", "offset": str(len(ids)), "limit": str(PAGE)}
        request = Element("SearchRequest", MAIL, {**attrs, "query": query})
        try:
            answer = search(replace(call, request=request))
        except SoapFault as fault:
            raise invalid_request(f"Unable to run search for query: '{query[:200]}' ({fault.code})") from None
        page = [str(child.attrs["id"]) for child in answer.children if child.name == "m"]
        ids += [int(one.rpartition(":")[2]) for one in page]
        more = bool(page) and bool(answer.attrs.get("more"))
    return ids


# --- an administrator's rules --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Entry:
    """What an administrator's rules belong to: their script, how to keep another, the zone of dates."""

    script: str
    keep: Callable[[str], object]
    zone: ZoneInfo


def _entry(call: Call, attribute: str) -> _Entry:
    """The account, class or domain a request names, and its script before or after the user's own."""
    when = call.request.require("type")
    if when not in ("before", "after"):
        raise invalid_request(f"invalid value for attribute type: {when[:80]}")
    name = AROUND[attribute][when == "after"]
    default = ZoneInfo("UTC")

    def value(attrs: Attributes) -> str:
        values = listed(attrs.get(name, []))
        return values[0] if values else ""

    if (element := call.request.find("account")) is not None:
        by = element.attrs.get("by", "name")
        account = accounts.by_reference(call.db, by, element.text, call.service.default_domain)
        if account is None:
            raise SoapFault("account.NO_SUCH_ACCOUNT", f"no such account: {element.text[:200]}")
        mailbox = call.unit.mailbox(account)
        return _Entry(
            inherited(mailbox, name),
            lambda script: accounts.modify(call.db, account, {name: [script]}),
            zone_of(account),
        )
    if (element := call.request.find("domain")) is not None:
        domain = domains.domain(call.db, element.attrs.get("by", "name"), element.text)
        if domain is None:
            raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {element.text[:200]}")
        return _Entry(
            value(domain.attrs), lambda script: domains.modify_domain(call.db, domain, {name: [script]}), default
        )
    if (element := call.request.find("cos")) is not None:
        found = classes.get(call.db, element.attrs.get("by", "name"), element.text)
        return _Entry(value(found.values), lambda script: classes.modify(call.db, found, {name: [script]}), default)
    raise invalid_request("must specify one of account, domain, cos")


def _get_admin(call: Call, attribute: str) -> Reply:
    entry = _entry(call, attribute)
    reply = response(call)
    reply.attrs["type"] = call.request.require("type")
    element = next((one for one in call.request.children if one.name in ("account", "domain", "cos")), None)
    if element is not None:
        reply.add(element.name, {"by": element.attrs.get("by", "name")}, text=element.text)
    reply.children.append(rules_element(from_script.read(entry.script, entry.zone, admin=True), ADMIN))
    return reply


def _modify_admin(call: Call, attribute: str) -> Reply:
    entry = _entry(call, attribute)
    entry.keep(checked_script(read_rules(call.request.find("filterRules")), entry.zone, 0, admin=True))
    return response(call)


# --- the requests --------------------------------------------------------------------------------------------------


def _register(name: str, attribute: str) -> None:
    """The requests of one direction: "Get<name>Request" and so on."""
    handles(MAIL, f"Get{name}Request")(lambda call: _get(call, attribute))
    handles(MAIL, f"Modify{name}Request", writes=True)(lambda call: _modify(call, attribute))
    handles(MAIL, f"Apply{name}Request", writes=True, guards=True)(lambda call: _guarded(call, attribute))
    handles(ADMIN, f"Get{name}Request")(lambda call: _get_admin(call, attribute))
    handles(ADMIN, f"Modify{name}Request", writes=True)(lambda call: _modify_admin(call, attribute))


def _guarded(call: Call, attribute: str) -> Reply:
    call.unit.guard()
    return _apply(call, attribute)


_register("FilterRules", INCOMING)
_register("OutgoingFilterRules", OUTGOING)
