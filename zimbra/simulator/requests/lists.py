"""Distribution lists: the administrator's requests."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, failure, invalid_request
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.directory import need_in_domain, refuse_reserved
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import delegation, domains, lists
from zimbra.simulator.store.defaults import Attributes
from zimbra.simulator.store.lists import MailingList


def known_attributes(found: MailingList) -> Attributes:
    """All that the directory says of a list."""
    uid = found.name.partition("@")[0]
    return {
        "cn": uid,
        "objectClass": ["zimbraDistributionList", "zimbraMailRecipient"],
        "zimbraMailStatus": "enabled",
        **found.attrs,
        "mail": found.addresses(),
        "uid": uid,
        "zimbraId": found.id,
        "zimbraMailHost": attributes.HOST,
    }


def list_element(found: MailingList, attrs: str | None = None) -> Reply:
    """A list as the administration service shows it; `attrs`: only these, with commas."""
    element = Reply("dl", {"id": found.id, "name": found.name, "dynamic": False})
    element.pairs = list(attributes.pairs_of(known_attributes(found), attributes.wanted_names(attrs)))
    return element


def missing(reference: str) -> SoapFault:
    """The fault for a list that is not there."""
    return SoapFault("account.NO_SUCH_DISTRIBUTION_LIST", f"no such distribution list: {reference[:200]}")


def _list_of_id(call: Call, right: str) -> MailingList:
    reference = call.request.require("id").strip()
    found = lists.by_id(call.db, reference)
    if found is None:
        raise missing(reference)
    call.need(right, found)
    return found


def _named_list(call: Call, right: str) -> MailingList:
    """The list of the `dl by=` element, on which the caller must have a right."""
    element = call.request.need("dl")
    by = element.attrs.get("by", "name")
    if by not in ("name", "id"):
        raise invalid_request(f"unknown value for by: {by[:80]}")
    found = lists.by_reference(call.db, by, element.text)
    if found is None:
        raise missing(element.text)
    call.need(right, found)
    return found


def page_of_members(call: Call, found: MailingList) -> tuple[Reply, list[Reply]]:
    """The answer, which says how many members there are, and those of them that were asked for."""
    offset, limit = call.request.number("offset") or 0, call.request.number("limit") or 0
    if offset < 0 or limit < 0:
        raise invalid_request("offset and limit cannot be negative")
    members = lists.members(call.db, found)
    if offset and offset >= len(members):
        raise invalid_request(f"offset {offset} is beyond the {len(members)} members")
    page = members[offset : offset + limit] if limit else members[offset:]
    reply = response(call)
    reply.attrs = {"more": offset + len(page) < len(members), "total": len(members)}
    return reply, [Reply("dlm", text=address) for address in page]


@handles(ADMIN, "CreateDistributionListRequest", writes=True, access="manager")
def create_list(call: Call) -> Reply:
    name = call.request.get("name")
    if name is None:
        # The real server falls over this one.
        raise failure("name is missing")
    need_in_domain(call, "createDistributionList", name)
    found = attributes.given(call.request)
    attributes.check(found)
    refuse_reserved(call, found)
    reply = response(call)
    reply.children.append(list_element(lists.create(call.db, name, attributes.as_attributes(found))))
    return reply


@handles(ADMIN, "GetDistributionListRequest", access="manager")
def get_list(call: Call) -> Reply:
    found = _named_list(call, "getDistributionList")
    reply, members = page_of_members(call, found)
    element = list_element(found, call.request.get("attrs"))
    element.children = members
    reply.children.append(element)
    return reply


@handles(ADMIN, "GetAllDistributionListsRequest", access="manager")
def get_all_lists(call: Call) -> Reply:
    element = call.request.find("domain")
    name = ""
    if element is not None:
        domain = domains.domain(call.db, element.attrs.get("by", "name"), element.text)
        if domain is None:
            raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {element.text[:200]}")
        name = domain.name
    reply = response(call)
    found = [one for one in lists.everything(call.db, name) if call.allowed("listDistributionList", one)]
    reply.children = [list_element(one) for one in found]
    return reply


@handles(ADMIN, "ModifyDistributionListRequest", writes=True, access="manager")
def modify_list(call: Call) -> Reply:
    found = _list_of_id(call, "modifyDistributionList")
    changes = attributes.given(call.request)
    attributes.check(changes)
    refuse_reserved(call, changes)
    reply = response(call)
    reply.children.append(list_element(lists.modify(call.db, found, changes)))
    return reply


@handles(ADMIN, "RenameDistributionListRequest", writes=True, access="manager")
def rename_list(call: Call) -> Reply:
    found = _list_of_id(call, "renameDistributionList")
    reply = response(call)
    name = call.request.require("newName")
    need_in_domain(call, "createDistributionList", name)
    reply.children.append(list_element(lists.rename(call.db, found, name)))
    return reply


@handles(ADMIN, "DeleteDistributionListRequest", writes=True, access="manager")
def delete_list(call: Call) -> Reply:
    found = _list_of_id(call, "deleteDistributionList")
    lists.delete(call.db, found)
    delegation.forget(call.db, grantee=found.id, target=delegation.key_of(found))
    return response(call)


def addresses_of(element: Element) -> list[str]:
    """What the elements `dlm` say, one at least; service.INVALID_REQUEST."""
    found = [one.text for one in element.all("dlm")]
    if not found:
        raise invalid_request("members to add or remove not specified")
    return found


@handles(ADMIN, "AddDistributionListMemberRequest", writes=True, access="manager")
def add_members(call: Call) -> Reply:
    found = _list_of_id(call, "addDistributionListMember")
    lists.add_members(call.db, found, addresses_of(call.request))
    return response(call)


@handles(ADMIN, "RemoveDistributionListMemberRequest", writes=True, access="manager")
def remove_members(call: Call) -> Reply:
    found = _list_of_id(call, "removeDistributionListMember")
    lists.remove_members(call.db, found, addresses_of(call.request))
    return response(call)


@handles(ADMIN, "AddDistributionListAliasRequest", writes=True, access="manager")
def add_alias(call: Call) -> Reply:
    found, alias = _list_of_id(call, "addDistributionListAlias"), call.request.require("alias")
    need_in_domain(call, "createAlias", alias)
    lists.add_alias(call.db, found, alias)
    return response(call)


@handles(ADMIN, "RemoveDistributionListAliasRequest", writes=True, access="manager")
def remove_alias(call: Call) -> Reply:
    lists.remove_alias(call.db, _list_of_id(call, "removeDistributionListAlias"), call.request.require("alias"))
    return response(call)


@handles(ADMIN, "GetDistributionListMembershipRequest", access="manager")
def get_list_membership(call: Call) -> Reply:
    """The lists that a list is in."""
    found = _named_list(call, "getDistributionListMembership")
    reply = response(call)
    for outer, via in lists.containing(call.db, found.addresses()):
        reply.add("dl", {"id": outer.id, "name": outer.name, "via": via or None})
    return reply
