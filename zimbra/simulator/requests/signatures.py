"""Signatures: create, read, modify, delete."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.requests.info import signature_element
from zimbra.simulator.requests.registry import ACCOUNT, handles, response
from zimbra.simulator.store import signatures
from zimbra.simulator.store.signatures import HTML, PLAIN, Signature


def _contents(element: Element) -> dict[str, str]:
    """The texts by type; an empty one takes the text of that type away."""
    found: dict[str, str] = {}
    for content in element.all("content"):
        content_type = content.attrs.get("type") or PLAIN
        if content_type not in (PLAIN, HTML):
            raise invalid_request(f"invalid content type: {content_type[:80]}")
        if content_type in found:
            raise invalid_request(f"only one {content_type} content is allowed")
        found[content_type] = content.text
    return found


def _contact(element: Element) -> str | None:
    """The id of the contact joined; None when the request does not speak of it."""
    found = element.find("cid")
    return None if found is None else found.text.strip()


def _found(call: Call, element: Element) -> Signature:
    return signatures.find(call.db, call.target, element.attrs.get("id"), element.attrs.get("name"))


@handles(ACCOUNT, "CreateSignatureRequest", writes=True)
def create_signature(call: Call) -> Reply:
    element = call.request.need("signature")
    name = element.require("name")
    if not name.strip():
        raise invalid_request("signature name is required")
    contents = {kind: text for kind, text in _contents(element).items() if text}
    created = signatures.create(
        call.db, call.target, name, contents, _contact(element) or "", (element.attrs.get("id") or "").strip()
    )
    reply = response(call)
    reply.add("signature", {"id": created.id, "name": created.name})
    return reply


@handles(ACCOUNT, "ModifySignatureRequest", writes=True)
def modify_signature(call: Call) -> Reply:
    """By id; without one the name says which, and is not changed."""
    element = call.request.need("signature")
    found = _found(call, element)
    name = element.attrs.get("name") or found.name
    if not name.strip():
        raise invalid_request("signature name is required")
    contents = {kind: text for kind, text in {**found.contents, **_contents(element)}.items() if text}
    contact = _contact(element)
    changed = Signature(found.id, name, contents, found.contact_id if contact is None else contact)
    signatures.replace(call.db, call.target, changed)
    return response(call)


@handles(ACCOUNT, "DeleteSignatureRequest", writes=True)
def delete_signature(call: Call) -> Reply:
    found = _found(call, call.request.need("signature"))
    signatures.delete(call.db, call.target, found)
    return response(call)


@handles(ACCOUNT, "GetSignaturesRequest")
def get_signatures(call: Call) -> Reply:
    reply = response(call)
    reply.children = [signature_element(one) for one in signatures.everything(call.db, call.target)]
    return reply
