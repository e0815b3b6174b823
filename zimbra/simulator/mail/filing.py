"""Where filters put messages: into folders of the mailbox, or of others who share theirs."""

from __future__ import annotations

from zimbra.simulator.call import Unit
from zimbra.simulator.fault import SoapFault, no_such_account, no_such_folder, perm_denied
from zimbra.simulator.formats.sieve.outcome import FileInto, Keep, Outcome
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store import accounts, folders, messages, tags
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import USER_ROOT, Mailbox


def flags_with(flags: str, names: list[str]) -> str:
    """Letters of a new message after the flags a filter names."""
    for name in names:
        lower = name.lower().lstrip("\\")
        if lower in ("read", "seen"):
            flags = flags.replace("u", "")
        elif lower == "unread":
            flags += "u"
        elif lower in ("flagged", "flag"):
            flags += "f"
        elif lower == "priority":
            flags += "+"
    return messages.clean_flags(flags)


def file(
    unit: Unit, mailbox: Mailbox, message: Message, outcome: Outcome, default: int, *, flags: str, content: str = ""
) -> list[Item]:
    """Store the copies a filter keeps, at most one in each folder; those in the mailbox itself.

    `default` is where the message would be without the filter.
    """
    made: list[Item] = []
    done: set[tuple[int, int]] = set()
    for action in outcome.actions:
        if not isinstance(action, FileInto | Keep):
            continue
        found = place(unit, mailbox, action.path) if isinstance(action, FileInto) else None
        owner, folder = found or (mailbox, default)
        marked = flags_with(flags, outcome.flags)
        if owner is not mailbox:
            if (owner.num, folder) in done or _handed_over(owner, folder, message, marked):
                done.add((owner.num, folder))
                continue
            folder = default
        if (mailbox.num, folder) in done:
            continue
        done.add((mailbox.num, folder))
        tag_ids = tags.ids_for(mailbox, ",".join(outcome.tags), None)
        made.append(
            messages.add(mailbox, folder, message.raw, flags=marked, tags=tag_ids, message=message, content=content)
        )
    return made


def _handed_over(owner: Mailbox, folder: int, message: Message, flags: str) -> bool:
    """False when the other mailbox has no room for it."""
    try:
        hand_over(owner, folder, message, flags)
    except SoapFault:
        return False
    return True


def hand_over(owner: Mailbox, folder: int, message: Message, flags: str) -> None:
    """A copy into a folder another shares. Tags are of one mailbox, and stay behind."""
    with owner.as_server():
        messages.add(owner, folder, message.raw, flags=flags, message=message)


def place(unit: Unit, mailbox: Mailbox, path: str) -> tuple[Mailbox, int] | None:
    """The folder of a path, made when it is missing, or found behind a link; None when that can't be.

    Behind a link nothing is made, and the owner of `mailbox` must have the right to insert.
    """
    try:
        folder = folders.get(mailbox, USER_ROOT)
        parts = [part for part in path.split("/") if part]
        for at, part in enumerate(parts):
            found = folders.child(mailbox, folder.id, part)
            if found is None:
                return mailbox, folders.create(mailbox, path, None, view="message").id
            if found.kind == "link":
                return _behind(unit, mailbox, found, parts[at + 1 :])
            folder = found
        return mailbox, mailbox.target(folder.id)
    except SoapFault:
        return None


def _behind(unit: Unit, mailbox: Mailbox, link: Folder, parts: list[str]) -> tuple[Mailbox, int]:
    account = accounts.by_id(unit.db, link.data["zid"])
    if account is None:
        raise no_such_account(link.data["zid"])
    owner = unit.mailbox(account)
    folder = folders.get(owner, int(link.data["rid"]))
    for part in parts:
        found = folders.child(owner, folder.id, part)
        if found is None:
            raise no_such_folder("/".join(parts)[:300])
        folder = found
    # The caller's rights are not asked for, but those of whose filters these are.
    asking = Mailbox(unit.db, account, writable=False, reader=mailbox.account, unlimited=False)
    if "i" not in asking.rights(folder.id):
        raise perm_denied()
    with owner.as_server():
        return owner, owner.target(folder.id)
