"""Distribution lists as people see them, and what their owners do with them.

Source: Zimbra's handlers of the same names (com.zimbra.cs.service.account).
"""

from __future__ import annotations

from collections.abc import Callable

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account, perm_denied
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.directory import refuse_reserved
from zimbra.simulator.requests.lists import addresses_of, known_attributes, missing, page_of_members
from zimbra.simulator.requests.registry import ACCOUNT, handles, response
from zimbra.simulator.requests.rights import display_of
from zimbra.simulator.store import delegation, domains, grantees, lists, rights
from zimbra.simulator.store.access import EVERYBODY_ID, PUBLIC_ID
from zimbra.simulator.store.grantees import Grantee
from zimbra.simulator.store.lists import MailingList
from zimbra.simulator.store.rights import OWN_LIST, Ace

# What anybody is told of a list, and what its owners are told as well.
_FOR_ALL = frozenset(
    {
        "displayName", "description", "mail", "zimbraId", "zimbraMailStatus", "zimbraMailAlias",
        "zimbraDistributionListSubscriptionPolicy", "zimbraDistributionListUnsubscriptionPolicy",
    }
)  # fmt: skip
_FOR_OWNERS = _FOR_ALL | {"zimbraNotes", "zimbraHideInGal", "zimbraPrefReplyToAddress", "zimbraPrefReplyToEnabled"}


def _list_of(call: Call) -> MailingList:
    element = call.request.need("dl")
    by = element.attrs.get("by", "name")
    if by not in ("name", "id"):
        raise invalid_request(f"unknown value for by: {by[:80]}")
    found = lists.by_reference(call.db, by, element.text)
    if found is None:
        raise missing(element.text)
    return found


def _may_create(call: Call, name: str) -> bool:
    """Whether the caller may make, rename and delete the lists of the domain of an address."""
    domain = domains.domain(call.db, "name", name.rpartition("@")[2])
    me = call.me
    return me.admin or (domain is not None and rights.may_create_lists(call.db, me.account, domain))


# --- looking -------------------------------------------------------------------------------------------------------


@handles(ACCOUNT, "GetDistributionListMembersRequest")
def get_members(call: Call) -> Reply:
    """The members, page by page."""
    name = call.request.require("dl")
    found = lists.by_address(call.db, name)
    if found is None:
        raise missing(name)
    reply, members = page_of_members(call, found)
    reply.children = members
    return reply


@handles(ACCOUNT, "GetDistributionListRequest")
def get_list(call: Call) -> Reply:
    """A list as a member or an owner sees it; `needOwners`, and for owners `needRights`, say what else is shown."""
    found = _list_of(call)
    owner = rights.may_with_list(call.db, call.target, found, OWN_LIST) or call.target.is_admin
    reply = response(call)
    one = reply.add("dl", {"id": found.id, "name": found.name, "dynamic": False}, unique=True)
    one.attrs["isOwner"] = owner
    one.attrs["isMember"] = any(outer.num == found.num for outer, _ in lists.memberships(call.db, call.target))
    one.pairs = list(attributes.pairs_of(known_attributes(found), _FOR_OWNERS if owner else _FOR_ALL))
    aces = [ace for ace in rights.of_list(found) if not ace.denied]
    if call.request.flag("needOwners"):
        owners = one.add("owners")
        owners.children = [_grantee_element(call, "owner", ace) for ace in aces if ace.right == OWN_LIST]
    if owner and (asked := call.request.get("needRights")):
        shown = one.add("rights")
        for right in filter(None, (part.strip() for part in asked.split(","))):
            rights.check_name(right)
            about = shown.add("right", {"right": right})
            about.children = [_grantee_element(call, "grantee", ace) for ace in aces if ace.right == right]
    return reply


def _grantee_element(call: Call, name: str, ace: Ace) -> Reply:
    return Reply(name, {"type": ace.gt, "id": ace.zid, "name": display_of(call, ace.gt, ace.zid)})


@handles(ACCOUNT, "GetAccountDistributionListsRequest")
def get_account_lists(call: Call) -> Reply:
    """The lists a person owns (`ownerOf`) and is in (`memberOf` "all", "directOnly" or "none")."""
    request = call.request
    member_of = request.get("memberOf") or "directOnly"
    if member_of not in ("all", "directOnly", "none"):
        raise invalid_request(f"invalid value for memberOf: {member_of[:80]}")
    owned = {target.id for target in rights.targets(call.db, call.target, OWN_LIST)}
    shown: dict[str, tuple[MailingList, str | None, bool]] = {}
    if member_of != "none":
        for found, via in lists.memberships(call.db, call.target):
            if not via or member_of == "all":
                shown[found.id] = (found, via or None, True)
    if request.flag("ownerOf"):
        for list_id in sorted(owned):
            found_list = lists.by_id(call.db, list_id)
            if found_list is not None:
                shown.setdefault(list_id, (found_list, None, False))
    wanted = attributes.wanted_names(request.get("attrs"))
    reply = response(call)
    for found, through, member in sorted(shown.values(), key=lambda entry: entry[0].name):
        one = reply.add("dl", {"id": found.id, "name": found.name, "dynamic": False, "via": through})
        one.attrs["d"] = found.first("displayName", found.name)
        if request.flag("ownerOf"):
            one.attrs["isOwner"] = found.id in owned
        if member_of != "none":
            one.attrs["isMember"] = member
        if wanted is not None:
            one.pairs = list(attributes.pairs_of(known_attributes(found), wanted))
    return reply


# --- changing ------------------------------------------------------------------------------------------------------


@handles(ACCOUNT, "CreateDistributionListRequest", writes=True)
def create_list(call: Call) -> Reply:
    """A new list, whose owner the caller is. All lists are such as name their members, whatever `dynamic` says."""
    name = call.request.require("name")
    if not _may_create(call, name):
        raise perm_denied("you do not have sufficient rights to create distribution list")
    wanted = attributes.given(call.request)
    attributes.check(wanted)
    refuse_reserved(call, wanted)
    found = lists.create(call.db, name, attributes.as_attributes(wanted))
    rights.grant_on_list(call.db, found, Ace(call.me.account.id, "usr", OWN_LIST))
    reply = response(call)
    one = reply.add("dl", {"id": found.id, "name": found.name, "dynamic": False}, unique=True)
    one.pairs = list(attributes.pairs_of(known_attributes(found), _FOR_OWNERS))
    return reply


@handles(ACCOUNT, "DistributionListActionRequest", writes=True)
def change_list(call: Call) -> Reply:
    """One operation of an owner; service.PERM_DENIED for others."""
    found = _list_of(call)
    action = call.request.need("action")
    operation = _OPERATIONS.get(action.require("op"))
    if operation is None:
        raise invalid_request(f"unknown operation: {action.attrs['op'][:80]}")
    if not call.me.admin and not rights.may_with_list(call.db, call.me.account, found, OWN_LIST):
        raise perm_denied("you do not have sufficient rights to access this distribution list")
    operation(call, found, action)
    return response(call)


def _delete(call: Call, found: MailingList, action: Element) -> None:
    if not _may_create(call, found.name):
        raise perm_denied("you do not have sufficient rights to delete this distribution list")
    lists.delete(call.db, found)
    delegation.forget(call.db, grantee=found.id, target=delegation.key_of(found))


def _rename(call: Call, found: MailingList, action: Element) -> None:
    name = action.require("newName")
    if not (_may_create(call, found.name) and _may_create(call, name)):
        raise perm_denied("you do not have sufficient rights to rename this distribution list")
    lists.rename(call.db, found, name)


def _modify(call: Call, found: MailingList, action: Element) -> None:
    changes = attributes.given(action)
    attributes.check(changes)
    refuse_reserved(call, changes)
    lists.modify(call.db, found, changes)


def _add_members(call: Call, found: MailingList, action: Element) -> None:
    lists.add_members(call.db, found, addresses_of(action))


def _remove_members(call: Call, found: MailingList, action: Element) -> None:
    lists.remove_members(call.db, found, addresses_of(action))


def _grantee(call: Call, element: Element) -> Grantee:
    """Whom an element with `type` and `by` means; "email" is whoever has the address."""
    gt, by = element.require("type"), element.attrs.get("by", "name")
    if gt in ("all", "pub"):
        return Grantee(gt, EVERYBODY_ID if gt == "all" else PUBLIC_ID)
    if gt not in ("usr", "grp", "dom", "gst", "email") or by not in ("name", "id"):
        raise invalid_request(f"invalid grantee: {gt[:80]} by {by[:80]}")
    text = element.text.strip()
    if by == "id":
        kinds = ("usr", "grp") if gt == "email" else (gt,)
        known = next((one for one in (grantees.by_id(call.db, kind, text) for kind in kinds) if one.name), None)
        if known is None:
            raise no_such_account(text[:200])
        return known
    found = grantees.by_name(call.db, {"email": "usr", "gst": "guest"}.get(gt, gt), text, call.me.account)
    if found.gt != "guest":
        return found
    if gt not in ("gst", "email"):
        raise no_such_account(text[:200])
    return Grantee("gst", found.zid)


def _aces(call: Call, parent: Element, name: str, right: str) -> list[Ace]:
    rights.check_name(right)
    rights.check_kind(right, on_list=True)
    found = [_grantee(call, one) for one in parent.all(name)]
    if right == OWN_LIST and any(one.gt in ("gst", "pub") for one in found):
        raise invalid_request("only people of this server own lists")
    return [Ace(one.zid, one.gt, right) for one in found]


def _asked(call: Call, action: Element) -> list[tuple[str, list[Ace]]]:
    """Each right that an action speaks of, and who is to have it or to lose it."""
    if action.attrs["op"].endswith("Owners"):
        return [(OWN_LIST, _aces(call, action, "owner", OWN_LIST))]
    pairs = [(one, one.require("right")) for one in action.all("right")]
    return [(right, _aces(call, one, "grantee", right)) for one, right in pairs]


def _again(call: Call, found: MailingList) -> MailingList:
    """The list with what was granted on it since."""
    return lists.by_id(call.db, found.id) or found


def _grant(call: Call, found: MailingList, action: Element) -> None:
    for _, aces in _asked(call, action):
        for ace in aces:
            rights.grant_on_list(call.db, _again(call, found), ace)


def _revoke(call: Call, found: MailingList, action: Element) -> None:
    for right, aces in _asked(call, action):
        for ace in aces:
            if not rights.revoke_on_list(call.db, _again(call, found), ace):
                raise SoapFault("account.NO_SUCH_GRANT", f"no such grant: {right}")


def _replace(call: Call, found: MailingList, action: Element) -> None:
    for right, aces in _asked(call, action):
        for ace in rights.of_list(_again(call, found)):
            if ace.right == right:
                rights.revoke_on_list(call.db, _again(call, found), ace)
        for ace in aces:
            rights.grant_on_list(call.db, _again(call, found), ace)


def _accept(call: Call, found: MailingList, action: Element) -> None:
    asked = action.need("subsReq")
    change = lists.add_members if _subscribing(asked) else lists.remove_members
    change(call.db, found, [asked.text])


def _reject(call: Call, found: MailingList, action: Element) -> None:
    _subscribing(action.need("subsReq"))


def _subscribing(element: Element) -> bool:
    op = element.require("op")
    if op not in ("subscribe", "unsubscribe"):
        raise invalid_request(f"unknown operation: {op[:80]}")
    return op == "subscribe"


_OPERATIONS: dict[str, Callable[[Call, MailingList, Element], None]] = {
    "delete": _delete, "rename": _rename, "modify": _modify,
    "addMembers": _add_members, "removeMembers": _remove_members,
    "addOwners": _grant, "removeOwners": _revoke, "setOwners": _replace,
    "grantRights": _grant, "revokeRights": _revoke, "setRights": _replace,
    "acceptSubsReq": _accept, "rejectSubsReq": _reject,
}  # fmt: skip


@handles(ACCOUNT, "SubscribeDistributionListRequest", writes=True)
def subscribe(call: Call) -> Reply:
    """Join a list, or leave it, as far as its policy lets the caller; service.PERM_DENIED where it does not."""
    found = _list_of(call)
    joining = _subscribing(call.request)
    me = call.me.account
    held = sorted(me.addresses() & set(lists.members(call.db, found)))
    policy = found.first(f"zimbraDistributionList{'S' if joining else 'Uns'}ubscriptionPolicy", "REJECT")
    reply = response(call)
    reply.attrs["status"] = "subscribed" if joining else "unsubscribed"
    if joining == bool(held):
        return reply
    if policy == "APPROVAL":
        reply.attrs["status"] = "awaiting_approval"
    elif policy != "ACCEPT":
        raise perm_denied("the list does not take this request")
    elif joining:
        lists.add_members(call.db, found, [me.name])
    else:
        lists.remove_members(call.db, found, held)
    return reply
