"""Rights on a whole account: grant, revoke, list, check, discover.

The requests of urn:zimbraMail named "Permission" are the older form of the same.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account
from zimbra.simulator.requests.info import targets_elements
from zimbra.simulator.requests.registry import ACCOUNT, MAIL, handles, response
from zimbra.simulator.store import accounts, domains, grantees, lists, rights
from zimbra.simulator.store.access import EVERYBODY_ID, PUBLIC_ID
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.rights import Ace

_TYPES = ("usr", "grp", "egp", "dom", "edom", "all", "pub", "gst", "key", "cos")


def _no_such_list(reference: str) -> SoapFault:
    return SoapFault("account.NO_SUCH_DISTRIBUTION_LIST", f"no such distribution list: {reference[:200]}")


def _no_such_domain(reference: str) -> SoapFault:
    return SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {reference[:200]}")


def _grantee(call: Call, element: Element, gt: str) -> tuple[str, str]:
    """Type and id of who is meant by an `ace`, by id (`zid`) or by name (`d`)."""
    zid, name = (element.get("zid") or "").strip(), (element.get("d") or "").strip()
    if gt in ("all", "pub"):
        return gt, EVERYBODY_ID if gt == "all" else PUBLIC_ID
    if not zid and not name:
        raise invalid_request("missing required attribute: d")
    if gt in ("gst", "key"):
        if gt == "gst" and "@" not in (name or zid):
            raise invalid_request("guest is not an e-mail address")
        return gt, name or zid
    if gt in ("dom", "edom"):
        domain = domains.domain(call.db, "id", zid) if zid else domains.domain(call.db, "name", name)
        if domain is None:
            raise _no_such_domain(zid or name)
        return gt, domain.id
    found_list = lists.by_id(call.db, zid) if zid else lists.by_address(call.db, _full(call, name))
    if gt == "grp" or (found_list is not None and not element.flag("chkgt")):
        if found_list is None:
            raise _no_such_list(zid or name)
        return "grp", found_list.id
    account = accounts.by_id(call.db, zid) if zid else accounts.by_address(call.db, _full(call, name))
    if account is None:
        raise no_such_account((zid or name)[:200])
    return "usr", account.id


def _full(call: Call, name: str) -> str:
    """A name without a domain is one of the caller's."""
    return name if "@" in name else f"{name}@{call.target.domain}"


def _ace(call: Call, element: Element) -> Ace:
    gt = element.require("gt")
    if gt not in _TYPES:
        raise invalid_request(f"invalid grantee type: {gt[:80]}")
    right = element.require("right")
    rights.check_name(right)
    rights.check_kind(right, on_list=False)
    gt, zid = _grantee(call, element, gt)
    secret = element.get("pw") or "" if gt == "gst" else element.get("key") or "" if gt == "key" else ""
    return Ace(zid, gt, right, element.flag("deny"), secret)


def _ace_element(call: Call, ace: Ace) -> Reply:
    element = Reply("ace", {"zid": ace.zid, "gt": ace.gt, "right": ace.right, "d": display_of(call, ace.gt, ace.zid)})
    if ace.secret:
        element.attrs["pw" if ace.gt == "gst" else "key"] = ace.secret
    if ace.denied:
        element.attrs["deny"] = True
    return element


def display_of(call: Call, gt: str, zid: str) -> str | None:
    """The name of a grantee as it is now."""
    if gt in ("gst", "key"):
        return zid
    return grantees.by_id(call.db, "dom" if gt == "edom" else gt, zid).name or None


@handles(ACCOUNT, "GrantRightsRequest", writes=True)
def grant_rights(call: Call) -> Reply:
    """All of them, or none when one cannot be granted."""
    account = call.owned.account
    aces = [_ace(call, element) for element in call.request.all("ace")]
    reply = response(call)
    for ace in aces:
        rights.grant(call.db, account, ace)
        reply.children.append(_ace_element(call, ace))
    return reply


@handles(ACCOUNT, "RevokeRightsRequest", writes=True)
def revoke_rights(call: Call) -> Reply:
    """What was not granted is not in the answer."""
    account = call.owned.account
    reply = response(call)
    for element in call.request.all("ace"):
        ace = _ace_to_revoke(call, element)
        held = [one for one in rights.of_account(call.db, account) if (one.zid, one.right) == (ace.zid, ace.right)]
        if rights.revoke(call.db, account, ace):
            reply.children.append(_ace_element(call, held[0]))
    return reply


def _ace_to_revoke(call: Call, element: Element) -> Ace:
    """As granted; a grantee that is gone can still be named by its id."""
    try:
        return _ace(call, element)
    except SoapFault as fault:
        zid = (element.get("zid") or "").strip()
        if not zid or not fault.code.startswith("account.NO_SUCH_"):
            raise
        return Ace(zid, element.require("gt"), element.require("right"), element.flag("deny"))


@handles(ACCOUNT, "GetRightsRequest")
def get_rights(call: Call) -> Reply:
    """The grants of the account, or those of the rights named."""
    asked = [element.require("right") for element in call.request.all("ace")]
    for right in asked:
        rights.check_name(right)
    reply = response(call)
    reply.children = [
        _ace_element(call, ace)
        for ace in rights.of_account(call.db, call.owned.account)
        if not asked or ace.right in asked
    ]
    return reply


def target_of(call: Call, element: Element) -> tuple[str, Account | lists.MailingList]:
    """Kind and whose rights a `target type= by=` element speaks of; account.NO_SUCH_ACCOUNT and the like."""
    kind, by = element.attrs.get("type", "account"), element.attrs.get("by", "name")
    if by not in ("name", "id"):
        raise invalid_request(f"unknown value for by: {by[:80]}")
    text = element.text.strip()
    if kind == "dl":
        found = lists.by_reference(call.db, by, text)
        if found is None:
            raise _no_such_list(text)
        return kind, found
    if kind not in ("account", "calresource", "resource"):
        raise invalid_request(f"invalid target type: {kind[:80]}")
    account = accounts.by_reference(call.db, by, text, call.service.default_domain)
    if account is None:
        raise no_such_account(text[:200])
    return kind, account


def _checked(call: Call, target: Account | lists.MailingList, asked: list[str]) -> list[tuple[str, bool]]:
    found = []
    for right in asked:
        rights.check_name(right)
        rights.check_kind(right, on_list=not isinstance(target, Account))
        if isinstance(target, Account):
            allowed = call.target.is_admin or rights.may(call.db, call.target, target, right)
        else:
            allowed = call.target.is_admin or rights.may_with_list(call.db, call.target, target, right)
        found.append((right, allowed))
    return found


@handles(ACCOUNT, "CheckRightsRequest")
def check_rights(call: Call) -> Reply:
    """Which of the rights asked for the caller has on each target; `allow` on the target says whether all of them."""
    reply = response(call)
    for element in call.request.all("target"):
        kind, by = element.attrs.get("type", "account"), element.require("by")
        key = element.require("key")
        _, target = target_of(call, Element("target", "", {"type": kind, "by": by}, key))
        asked = [one.text.strip() for one in element.all("right")]
        if not asked:
            raise invalid_request("missing required element: right")
        found = _checked(call, target, asked)
        one = reply.add("target", {"type": kind, "by": by, "key": key, "allow": all(allowed for _, allowed in found)})
        for right, allowed in found:
            one.add("right", {"allow": allowed}, text=right)
    return reply


@handles(ACCOUNT, "DiscoverRightsRequest")
def discover_rights(call: Call) -> Reply:
    """On whom the caller was given each of the rights."""
    asked = [element.text.strip() for element in call.request.all("right")]
    if not asked:
        raise invalid_request("missing required element: right")
    for right in asked:
        rights.check_name(right)
    reply = response(call)
    reply.children = targets_elements(call, call.target, asked)
    return reply


# --- the older form ------------------------------------------------------------------------------------------------


@handles(MAIL, "GrantPermissionRequest", writes=True)
def grant_permission(call: Call) -> Reply:
    return grant_rights(call)


@handles(MAIL, "RevokePermissionRequest", writes=True)
def revoke_permission(call: Call) -> Reply:
    return revoke_rights(call)


@handles(MAIL, "GetPermissionRequest")
def get_permission(call: Call) -> Reply:
    return get_rights(call)


@handles(MAIL, "CheckPermissionRequest")
def check_permission(call: Call) -> Reply:
    """One target; `allow` says whether the caller has all the rights asked for."""
    element = call.request.find("target")
    asked = [one.text.strip() for one in call.request.all("right")]
    if element is None:
        target: Account | lists.MailingList = call.target
    else:
        target = target_of(call, element)[1]
    found = _checked(call, target, asked)
    reply = response(call)
    reply.attrs["allow"] = all(allowed for _, allowed in found)
    for right, allowed in found:
        reply.add("right", {"allow": allowed}, text=right)
    return reply
