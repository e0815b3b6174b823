"""Identities: create, read, modify, delete."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.info import identity_element
from zimbra.simulator.requests.registry import ACCOUNT, handles, response
from zimbra.simulator.store import identities


def _given(element: Element) -> dict[str, list[str]]:
    """The attributes of an identity, each `a name=`; a value is kept with its blanks."""
    found: dict[str, list[str]] = {}
    for name, one in element.pairs("a", "name"):
        found.setdefault(name, []).append(one.text)
    return {name: values for name, values in found.items() if name.lstrip("+-").startswith("zimbraPref")}


@handles(ACCOUNT, "CreateIdentityRequest", writes=True)
def create_identity(call: Call) -> Reply:
    element = call.request.need("identity")
    name = element.require("name")
    given = _given(element)
    if name:
        attributes.check(given)
    created = identities.create(call.db, call.target, name, given)
    reply = response(call)
    reply.children.append(identity_element(created))
    return reply


@handles(ACCOUNT, "ModifyIdentityRequest", writes=True)
def modify_identity(call: Call) -> Reply:
    element = call.request.need("identity")
    account = call.target
    found = identities.find(call.db, account, element.attrs.get("id"), element.attrs.get("name"))
    given = _given(element)
    attributes.check(given)
    identities.modify(call.db, account, found, given)
    return response(call)


@handles(ACCOUNT, "DeleteIdentityRequest", writes=True)
def delete_identity(call: Call) -> Reply:
    element = call.request.need("identity")
    account = call.target
    found = identities.find(call.db, account, element.attrs.get("id"), element.attrs.get("name"))
    identities.delete(call.db, account, found)
    return response(call)


@handles(ACCOUNT, "GetIdentitiesRequest")
def get_identities(call: Call) -> Reply:
    reply = response(call)
    reply.children = [identity_element(one) for one in identities.everything(call.db, call.target)]
    return reply
