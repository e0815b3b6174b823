"""The filters of a mailbox, asked about a message."""

from __future__ import annotations

from zimbra.simulator.call import Unit
from zimbra.simulator.formats.sieve.outcome import Keep, Outcome
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store.mailbox import Mailbox


def incoming(unit: Unit, mailbox: Mailbox, message: Message, sender: str, recipient: str) -> Outcome:
    """What the incoming filters want done with a message that arrives."""
    return Outcome([Keep()])


def outgoing(unit: Unit, mailbox: Mailbox, message: Message) -> Outcome:
    """What the outgoing filters want done with the copy of a message that is sent."""
    return Outcome([Keep()])
