"""CreateTag, GetTag, TagAction: for the owner of the mailbox alone."""

from __future__ import annotations

import json

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.mail import upkeep
from zimbra.simulator.requests import retention
from zimbra.simulator.requests.foldertree import color_of
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import tags
from zimbra.simulator.store.mailbox import Mailbox
from zimbra.simulator.store.tags import Tag


def tag_element(mailbox: Mailbox, tag: Tag) -> Reply:
    """A tag as every answer shows it."""
    # The colour nobody chose is not told.
    reply = Reply("tag", {"id": mailbox.ref(tag.id), "name": tag.name, "color": tag.color or None, "rgb": tag.rgb})
    retention.show(reply, json.loads(tag.retention))
    return reply


@handles(MAIL, "CreateTagRequest", writes=True)
def create_tag(call: Call) -> Reply:
    wanted = call.request.need("tag")
    color, rgb = color_of(wanted)
    made = tags.create(call.owned, wanted.require("name"), color, rgb)
    reply = response(call)
    reply.children.append(tag_element(call.mailbox, made))
    return reply


@handles(MAIL, "GetTagRequest")
def get_tag(call: Call) -> Reply:
    reply = response(call)
    reply.children = [tag_element(call.mailbox, tag) for tag in tags.listed(call.owned)]
    return reply


_OPERATIONS = frozenset({"delete", "rename", "color", "update", "read", "!read", "retentionpolicy"})


@handles(MAIL, "TagActionRequest", writes=True, guards=True)
def tag_action(call: Call) -> Reply:
    call.unit.guard()
    action, mailbox = call.request.need("action"), call.owned
    operation = action.require("op").lower()
    if operation not in _OPERATIONS:
        raise invalid_request(f"unknown operation: {operation[:60]}")
    name = action.attrs.get("tn")
    done = []
    for number in _numbers(call, mailbox, action):
        done.append(mailbox.ref(number))
        try:
            tag = tags.get(mailbox, number)
        except SoapFault:
            if operation == "delete":
                continue  # deleting what is gone is no error
            raise
        with upkeep.following_tag(mailbox, tag):
            _apply(mailbox, tag, operation, action)
    reply = response(call)
    attrs: dict[str, str | int | bool | None] = {"id": ",".join(done), "op": operation, "tn": name}
    reply.add("action", attrs, unique=True)
    return reply


def _numbers(call: Call, mailbox: Mailbox, action: Element) -> list[int]:
    """The tags an action is about, by name or by id; mail.NO_SUCH_TAG for an unknown name."""
    names = action.attrs.get("tn")
    if names is None:
        return call.item_ids(action.require("id"))
    wanted = [name for name in names.split(",") if name.strip()]
    if not wanted:
        raise invalid_request("missing required attribute: tn")
    found = []
    for name in wanted:
        tag = tags.by_name(mailbox, name)
        if tag is None:
            raise tags.no_such_tag(name)
        found.append(tag.id)
    return found


def _apply(mailbox: Mailbox, tag: Tag, operation: str, action: Element) -> None:
    if operation == "delete":
        tags.delete(mailbox, tag)
    elif operation == "retentionpolicy":
        tags.keep_for(mailbox, tag, json.dumps(retention.given(action)))
    elif operation in ("read", "!read"):
        tags.mark_read(mailbox, tag, read=operation == "read")
    elif operation in ("rename", "color", "update"):
        name = action.require("name") if operation == "rename" else tag.name
        color, rgb = color_of(action)
        if operation == "color" and color is None and rgb is None:
            raise invalid_request("missing required attribute: color")
        if operation == "update":
            name = action.attrs.get("name", name)
        # One way of saying the colour takes the place of the other.
        if color is None and rgb is None:
            color, rgb = tag.color, tag.rgb
        tags.change(mailbox, tag, name, color, rgb)
