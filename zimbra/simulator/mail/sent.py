"""The copy that is kept of what is sent, after the outgoing filters.

Source: Zimbra's MailSender (sendMimeMessage): what an administrator's filter changes in the header of the copy is
changed in what is sent as well.
"""

from __future__ import annotations

from zimbra.simulator.call import Unit
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.mail import filing, filtering
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store import folders
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import SENT, Mailbox


def keep(unit: Unit, mailbox: Mailbox, message: Message, *, flags: str, path: str) -> tuple[Item | None, Message]:
    """The first copy kept, None when the filters want none, and the message as it is to be sent.

    `path`: of the folder for what is sent; Sent when it is "", missing, or behind a link. Faults: mail.QUOTA_EXCEEDED.
    """
    with mailbox.as_server():
        outcome = filtering.outgoing(mailbox, message)
        if outcome.raw is not None:
            message = Message.parse(outcome.raw)
        kept = filing.file(unit, mailbox, message, outcome, _folder(mailbox, path), flags=flags)
    return (kept[0] if kept else None), message


def _folder(mailbox: Mailbox, path: str) -> int:
    if not path.strip("/ "):
        return SENT
    try:
        found = folders.by_path(mailbox, path)
    except SoapFault:
        return SENT
    return SENT if found.kind == "link" else found.id
