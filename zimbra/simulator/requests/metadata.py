"""Metadata that programs keep: of a mailbox (Get, Set, ModifyMailboxMetadata), of an item (Get, SetCustomMetadata).

Source: Zimbra's handlers of the same names.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, failure, invalid_request
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import items, metadata
from zimbra.simulator.store.mailbox import Mailbox

_MAX_SECTION = 36
_MAX_ITEM = 10_000
_MAX_MAILBOX = 32_768
# The programs the server knows.
_PROGRAMS = ("zwc", "bes")


def _section(meta: Element, what: str) -> str:
    """The name of a section; that of a mailbox begins with the program's own name and a colon."""
    name = meta.require("section").strip()
    if not name or len(name) > _MAX_SECTION or (what == "mailbox" and name.find(":") < 1):
        raise invalid_request(f"invalid {what} metadata section name")
    return name


def _values(meta: Element) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, one in meta.pairs():
        if not name:
            raise invalid_request("empty key not allowed")
        values[name] = one.text
    return values


def _filled(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise SoapFault("mail.TOO_MUCH_METADATA", f"metadata too long: limit is {limit} characters", limit=limit)


def _length(values: dict[str, str]) -> int:
    return sum(len(name) + len(value) for name, value in values.items())


def _shown(reply: Reply, section: str, values: dict[str, str]) -> None:
    reply.add("meta", {"section": section}).pairs = [(name, value, None) for name, value in values.items()]


# --- of a mailbox --------------------------------------------------------------------------------------------------


@handles(MAIL, "GetMailboxMetadataRequest")
def get_of_mailbox(call: Call) -> Reply:
    section = _section(call.request.need("meta"), "mailbox")
    reply = response(call)
    _shown(reply, section, metadata.read(call.owned, metadata.OF_MAILBOX, section))
    return reply


@handles(MAIL, "SetMailboxMetadataRequest", writes=True)
def set_of_mailbox(call: Call) -> Reply:
    """The section is what the request says, with nothing in it none any more. service.INVALID_REQUEST for an empty
    value; service.FAILURE for a program the server does not know; mail.TOO_MUCH_METADATA."""
    values = _values(call.request.need("meta"))
    if not all(values.values()):
        raise invalid_request("empty value not allowed")
    return _write(call, values)


@handles(MAIL, "ModifyMailboxMetadataRequest", writes=True)
def modify_of_mailbox(call: Call) -> Reply:
    """Values of the section put or changed; an empty one goes. Faults as of setting it; none given is one too."""
    meta = call.request.need("meta")
    values = _values(meta)
    if not values:
        raise invalid_request("empty key/value set not allowed")
    before = metadata.read(call.owned, metadata.OF_MAILBOX, _section(meta, "mailbox"))
    return _write(call, _filled({**before, **values}))


def _write(call: Call, values: dict[str, str]) -> Reply:
    section = _section(call.request.need("meta"), "mailbox")
    if section.partition(":")[0] not in _PROGRAMS:
        raise failure(f"unknown section: {section}")
    _check_size(_length(values), _MAX_MAILBOX)
    metadata.write(call.owned, metadata.OF_MAILBOX, section, values)
    return response(call)


# --- of an item ----------------------------------------------------------------------------------------------------


def _item(call: Call, right: str) -> tuple[Mailbox, int]:
    """The item of the request; mail.NO_SUCH_ITEM, service.PERM_DENIED."""
    mailbox, number = call.locate(call.request.require("id"))
    mailbox.check(items.get(mailbox, number).folder, right)
    return mailbox, number


@handles(MAIL, "GetCustomMetadataRequest")
def get_of_item(call: Call) -> Reply:
    section = _section(call.request.need("meta"), "custom")
    mailbox, number = _item(call, "r")
    reply = response(call)
    reply.attrs["id"] = mailbox.ref(number)
    _shown(reply, section, metadata.read(mailbox, number, section))
    return reply


@handles(MAIL, "SetCustomMetadataRequest", writes=True)
def set_of_item(call: Call) -> Reply:
    """The section is what the request says. mail.TOO_MUCH_METADATA when all sections of the item are too long."""
    meta = call.request.need("meta")
    section = _section(meta, "custom")
    mailbox, number = _item(call, "w")
    values = _filled(_values(meta))
    others = metadata.sections(mailbox, number)
    others.pop(section, None)
    _check_size(_length(values) + sum(map(_length, others.values())), _MAX_ITEM)
    metadata.write(mailbox, number, section, values)
    return response(call)
