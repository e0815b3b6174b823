"""Filters applied to messages that are stored already: copied, tagged, flagged or deleted, but no letter is written.

Source: Zimbra's ExistingMessageHandler.
"""

from __future__ import annotations

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.sieve import run
from zimbra.simulator.formats.sieve.outcome import Discard, FileInto, Keep, Outcome, Reject
from zimbra.simulator.mail.filing import flags_with
from zimbra.simulator.mail.filtering import MailboxAround
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store import folders, items, messages, tags
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox


def apply(mailbox: Mailbox, item_id: int, script: str) -> bool:
    """Run a script on a message; whether anything has become of it.

    A message that is filed elsewhere is copied there and deleted, so that it has a new id. Faults: mail.NO_SUCH_MSG and
    those of copying (mail.QUOTA_EXCEEDED); service.FAILURE for a script that cannot be carried out.
    """
    item = items.get(mailbox, item_id, "message")
    message = Message.parse(messages.raw(mailbox, item.id))
    outcome = run.run([(script, False)], message, MailboxAround(mailbox, item.flags), recipient=mailbox.account.name)
    if outcome.error:
        raise SoapFault("service.FAILURE", f"system failure: Unable to evaluate script: {outcome.error}")
    return _carry_out(mailbox, item, outcome)


def _carry_out(mailbox: Mailbox, item: Item, outcome: Outcome) -> bool:
    marked = _Marks(mailbox, outcome)
    changed = kept = filed = gone = False
    done: set[int] = set()
    for action in outcome.actions:
        if isinstance(action, Keep):
            kept = True
            changed |= marked.put_on(item)
        elif isinstance(action, FileInto):
            folder = _folder(mailbox, action.path)
            if folder == item.folder:
                changed |= marked.put_on(item)
            elif folder is None:
                kept = True
            elif folder not in done:
                done.add(folder)
                marked.put_on(messages.copy(mailbox, item, mailbox, folder))
                filed = True
        elif isinstance(action, Discard | Reject):
            gone = True
    if (filed and not kept) or gone:
        items.delete(mailbox, item.id)
    return changed or filed or gone


def _folder(mailbox: Mailbox, path: str) -> int | None:
    """The folder of a path, made when it is missing; None when it cannot be, or is another's."""
    try:
        found = folders.by_path(mailbox, path)
    except SoapFault:
        try:
            found = folders.create(mailbox, path, None, view="message")
        except SoapFault:
            return None
    return found.id if found.kind == "folder" else None


class _Marks:
    """The flags and tags of an outcome."""

    def __init__(self, mailbox: Mailbox, outcome: Outcome) -> None:
        self._mailbox = mailbox
        self._flags = outcome.flags
        self._tags = outcome.tags
        self._ids: list[str] | None = None

    def put_on(self, item: Item) -> bool:
        """Whether the item had not got them all."""
        if self._ids is None:
            found = tags.ids_for(self._mailbox, ",".join(self._tags), None) if self._tags else ""
            self._ids = [one for one in found.split(",") if one]
        flags = flags_with(item.flags, self._flags)
        held = [one for one in item.tags.split(",") if one]
        wanted = ",".join([*held, *(one for one in self._ids if one not in held)])
        if (flags, wanted) == (item.flags, item.tags):
            return False
        item.flags, item.tags = flags, wanted
        items.save(self._mailbox, item)
        return True
