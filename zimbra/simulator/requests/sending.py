"""SendMsg: who it is from, where it is kept, to whom it goes.

A From that is neither one's own nor allowed by sendAs is sent on behalf (with a Sender) when sendOnBehalfOf allows
it, and is replaced by one's own address otherwise. Source: Zimbra's MailSender (getSenderHeaders, sendMimeMessage).
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, perm_denied
from zimbra.simulator.mail import building, correspondents, delivery, sent
from zimbra.simulator.mail.compose import mailbox as written_address
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.composing import compose
from zimbra.simulator.requests.message_elements import View, whole
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import items, messages, rights, uploads
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

MAX_RECIPIENTS = 5000

# Name and address.
Person = tuple[str, str]


def own_address(account: Account) -> Person:
    """Name and address an account writes from by itself."""
    display = account.first("zimbraPrefFromDisplay") or account.first("displayName")
    chosen = account.first("zimbraPrefFromAddress")
    return display, chosen if chosen.lower() in account.addresses() else account.name


def authors(call: Call, given: Person | None, sender: Person | None) -> tuple[Person, Person | None]:
    """The From and the Sender a message may have, whatever it asks for."""
    me = call.me.account
    own = own_address(me)
    if given is None:
        given, sender = sender, None
    if given is None:
        return own, None
    if sender is not None and sender[1].lower() == given[1].lower():
        sender = None
    allowed = "sendAs" if call.me.admin else rights.may_send_as(call.db, me, given[1])
    if allowed == "sendAs" and sender is None:
        return given, None
    if sender is None or sender[1].lower() not in me.addresses():
        sender = own
    return (given, sender) if allowed else (sender, None)


def need_to_send_for(call: Call) -> None:
    """service.PERM_DENIED when the request is about the account of somebody the caller may not send for.

    Its envelope would bear that one's name, its copy would lie in that one's mailbox.
    """
    if not call.unit.may_act_for(call.target) and not rights.may_send_as(call.db, call.me.account, call.target.name):
        raise perm_denied()


@handles(MAIL, "SendMsgRequest", writes=True)
def send_message(call: Call) -> Reply:
    """Send. Faults: mail.SEND_FAILURE (nobody to send to), mail.SEND_ABORTED_ADDRESS_FAILURE, mail.QUOTA_EXCEEDED;
    service.PERM_DENIED for another's account without a right to send for it."""
    need_to_send_for(call)
    given = call.request.need("m")
    raw = _content(call, given)
    original = given.get("origid")
    message = Message.parse(raw)
    author, sender = authors(call, *(next(iter(message.addresses(field)), None) for field in ("from", "sender")))
    changes: dict[str, str | None] = {
        "From": written_address(*author),
        "Sender": None if sender is None else written_address(*sender),
    }
    reply_to = call.target.first("zimbraPrefReplyToAddress").strip()
    if reply_to and not message.header("Reply-To") and sender is None:
        changes["Reply-To"] = building.text_value(reply_to)
    changes.update(_threading(call, message, original, given.get("rt") or ""))
    kept = building.with_fields(raw, changes)
    people = [(name, complete(call, one)) for field in ("to", "cc", "bcc") for name, one in message.addresses(field)]
    recipients = list(dict.fromkeys(address for _, address in people))
    check_recipients(call, recipients)
    # Looked for before the copy is kept and anybody gets to know of the message.
    new = correspondents.unknown(call.mailbox, people) if _remembers(call) else []
    saved, filtered = _save(
        call, Message.parse(kept), no_save=call.request.flag("noSave"), identity=given.get("idnt") or ""
    )
    handed_over = building.with_fields(filtered.raw, {"Bcc": None})
    for recipient in recipients:
        # zimbraSmtpRestrictEnvelopeFrom: whatever the message says, its envelope bears the account's name.
        delivery.send(call.unit, call.target.name, recipient, handed_over)
    if original is not None:
        mark_original(call, original, given.get("rt") or "")
    correspondents.remember(call.mailbox, new)
    if given.get("did"):
        _drop_draft(call, given.require("did"))
    reply = response(call)
    if saved is None:
        reply.add("m")
        return reply
    mailbox, item = saved
    if call.request.flag("fetchSavedMsg"):
        reply.children.append(whole(mailbox, items.get(mailbox, item.id), View()))
    else:
        reply.add("m", {"id": mailbox.ref(item.id)})
    return reply


def _content(call: Call, given: Element) -> bytes:
    attached = given.get("aid")
    if attached is not None:
        return uploads.take(call.db, call.me.account.id, attached).data
    if given.flag("sfd") and given.get("did"):
        mailbox, number = call.locate(given.require("did"))
        return messages.raw(mailbox, number)
    return compose(call, given).written(blind=True)


def _remembers(call: Call) -> bool:
    """Whether new correspondents become contacts: never when the request is about another's account."""
    return call.me.account.num == call.target.num and call.target.flag("zimbraPrefAutoAddAddressEnabled")


def _threading(call: Call, message: Message, original: str | None, kind: str) -> dict[str, str | None]:
    """In-Reply-To and References of an answer that does not bring its own."""
    if original is None or kind not in ("r", "w"):
        return {}
    try:
        mailbox, number = call.locate(original)
        parent = Message.parse(messages.raw(mailbox, number))
    except SoapFault:
        return {}
    found: dict[str, str | None] = {}
    if parent.message_id:
        if not message.header("In-Reply-To"):
            found["In-Reply-To"] = parent.message_id
        if not message.header("References"):
            chain = [one for one in parent.references if one != parent.message_id]
            # The first stays, as the root of the thread, with the latest few.
            chain = chain[:1] + chain[1:][-6:]
            found["References"] = " ".join([*chain, parent.message_id])
    return found


def complete(call: Call, address: str) -> str:
    """An address without a domain is one of this server."""
    return address if "@" in address else f"{address}@{call.me.account.domain}"


def check_recipients(call: Call, recipients: list[str]) -> None:
    """There is somebody to send to, and all those of this server's domains exist."""
    if not recipients:
        raise SoapFault("mail.SEND_FAILURE", "SMTP server reported: No recipient addresses")
    if len(recipients) > MAX_RECIPIENTS:
        raise invalid_request("too many recipients")
    unknown = [one for one in recipients if _is_unknown(call, one)]
    if unknown:
        listed = ",".join(unknown)[:1000]
        raise SoapFault("mail.SEND_ABORTED_ADDRESS_FAILURE", f"Invalid address: {listed}.", invalid=listed)


def _is_unknown(call: Call, address: str) -> bool:
    if not delivery.is_inside(call.db, address):
        return False
    found, elsewhere = delivery.recipients(call.db, address)
    return not found and not elsewhere and not delivery.is_list(call.db, address)


def _save(call: Call, message: Message, *, no_save: bool, identity: str) -> tuple[tuple[Mailbox, Item] | None, Message]:
    """Keep a copy: in one's own Sent, or in the owner's when the request is about another's account.

    The first kept, and the message as the outgoing filters leave it.
    """
    if no_save:
        return None, message
    me, target = call.me.account, call.target
    owned = me.num == target.num
    wanted = target.first("zimbraPrefDelegatedSendSaveTarget", "owner")
    places: list[tuple[Mailbox, str, str]] = []
    if (owned or wanted in ("sender", "both")) and me.first("zimbraPrefSaveToSent", "TRUE") != "FALSE":
        places.append((call.unit.mailbox(me), "s", _sent_path(call, me, identity)))
    if not owned and wanted in ("owner", "both"):
        places.append((call.mailbox, "su", target.first("zimbraPrefSentMailFolder")))
    saved: tuple[Mailbox, Item] | None = None
    for mailbox, flags, path in places:
        item, message = sent.keep(call.unit, mailbox, message, flags=flags, path=path)
        if saved is None and item is not None:
            saved = (mailbox, item)
    return saved, message


def _sent_path(call: Call, account: Account, identity: str) -> str:
    """Where an identity keeps what it sends, "" for Sent."""
    if identity and identity != account.id:
        row = call.db.execute(
            "SELECT json_extract(attrs, '$.zimbraPrefSentMailFolder') FROM identities WHERE account = ? AND id = ?",
            (account.num, identity),
        ).fetchone()
        if row is not None:
            return str(row[0] or "")
    return account.first("zimbraPrefSentMailFolder")


def mark_original(call: Call, original: str, kind: str) -> None:
    """The message answered or forwarded says so, when the sender may mark it; else nothing happens."""
    letter = {"r": "r", "w": "w"}.get(kind)
    if letter is None:
        return
    try:
        mailbox, number = call.locate(original)
        item = items.get(mailbox, number, "message")
        if letter not in item.flags:
            item.flags = messages.clean_flags(item.flags + letter)
            items.save(mailbox, item)
    except SoapFault:
        return


def _drop_draft(call: Call, text: str) -> None:
    """What was sent is no draft any more."""
    mailbox, number = call.locate(text)
    item = items.find(mailbox, number, "message")
    if item is not None and "d" in item.flags:
        items.delete(mailbox, number)
