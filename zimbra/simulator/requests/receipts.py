"""SendDeliveryReport: telling who asked for it that a message was read.

Sources: Zimbra's SendDeliveryReport; RFC 8098 for the form of the receipt.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.mail import building, delivery
from zimbra.simulator.mail.compose import mailbox as written_address
from zimbra.simulator.mail.compose import new_message_id
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.sending import own_address
from zimbra.simulator.store import items, messages
from zimbra.simulator.store.accounts import Account


@handles(MAIL, "SendDeliveryReportRequest", writes=True)
def send_delivery_report(call: Call) -> Reply:
    """The receipt a message asks for, if it does; it is marked as told. mail.NO_SUCH_MSG, service.PERM_DENIED."""
    mailbox, number = call.locate(call.request.require("mid"))
    item = items.get(mailbox, number, "message")
    mailbox.check(item.folder, "w")
    message = Message.parse(messages.raw(mailbox, number))
    for _, address in message.addresses("disposition-notification-to"):
        delivery.send(call.unit, "", address, _receipt(call.me.account, mailbox.account, message, address))
    if "n" not in item.flags:
        item.flags = messages.clean_flags(item.flags + "n")
        items.save(mailbox, item)
    return response(call)


def _receipt(sender: Account, owner: Account, message: Message, asker: str) -> bytes:
    """`owner`: to whom the message was addressed; `sender`: who says so, in no other name than his or her own."""
    subject = message.subject
    said = (
        f"Le message envoyé à {owner.name} a été affiché.\n\n"
        f"Objet : {subject}\n\nCela ne garantit pas qu'il ait été lu ou compris.\n"
    )
    report = f"Final-Recipient: rfc822; {owner.name}\r\n"
    if message.message_id:
        report += f"Original-Message-ID: {message.message_id}\r\n"
    report += "Disposition: manual-action/MDN-sent-manually; displayed\r\n"
    fields = [
        ("Date", format_datetime(datetime.now(UTC))),
        ("From", written_address(*own_address(sender))),
        ("To", written_address("", asker)),
        ("Subject", building.text_value(f"Read-Receipt: {subject}")),
        ("Message-ID", new_message_id()),
        ("Auto-Submitted", "auto-replied (zimbra; read-receipt)"),
        ("Precedence", "bulk"),
    ]
    told = building.Piece((("Content-Type", "message/disposition-notification"),), report.encode())
    return building.message(fields, building.frame("report", [building.text("text/plain", said), told]))
