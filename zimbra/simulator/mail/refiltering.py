"""Filters applied to messages that are stored already: copied, tagged, flagged or deleted, but no letter is written.

Source: Zimbra's ExistingMessageHandler.
"""

from __future__ import annotations

from zimbra.simulator.call import Unit
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.sieve import run
from zimbra.simulator.formats.sieve.outcome import Discard, FileInto, Keep, Outcome, Reject
from zimbra.simulator.mail import filing
from zimbra.simulator.mail.filing import flags_with
from zimbra.simulator.mail.filtering import MailboxAround
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store import items, messages, tags
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox


def apply(unit: Unit, mailbox: Mailbox, item_id: int, script: str) -> bool:
    """Run a script on a message; whether anything has become of it.

    A message that is filed elsewhere is copied there and deleted, so that it has a new id. Faults: mail.NO_SUCH_MSG and
    those of copying (mail.QUOTA_EXCEEDED); service.FAILURE for a script that cannot be carried out.
    """
    item = items.get(mailbox, item_id, "message")
    message = Message.parse(messages.raw(mailbox, item.id))
    outcome = run.run([(script, False)], message, MailboxAround(mailbox, item.flags), recipient=mailbox.account.name)
    if outcome.error:
        raise SoapFault("service.FAILURE", f"system failure: Unable to evaluate script: {outcome.error}")
    return _carry_out(unit, mailbox, item, message, outcome)


def _carry_out(unit: Unit, mailbox: Mailbox, item: Item, message: Message, outcome: Outcome) -> bool:
    marked = _Marks(mailbox, outcome)
    changed = kept = filed = gone = False
    done: set[tuple[int, int]] = set()
    for action in outcome.actions:
        if isinstance(action, Keep):
            kept = True
            changed |= marked.put_on(item)
        elif isinstance(action, FileInto):
            place = filing.place(unit, mailbox, action.path)
            if place is None:
                kept = True
            elif place == (mailbox, item.folder):
                changed |= marked.put_on(item)
            elif (key := (place[0].num, place[1])) not in done:
                done.add(key)
                _copy(mailbox, item, message, place, marked)
                filed = True
        elif isinstance(action, Discard | Reject):
            gone = True
    if (filed and not kept) or gone:
        items.delete(mailbox, item.id)
    return changed or filed or gone


def _copy(mailbox: Mailbox, item: Item, message: Message, place: tuple[Mailbox, int], marked: _Marks) -> None:
    owner, folder = place
    if owner is mailbox:
        marked.put_on(messages.copy(mailbox, item, mailbox, folder))
    else:
        filing.hand_over(owner, folder, message, marked.flags_on(item))


class _Marks:
    """The flags and tags of an outcome."""

    def __init__(self, mailbox: Mailbox, outcome: Outcome) -> None:
        self._mailbox = mailbox
        self._flags = outcome.flags
        self._tags = outcome.tags
        self._ids: list[str] | None = None

    def flags_on(self, item: Item) -> str:
        """The flags of the item with those of the outcome."""
        return flags_with(item.flags, self._flags)

    def put_on(self, item: Item) -> bool:
        """Whether the item had not got them all."""
        if self._ids is None:
            found = tags.ids_for(self._mailbox, ",".join(self._tags), None) if self._tags else ""
            self._ids = [one for one in found.split(",") if one]
        flags = self.flags_on(item)
        held = [one for one in item.tags.split(",") if one]
        wanted = ",".join([*held, *(one for one in self._ids if one not in held)])
        if (flags, wanted) == (item.flags, item.tags):
            return False
        item.flags, item.tags = flags, wanted
        items.save(self._mailbox, item)
        return True
