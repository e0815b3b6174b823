"""Rights on accounts and lists given, taken back and shown by the administrator.

The rights are those that people give one another; there are no delegated administrators here.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.requests.rights import display_of, target_of
from zimbra.simulator.store import accounts, domains, lists, rights
from zimbra.simulator.store.access import EVERYBODY_ID, PUBLIC_ID
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.rights import Ace


def _target(call: Call) -> Account | lists.MailingList:
    return target_of(call, call.request.need("target"))[1]


def _grantee(call: Call, element: Element) -> tuple[str, str]:
    """Type and id of who is meant."""
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


def _ace(call: Call, target: Account | lists.MailingList) -> Ace:
    gt, zid = _grantee(call, call.request.need("grantee"))
    right = call.request.need("right")
    rights.check_name(right.text.strip())
    rights.check_kind(right.text.strip(), on_list=not isinstance(target, Account))
    return Ace(zid, gt, right.text.strip(), right.flag("deny"))


@handles(ADMIN, "GrantRightRequest", writes=True)
def grant_right(call: Call) -> Reply:
    target = _target(call)
    ace = _ace(call, target)
    if isinstance(target, Account):
        rights.grant(call.db, target, ace)
    else:
        rights.grant_on_list(call.db, target, ace)
    return response(call)


@handles(ADMIN, "RevokeRightRequest", writes=True)
def revoke_right(call: Call) -> Reply:
    """account.NO_SUCH_GRANT for one that was not given."""
    target = _target(call)
    ace = _ace(call, target)
    if isinstance(target, Account):
        revoked = rights.revoke(call.db, target, ace)
    else:
        revoked = rights.revoke_on_list(call.db, target, ace)
    if not revoked:
        raise SoapFault("account.NO_SUCH_GRANT", f"no such grant: {ace.right} to {ace.zid}")
    return response(call)


@handles(ADMIN, "GetGrantsRequest")
def get_grants(call: Call) -> Reply:
    """The grants on a target."""
    element = call.request.need("target")
    kind, target = target_of(call, element)
    aces = rights.of_account(call.db, target) if isinstance(target, Account) else rights.of_list(target)
    reply = response(call)
    for ace in aces:
        one = reply.add("grant")
        one.add("target", {"type": kind, "id": target.id, "name": target.name}, unique=True)
        one.add("grantee", {"type": ace.gt, "id": ace.zid, "name": display_of(call, ace)}, unique=True)
        one.add("right", {"deny": ace.denied, "canDelegate": False}, text=ace.right, unique=True)
    return reply


@handles(ADMIN, "CheckRightRequest")
def check_right(call: Call) -> Reply:
    """Whether somebody has a right on a target."""
    target = _target(call)
    gt, zid = _grantee(call, call.request.need("grantee"))
    right = call.request.need("right").text.strip()
    rights.check_name(right)
    grantee = accounts.by_id(call.db, zid) if gt == "usr" else None
    if grantee is None:
        raise invalid_request("the grantee of a check is an account")
    if isinstance(target, Account):
        allowed = rights.may(call.db, grantee, target, right)
    else:
        allowed = rights.may_with_list(call.db, grantee, target, right)
    reply = response(call)
    reply.attrs["allow"] = allowed
    return reply
