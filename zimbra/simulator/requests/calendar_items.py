"""Which appointment, task or invite a request means."""

from __future__ import annotations

import logging

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.invite_messages import out_of_date
from zimbra.simulator.store import calendar, items
from zimbra.simulator.store.calendar import KINDS, Entry, Part
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

log = logging.getLogger("zimbra.simulator")


def is_loose(request: Element) -> bool:
    """Whether a request is in the form `zimbra-client` gives it: the id on a child, milliseconds in attributes.

    The real server refuses it; it is understood here so that this client works unchanged. Its sender also looks for the
    thing itself in every answer.
    """
    if request.name.startswith("Create"):
        message = request.find("m")
        invite = None if message is None else message.find("inv")
        described = None if invite is None else invite.find("comp")
        return described is not None and any(described.attrs.get(name, "").isdecimal() for name in ("s", "due"))
    return request.get("id") is None and any("id" in child.attrs for child in request.children)


def note_loose(request: Element) -> None:
    """A line in the log for what only this server understands."""
    log.info("%s is in a form that Zimbra itself refuses", request.name)


def id_of(request: Element) -> str:
    """The `id` of a request, also in the form of `is_loose`."""
    given = request.get("id")
    if given is None and is_loose(request):
        note_loose(request)
        given = next(child.attrs["id"] for child in request.children if "id" in child.attrs)
    if given is None:
        raise invalid_request("missing required attribute: id")
    return given


def invite_number(text: str) -> int | None:
    """The invite of "<item>-<invite>", None when only an item is named; service.INVALID_REQUEST."""
    item, dash, number = text.strip().rpartition(":")[2].partition("-")
    if not dash or not item:
        return None
    if not number.isdecimal() or len(number) > 15:
        raise invalid_request(f"malformed item ID: {text[:80]}")
    return int(number)


def located(call: Call, text: str) -> tuple[Mailbox, Item, int | None]:
    """An item of the calendar and the number of an invite of it.

    mail.NO_SUCH_CALITEM for another kind of item, mail.NO_SUCH_ITEM for none.
    """
    number = invite_number(text)
    mailbox, item_id = call.locate(text)
    item = items.find(mailbox, item_id) if item_id > 0 else None
    if item is None and item_id >= 0:
        raise items.not_found("", item_id)
    if item is None or item.type not in KINDS:
        raise SoapFault("mail.NO_SUCH_CALITEM", f"no such calendar item: {text[:80]}", itemId=text[:80])
    return mailbox, item, number


def invite_at(call: Call, text: str) -> tuple[Mailbox, Item, Entry, Part]:
    """As `located`, with the invite named, or the first when none is; mail.INVITE_OUT_OF_DATE when it is gone."""
    mailbox, item, number = located(call, text)
    entry = calendar.read(item)
    part = entry.first if number is None else entry.part(number)
    if part is None:
        raise out_of_date(text)
    return mailbox, item, entry, part


def check_version(request: Element, mailbox: Mailbox, item: Item) -> None:
    """mail.INVITE_OUT_OF_DATE when the caller has read an older version than there is (`ms` and `rev`)."""
    modified, revision = request.number("ms", 0) or 0, request.number("rev", 0) or 0
    if modified and revision and (modified < item.sequence or revision < item.sequence):
        raise out_of_date(mailbox.ref(item.id))
