"""Rooms and things to book: accounts that say of what kind they are (zimbraCalResType)."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests import attributes, directory
from zimbra.simulator.requests.directory_search import is_resource
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts, delegation
from zimbra.simulator.store.accounts import Account


def _missing(reference: str) -> SoapFault:
    return SoapFault("account.NO_SUCH_CALENDAR_RESOURCE", f"no such calendar resource: {reference[:200]}")


def _of_id(call: Call) -> Account:
    reference = call.request.require("id").strip()
    found = accounts.by_id(call.db, reference)
    if found is None or not is_resource(found):
        raise _missing(reference)
    return found


def _answer(call: Call, found: Account) -> Reply:
    reply = response(call)
    reply.children.append(directory.account_element(found, call.request.get("attrs"), name="calresource"))
    return reply


@handles(ADMIN, "CreateCalendarResourceRequest", writes=True)
def create_resource(call: Call) -> Reply:
    given = attributes.given(call.request)
    if not any(given.get("zimbraCalResType", [])) or not any(given.get("displayName", [])):
        raise invalid_request("missing required attribute: zimbraCalResType and displayName are needed")
    return _answer(call, directory.create(call, {"zimbraAccountCalendarUserType": ["RESOURCE"]}))


@handles(ADMIN, "GetCalendarResourceRequest")
def get_resource(call: Call) -> Reply:
    element = call.request.need("calresource")
    by = element.attrs.get("by", "name")
    found = accounts.by_reference(call.db, by, element.text, call.service.default_domain)
    if found is None or not is_resource(found):
        raise _missing(element.text.strip())
    return _answer(call, found)


@handles(ADMIN, "GetAllCalendarResourcesRequest")
def get_all_resources(call: Call) -> Reply:
    domain = directory.named_domain_name(call) if call.request.find("domain") is not None else ""
    reply = response(call)
    reply.children = [
        directory.account_element(one, name="calresource")
        for one in accounts.everyone(call.db, domain)
        if is_resource(one)
    ]
    return reply


@handles(ADMIN, "ModifyCalendarResourceRequest", writes=True)
def modify_resource(call: Call) -> Reply:
    found = _of_id(call)
    changes = attributes.given(call.request)
    attributes.check(changes)
    return _answer(call, accounts.modify(call.db, found, changes))


@handles(ADMIN, "RenameCalendarResourceRequest", writes=True)
def rename_resource(call: Call) -> Reply:
    return _answer(call, accounts.rename(call.db, _of_id(call), call.request.require("newName")))


@handles(ADMIN, "DeleteCalendarResourceRequest", writes=True)
def delete_resource(call: Call) -> Reply:
    resource = _of_id(call)
    accounts.delete(call.db, resource)
    delegation.forget(call.db, target=delegation.key_of(resource))
    return response(call)
