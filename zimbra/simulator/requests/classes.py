"""The administrator's requests about classes of service."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, failure
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import classes, delegation
from zimbra.simulator.store.classes import ServiceClass
from zimbra.simulator.store.defaults import DEFAULT_CLASS_ID


def class_element(found: ServiceClass, attrs: str | None = None) -> Reply:
    """A class as the administration service shows it; `attrs`: only these, with commas."""
    element = Reply("cos", {"id": found.id, "name": found.name})
    if found.id == DEFAULT_CLASS_ID:
        element.attrs["isDefaultCos"] = True
    known = {**found.values, "cn": found.name, "objectClass": "zimbraCOS", "zimbraId": found.id}
    element.pairs = list(attributes.pairs_of(known, attributes.wanted_names(attrs)))
    return element


def _answer(call: Call, found: ServiceClass) -> Reply:
    reply = response(call)
    reply.children.append(class_element(found))
    return reply


@handles(ADMIN, "CreateCosRequest", writes=True)
def create_class(call: Call) -> Reply:
    name = call.request.get("name")
    if name is None:
        # The real server falls over this one.
        raise failure("name is missing")
    found = attributes.given(call.request)
    attributes.check(found)
    return _answer(call, classes.create(call.db, name, attributes.as_attributes(found)))


@handles(ADMIN, "CopyCosRequest", writes=True)
def copy_class(call: Call) -> Reply:
    element = call.request.need("cos")
    model = classes.get(call.db, element.attrs.get("by", "name"), element.text)
    return _answer(call, classes.create(call.db, call.request.require("name"), dict(model.attrs)))


@handles(ADMIN, "GetCosRequest", access="manager")
def get_class(call: Call) -> Reply:
    element = call.request.need("cos")
    by = element.attrs.get("by", "name")
    if by not in ("name", "id"):
        raise SoapFault("service.INVALID_REQUEST", f"invalid request: unknown value for by: {by[:80]}")
    found = classes.get(call.db, by, element.text)
    call.need("getCos", found)
    reply = response(call)
    reply.children.append(class_element(found, call.request.get("attrs")))
    return reply


@handles(ADMIN, "GetAllCosRequest", access="manager")
def get_all_classes(call: Call) -> Reply:
    reply = response(call)
    reply.children = [class_element(one) for one in classes.everything(call.db) if call.allowed("listCos", one)]
    return reply


@handles(ADMIN, "ModifyCosRequest", writes=True, access="manager")
def modify_class(call: Call) -> Reply:
    found = classes.get(call.db, "id", call.request.require("id"))
    call.need("modifyCos", found)
    changes = attributes.given(call.request)
    attributes.check(changes)
    return _answer(call, classes.modify(call.db, found, changes))


@handles(ADMIN, "RenameCosRequest", writes=True)
def rename_class(call: Call) -> Reply:
    found = classes.get(call.db, "id", call.request.require("id"))
    return _answer(call, classes.rename(call.db, found, call.request.require("newName")))


@handles(ADMIN, "DeleteCosRequest", writes=True)
def delete_class(call: Call) -> Reply:
    found = classes.get(call.db, "id", call.request.require("id"))
    classes.delete(call.db, found)
    delegation.forget(call.db, target=delegation.key_of(found))
    return response(call)
