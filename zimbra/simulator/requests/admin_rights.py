"""Rights given, taken back and shown by the administrator: those people have on accounts and lists, and those of who
administers a part of the directory.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.requests.rights import display_of, target_of
from zimbra.simulator.store import accounts, classes, delegation, domains, lists, rights
from zimbra.simulator.store.access import EVERYBODY_ID, PUBLIC_ID
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.delegation import GLOBAL, Power, Target
from zimbra.simulator.store.domains import Domain
from zimbra.simulator.store.lists import MailingList
from zimbra.simulator.store.rights import Ace

# Targets there is one of; what is given on them holds for everything.
_WHOLE = ("global", "config")


def target(call: Call) -> tuple[str, Target | None]:
    """Kind and entry of the `target type= by=` element; no entry for "global" and "config"."""
    element = call.request.need("target")
    kind, by = element.attrs.get("type", "account"), element.attrs.get("by", "name")
    if kind in _WHOLE:
        return kind, None
    if kind == "domain":
        domain = domains.domain(call.db, by, element.text)
        if domain is None:
            raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {element.text[:200]}")
        return kind, domain
    if kind == "cos":
        return kind, classes.get(call.db, by, element.text)
    return target_of(call, element)


def grantee(call: Call) -> tuple[str, str]:
    """Type and id of who the `grantee type= by=` element means."""
    element = call.request.need("grantee")
    gt, by = element.attrs.get("type", "usr"), element.attrs.get("by", "name")
    text = element.text.strip()
    if gt in ("all", "pub"):
        return gt, EVERYBODY_ID if gt == "all" else PUBLIC_ID
    if gt == "usr":
        account = accounts.by_reference(call.db, by, text, call.service.default_domain)
        if account is None:
            raise no_such_account(text[:200])
        return gt, account.id
    if gt == "grp":
        found = lists.by_reference(call.db, by, text)
        if found is None:
            raise SoapFault("account.NO_SUCH_DISTRIBUTION_LIST", f"no such distribution list: {text[:200]}")
        return gt, found.id
    if gt == "dom":
        domain = domains.domain(call.db, by, text)
        if domain is None:
            raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {text[:200]}")
        return gt, domain.id
    if gt == "gst":
        return gt, text
    raise invalid_request(f"invalid grantee type: {gt[:80]}")


def _of_people(call: Call, entry: Target | None) -> tuple[Account | MailingList, Ace] | None:
    """The grant of a request, when its right is one that people give one another."""
    right = call.request.need("right")
    name = right.text.strip()
    if name not in rights.ACCOUNT_RIGHTS and name not in rights.LIST_RIGHTS:
        return None
    on_list = isinstance(entry, MailingList)
    if not isinstance(entry, Account | MailingList):
        raise invalid_request(f"right {name} is granted on accounts and lists")
    rights.check_kind(name, on_list=on_list)
    gt, zid = grantee(call)
    return entry, Ace(zid, gt, name, right.flag("deny"))


def _of_administrators(call: Call, entry: Target | None) -> Power:
    """The grant of a request, when its right is one of administration."""
    right = call.request.need("right")
    name = right.text.strip()
    if name == rights.CREATE_LISTS:
        return _of_list_makers(call, entry, right)
    if not delegation.is_right(name):
        raise delegation.no_such_right(name)
    gt, zid = grantee(call)
    if gt not in ("usr", "grp"):
        raise invalid_request(f"rights of administration are not granted to grantee type {gt}")
    account = accounts.by_id(call.db, zid)
    if gt == "usr" and (account is None or not (account.manages or account.is_admin)):
        raise invalid_request("the grantee is not an administrator")
    key = GLOBAL if entry is None else delegation.key_of(entry)
    return Power(key, zid, gt, name, right.flag("deny"), right.flag("canDelegate"))


def _of_list_makers(call: Call, entry: Target | None, right: Element) -> Power:
    """The right to make lists in a domain is for anybody."""
    if entry is not None and not isinstance(entry, Domain):
        raise invalid_request(f"right {rights.CREATE_LISTS} is granted on domains")
    gt, zid = grantee(call)
    key = GLOBAL if entry is None else delegation.key_of(entry)
    return Power(key, zid, gt, rights.CREATE_LISTS, right.flag("deny"))


@handles(ADMIN, "GrantRightRequest", writes=True)
def grant_right(call: Call) -> Reply:
    _, entry = target(call)
    personal = _of_people(call, entry)
    if personal is None:
        delegation.grant(call.db, _of_administrators(call, entry))
    elif isinstance(personal[0], Account):
        rights.grant(call.db, personal[0], personal[1])
    else:
        rights.grant_on_list(call.db, personal[0], personal[1])
    return response(call)


@handles(ADMIN, "RevokeRightRequest", writes=True)
def revoke_right(call: Call) -> Reply:
    """account.NO_SUCH_GRANT for one that was not given."""
    _, entry = target(call)
    personal = _of_people(call, entry)
    if personal is None:
        revoked = delegation.revoke(call.db, _of_administrators(call, entry))
    elif isinstance(personal[0], Account):
        revoked = rights.revoke(call.db, personal[0], personal[1])
    else:
        revoked = rights.revoke_on_list(call.db, personal[0], personal[1])
    if not revoked:
        raise SoapFault("account.NO_SUCH_GRANT", f"no such grant: {call.request.need('right').text[:80]}")
    return response(call)


@handles(ADMIN, "GetGrantsRequest")
def get_grants(call: Call) -> Reply:
    """The grants on a target, to a grantee, or both."""
    reply = response(call)
    asked = None if call.request.find("grantee") is None else grantee(call)
    if call.request.find("target") is None:
        if asked is None:
            raise invalid_request("target or grantee is needed")
        account = accounts.by_id(call.db, asked[1])
        for power in delegation.held_by(call.db, account) if account else []:
            kind, _, target_id = power.target.partition(":")
            _add_grant(call, reply, Element("target", "", {"type": kind, "id": target_id}), power)
        return reply
    kind, entry = target(call)
    attrs = {"type": kind} if entry is None else {"type": kind, "id": entry.id, "name": entry.name}
    about = Element("target", "", attrs)
    found: list[Ace | Power] = []
    if isinstance(entry, Account):
        found += rights.of_account(call.db, entry)
    elif isinstance(entry, MailingList):
        found += rights.of_list(entry)
    found += delegation.on_target(call.db, GLOBAL if entry is None else delegation.key_of(entry))
    for one in found:
        if asked is None or one.zid == asked[1]:
            _add_grant(call, reply, about, one)
    return reply


def _add_grant(call: Call, reply: Reply, about: Element, given: Ace | Power) -> None:
    one = reply.add("grant")
    one.add("target", about.attrs, unique=True)
    name = display_of(call, given.gt, given.zid)
    one.add("grantee", {"type": given.gt, "id": given.zid, "name": name}, unique=True)
    delegable = isinstance(given, Power) and given.delegable
    one.add("right", {"deny": given.denied, "canDelegate": delegable}, text=given.right, unique=True)


@handles(ADMIN, "CheckRightRequest")
def check_right(call: Call) -> Reply:
    """Whether somebody has a right on a target."""
    _, entry = target(call)
    gt, zid = grantee(call)
    right = call.request.need("right").text.strip()
    who = accounts.by_id(call.db, zid) if gt == "usr" else None
    if who is None:
        raise invalid_request("the grantee of a check is an account")
    if right in rights.ACCOUNT_RIGHTS and isinstance(entry, Account):
        allowed = rights.may(call.db, who, entry, right)
    elif right in rights.LIST_RIGHTS and isinstance(entry, MailingList):
        allowed = rights.may_with_list(call.db, who, entry, right)
    elif delegation.is_right(right):
        powers = delegation.Powers(call.db, who)
        allowed = who.is_admin or (who.manages and entry is not None and powers.may(right, entry))
    else:
        raise delegation.no_such_right(right)
    reply = response(call)
    reply.attrs["allow"] = allowed
    return reply
