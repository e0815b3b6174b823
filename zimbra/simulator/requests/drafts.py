"""SaveDraft: a message that is still being written, kept in Drafts and written anew each time."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.composing import compose
from zimbra.simulator.requests.draft_notes import note
from zimbra.simulator.requests.message_elements import View, whole
from zimbra.simulator.requests.places import target
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import items, messages, tags, uploads
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import DRAFTS, Mailbox

NEW = ("", "-1")


@handles(MAIL, "SaveDraftRequest", writes=True)
def save_draft(call: Call) -> Reply:
    """A new draft, or a new text of one. mail.NO_SUCH_MSG; mail.IMMUTABLE_OBJECT for what is no draft."""
    given = call.request.need("m")
    number = (given.get("id") or "").strip()
    old: Item | None = None
    if number in NEW:
        mailbox, folder = target(call, given.get("l") or str(DRAFTS))
    else:
        mailbox, item_id = call.locate(number)
        old = items.get(mailbox, item_id, "message")
        folder = old.folder
        if "d" not in old.flags:
            raise SoapFault("mail.IMMUTABLE_OBJECT", f"cannot modify immutable object: {number}", itemId=number)
    attached = given.get("aid")
    if attached is not None:
        raw = uploads.take(call.db, call.me.account.id, attached).data
    else:
        raw = compose(call, given).written(blind=True)
    made = _keep(call, mailbox, folder, raw, given) if old is None else _renew(call, mailbox, old, raw, given)
    reply = response(call)
    reply.children.append(whole(mailbox, items.get(mailbox, made.id), View()))
    return reply


def _notes(given: Element) -> str:
    return note(
        origid=given.get("origid"),
        rt=given.get("rt"),
        idnt=given.get("idnt"),
        forAcct=given.get("forAcct"),
        autoSendTime=given.number("autoSendTime"),
    )


def _keep(call: Call, mailbox: Mailbox, folder: int, raw: bytes, given: Element) -> Item:
    conversation = None
    original = given.get("origid")
    if original and given.get("rt") == "r":
        place, number = call.locate(original)
        if place is mailbox and items.find(mailbox, number, "message") is not None:
            conversation = messages.detail(mailbox, number).conversation
    return messages.add(
        mailbox,
        folder,
        raw,
        flags="ds" + given.attrs.get("f", ""),
        tags=tags.ids_for(mailbox, given.get("tn"), given.get("t")),
        conversation=conversation,
        content=_notes(given),
    )


def _renew(call: Call, mailbox: Mailbox, item: Item, raw: bytes, given: Element) -> Item:
    """The draft with another text; its place, flags and tags change when they are named."""
    kept = _notes(given)
    if kept:
        item.content = kept
    if given.get("tn") is not None or given.get("t") is not None:
        item.tags = tags.ids_for(mailbox, given.get("tn"), given.get("t"))
    if "f" in given.attrs:
        item.flags = messages.clean_flags("ds" + given.attrs["f"])
    renewed = messages.replace(mailbox, item, raw)
    if given.get("l"):
        place, folder = target(call, given.require("l"))
        if place is not mailbox:
            raise invalid_request("cannot move a draft into another mailbox")
        if folder != renewed.folder:
            items.move(mailbox, renewed, folder)
    return renewed
