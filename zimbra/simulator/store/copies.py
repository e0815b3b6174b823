"""Copies of items, in their own mailbox or in another."""

from __future__ import annotations

import copy as copying

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store import contacts, items, messages
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox
from zimbra.simulator.store.tags import by_name, create, everything


def copy(mailbox: Mailbox, item: Item, target: Mailbox, folder: int, *, moved: bool = False) -> Item:
    """A second item like this one. `moved`: the first is going to be deleted, so that its UID may stay.

    Faults: mail.NO_SUCH_FOLDER, service.PERM_DENIED, mail.QUOTA_EXCEEDED; mail.CANNOT_COPY for what is unique in a
    mailbox: an appointment or a task.
    """
    target.target(folder)
    mailbox.check(item.folder, "r")
    same = target.num == mailbox.num
    if item.type == "message":
        made = messages.copy(mailbox, item, target, folder)
    elif item.type == "contact" and not same:
        made = contacts.carry(mailbox, item, target, folder)
    else:
        if item.uid is not None and (same or not moved or items.by_uid(target, item.uid) is not None):
            raise SoapFault("mail.CANNOT_COPY", f"cannot copy item: {item.id}", itemId=item.id)
        made = copying.copy(item)
        made.id, made.folder, made.changed = target.next_id(), folder, target.now
        made.sequence = target.next_sequence()
        made.tags = item.tags if same else ""
        items.insert(target, made)
        for attachment in items.attachments(mailbox, item.id):
            items.attach(target, made.id, attachment)
        target.forget_counts()
    if not same and item.tags:
        made.tags = _same_tags(mailbox, item, target)
        target.db.execute("UPDATE items SET tags = ? WHERE mbox = ? AND id = ?", (made.tags, target.num, made.id))
    return made


def _same_tags(mailbox: Mailbox, item: Item, target: Mailbox) -> str:
    """The tags of another mailbox with the same names, made where they are missing."""
    wanted = {int(one) for one in item.tags.split(",") if one.isdecimal()}
    names = [tag.name for tag in everything(mailbox) if tag.id in wanted]
    with target.as_server():
        return ",".join(str((by_name(target, name) or create(target, name, None, None)).id) for name in names)
