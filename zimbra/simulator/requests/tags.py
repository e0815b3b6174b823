"""CreateTag, GetTag, TagAction."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import tags
from zimbra.simulator.store.tags import Tag


def _element(tag: Tag) -> Reply:
    return Reply("tag", {"id": str(tag.id), "name": tag.name, "color": tag.color, "rgb": tag.rgb})


@handles(MAIL, "CreateTagRequest", writes=True)
def create_tag(call: Call) -> Reply:
    wanted = call.request.need("tag")
    reply = response(call)
    made = tags.create(call.mailbox, wanted.require("name"), wanted.number("color"), wanted.attrs.get("rgb"))
    reply.children.append(_element(made))
    return reply


@handles(MAIL, "GetTagRequest")
def get_tag(call: Call) -> Reply:
    reply = response(call)
    reply.children = [_element(tag) for tag in tags.everything(call.mailbox)]
    return reply


@handles(MAIL, "TagActionRequest", writes=True)
def tag_action(call: Call) -> Reply:
    action, mailbox = call.request.need("action"), call.mailbox
    operation = action.require("op").lower()
    name = action.attrs.get("tn")
    if name is not None:
        found = tags.by_name(mailbox, name)
        if found is None:
            raise SoapFault("mail.NO_SUCH_TAG", f"no such tag: {name[:100]}")
        chosen = [found]
    else:
        chosen = [tags.get(mailbox, one) for one in call.item_ids(action.require("id"))]
    for tag in chosen:
        if operation == "delete":
            tags.delete(mailbox, tag)
        elif operation in ("rename", "update", "color"):
            new_name = action.attrs.get("name", tag.name) if operation != "color" else tag.name
            tags.change(mailbox, tag, new_name, action.number("color", tag.color), action.attrs.get("rgb", tag.rgb))
        else:
            raise invalid_request(f"unknown operation: {operation[:60]}")
    reply = response(call)
    reply.add("action", {"id": ",".join(str(tag.id) for tag in chosen), "op": operation}, unique=True)
    return reply
