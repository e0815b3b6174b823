"""Folders under the names IMAP gives them: the reader's own mail folders, and others' below the links to them.

Rules (Zimbra's ImapPath): mail folders only; Inbox is INBOX; "/" parts names, whose case does not matter; what a link
leads to appears under the link's name as far as its grants let it be read; another's folder has also the name
/home/<address>/<path>.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from zimbra.simulator.call import Unit
from zimbra.simulator.fault import SoapFault, no_such_folder
from zimbra.simulator.imap.view import Place
from zimbra.simulator.mail import upkeep
from zimbra.simulator.store import accounts, folders
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import DRAFTS, JUNK, SENT, TRASH, USER_ROOT, Mailbox

HOME = "/home/"
SPECIAL = {SENT: b"\\Sent", DRAFTS: b"\\Drafts", TRASH: b"\\Trash", JUNK: b"\\Junk"}
_VIEWS = ("", "message", "conversation")
_KEPT_OUT = re.compile(r"\s*(?:notebook|contacts|calendar)\s*(?:/.*)?\Z", re.IGNORECASE)
# Ids, in a link's `extra`, of the folders below it that its owner subscribed to.
_SUBSCRIBED = "subscribed"


@dataclass
class Named:
    """A folder under its name. `mailbox` is where it really is; `link` is the reader's link it was reached by."""

    name: str
    mailbox: Mailbox
    folder: Folder
    link: Folder | None
    subscribed: bool
    children: bool = False

    @property
    def own(self) -> bool:
        return self.link is None and not self.mailbox.foreign

    @property
    def selectable(self) -> bool:
        """Not one that was deleted although it had folders below."""
        return "x" not in self.folder.flags

    @property
    def place(self) -> Place:
        validity = self.folder.id if self.own else int(self.folder.uuid[:8], 16) & 0x7FFFFFFF or 1
        return Place(self.mailbox.account.id, self.folder.id, validity)

    @property
    def read_only(self) -> bool:
        return not set("wid") & set(self.mailbox.rights(self.folder.id))


def visible(mailbox: Mailbox, folder: Folder) -> bool:
    return folder.kind == "folder" and folder.view in _VIEWS and "r" in mailbox.rights(folder.id)


def everything(unit: Unit, account: Account) -> list[Named]:
    """All folders the account sees, parents first."""
    mailbox = unit.mailbox(account)
    return list(_below(unit, mailbox, folders.everything(mailbox), USER_ROOT, "", None, frozenset()))


def _below(
    unit: Unit,
    mailbox: Mailbox,
    tree: dict[int, Folder],
    parent: int,
    prefix: str,
    link: Folder | None,
    subscribed: frozenset[int],
) -> Iterator[Named]:
    for folder in tree[parent].children:
        name = _shown(prefix + folder.name)
        if folder.kind == "link":
            # Others' own links are not followed.
            if link is None and folder.view in _VIEWS:
                yield from _linked(unit, mailbox, folder, name)
            continue
        if folder.kind != "folder":
            continue
        found = None
        if visible(mailbox, folder):
            listed = folder.id in subscribed if link is not None else "*" in folder.flags
            found = Named(name, mailbox, folder, link, listed)
            yield found
        for below in _below(unit, mailbox, tree, folder.id, f"{name}/", link, subscribed):
            if found is not None:
                found.children = True
            yield below


def _linked(unit: Unit, mailbox: Mailbox, link: Folder, name: str) -> Iterator[Named]:
    target = _follow(unit, mailbox, link)
    if target is None:
        return
    there, number = target
    tree = folders.everything(there)
    folder = tree.get(number)
    if folder is None:
        return
    found = Named(name, there, folder, link, "*" in link.flags)
    if number != USER_ROOT:
        if not visible(there, folder):
            return
        yield found
    chosen = frozenset(json.loads(link.extra).get(_SUBSCRIBED, ()))
    for below in _below(unit, there, tree, number, f"{name}/", link, chosen):
        found.children = True
        yield below


def _follow(unit: Unit, mailbox: Mailbox, link: Folder) -> tuple[Mailbox, int] | None:
    """The mailbox and folder a link leads to; not into the reader's own, which would have no end."""
    extra = json.loads(link.extra)
    owner = accounts.by_id(unit.db, extra["zid"])
    if owner is None or owner.num == mailbox.num:
        return None
    return unit.mailbox(owner), int(extra["rid"])


def _shown(name: str) -> str:
    if name[:5].lower() == "inbox" and name[5:6] in ("", "/"):
        return "INBOX" + name[5:]
    return name


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part]


@dataclass
class _Walk:
    """How far a name leads: the folder reached, and the parts of the name that are not there yet."""

    mailbox: Mailbox
    folder: Folder
    link: Folder | None
    missing: list[str]


def _walk(unit: Unit, account: Account, name: str) -> _Walk:
    mailbox = unit.mailbox(account)
    parts = _parts(name)
    if name.lower().startswith(HOME) and len(parts) > 1:
        owner = accounts.by_name(unit.db, parts[1], unit.service.default_domain)
        if owner is None or owner.num == account.num:
            raise no_such_folder(name[:300])
        mailbox, parts = unit.mailbox(owner), parts[2:]
    folder = folders.get(mailbox, USER_ROOT)
    link: Folder | None = None
    for at, part in enumerate(parts):
        found = folders.child(mailbox, folder.id, part)
        if found is None:
            return _Walk(mailbox, folder, link, parts[at:])
        folder = found
        if folder.kind == "link":
            target = _follow(unit, mailbox, folder) if link is None and not mailbox.foreign else None
            if target is None:
                raise no_such_folder(name[:300])
            link = folder
            mailbox, number = target
            folder = folders.get(mailbox, number)
    return _Walk(mailbox, folder, link, [])


def find(unit: Unit, account: Account, name: str) -> Named:
    """mail.NO_SUCH_FOLDER when the account sees no folder of that name."""
    walk = _walk(unit, account, name)
    if walk.missing or walk.folder.id == USER_ROOT or not visible(walk.mailbox, walk.folder):
        raise no_such_folder(name[:300])
    folder, link = walk.folder, walk.link
    listed = "*" in folder.flags
    if link is not None:
        extra = json.loads(link.extra)
        listed = "*" in link.flags if int(extra["rid"]) == folder.id else folder.id in extra.get(_SUBSCRIBED, ())
    return Named(_shown("/".join(_parts(name))), walk.mailbox, folder, link, listed)


def selectable(unit: Unit, account: Account, name: str) -> Named:
    """As `find`, for what is to be opened or to get messages."""
    found = find(unit, account, name)
    if not found.selectable:
        raise no_such_folder(name[:300])
    return found


def create(unit: Unit, account: Account, name: str) -> None:
    """A new mail folder with the parents it lacks; one that was deleted but for its children is there again."""
    walk = _walk(unit, account, name)
    if _KEPT_OUT.match(name.strip("/")) or not _parts(name):
        raise SoapFault("mail.INVALID_NAME", "no mail folder can be made there", name=name[:300])
    if not walk.missing:
        if "x" in walk.folder.flags:
            folders.change(walk.mailbox, walk.folder, flags=walk.folder.flags.replace("x", ""))
            return
        raise SoapFault("mail.ALREADY_EXISTS", f"object with that name already exists: {name[:300]}", name=name[:300])
    _create(walk)


def _create(walk: _Walk) -> Folder:
    folder = walk.folder
    for part in walk.missing:
        folder = folders.create(walk.mailbox, part, folder.id, view="message")
    return folder


def delete(unit: Unit, account: Account, name: str) -> None:
    """For good: a link goes alone; a folder with folders below it is emptied and cannot be opened any more."""
    found = find(unit, account, name)
    if found.link is not None and int(json.loads(found.link.extra)["rid"]) == found.folder.id:
        folders.delete(unit.mailbox(account), found.link)
        return
    if found.folder.system:
        raise SoapFault("mail.IMMUTABLE_OBJECT", "a system folder cannot be deleted", itemId=found.folder.id)
    tree = folders.everything(found.mailbox)
    if tree[found.folder.id].children:
        if not found.selectable:
            raise SoapFault("mail.CANNOT_CONTAIN", "the folder still has folders below it")
        folders.empty(found.mailbox, found.folder, recursive=False)
        folders.change(found.mailbox, found.folder, flags=found.folder.flags + "x")
    else:
        with upkeep.following(found.mailbox, found.folder):
            folders.delete(found.mailbox, found.folder)


def rename(unit: Unit, account: Account, old: str, new: str) -> None:
    """With all that is below; the new parents are made. System folders and INBOX stay what they are."""
    found = find(unit, account, old)
    parts = _parts(new)
    if not parts or _KEPT_OUT.match(new.strip("/")):
        raise SoapFault("mail.INVALID_NAME", "no mail folder can be made there", name=new[:300])
    mailbox, folder = found.mailbox, found.folder
    if found.link is not None and int(json.loads(found.link.extra)["rid"]) == folder.id:
        # The link itself gets the name.
        mailbox, folder = unit.mailbox(account), found.link
    walk = _walk(unit, account, new)
    if not walk.missing and walk.folder.id != folder.id:
        raise SoapFault("mail.ALREADY_EXISTS", f"object with that name already exists: {new[:300]}", name=new[:300])
    if not walk.missing:
        with upkeep.following(mailbox, folder):
            folders.place(mailbox, folder, parts[-1], folder.parent)
        return
    if walk.mailbox is not mailbox:
        raise SoapFault("mail.CANNOT_CONTAIN", "a folder cannot be moved to another mailbox")
    parent = _create(_Walk(walk.mailbox, walk.folder, walk.link, walk.missing[:-1]))
    with upkeep.following(mailbox, folder):
        folders.place(mailbox, folder, walk.missing[-1], parent.id)


def subscribe(unit: Unit, account: Account, name: str, *, wanted: bool) -> None:
    """Put a folder on the account's list, or take it off."""
    found = find(unit, account, name)
    mailbox = unit.mailbox(account)
    if found.link is None and found.mailbox.foreign:
        raise SoapFault("service.PERM_DENIED", "permission denied: subscribe to a link to this folder")
    folder = found.link or found.folder
    extra = json.loads(folder.extra)
    if found.link is not None and int(extra["rid"]) != found.folder.id:
        chosen = set(extra.get(_SUBSCRIBED, ())) - {found.folder.id}
        extra[_SUBSCRIBED] = sorted(chosen | {found.folder.id} if wanted else chosen)
        folders.change(mailbox, folder, extra=json.dumps(extra))
    elif wanted != ("*" in folder.flags):
        flags = folder.flags + "*" if wanted else folder.flags.replace("*", "")
        folders.change(mailbox, folder, flags=flags)


# --- numbers about folders -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Numbers:
    """What STATUS tells of a folder."""

    messages: int = 0
    unseen: int = 0
    size: int = 0
    deleted: int = 0


def numbers(mailbox: Mailbox, folder: int | None = None) -> dict[int, Numbers]:
    """By folder, of one or of all that hold messages."""
    where, values = ("", (mailbox.num,)) if folder is None else ("AND folder = ?", (mailbox.num, folder))
    rows = mailbox.db.execute(
        "SELECT folder, count(*), sum(instr(flags, 'u') > 0), sum(size), sum(instr(flags, 'x') > 0)"  # noqa: S608
        f" FROM items WHERE mbox = ? AND type = 'message' {where} GROUP BY folder",
        values,
    )
    return {row[0]: Numbers(*row[1:]) for row in rows}


def uid_next(named: Named) -> int:
    query = "SELECT imap_next FROM folders WHERE mbox = ? AND id = ?"
    return int(named.mailbox.db.execute(query, (named.mailbox.num, named.folder.id)).fetchone()[0])


def recent_from(mailbox: Mailbox, folder: int) -> int:
    """The uid from which on messages are recent."""
    query = "SELECT imap_recent FROM folders WHERE mbox = ? AND id = ?"
    return int(mailbox.db.execute(query, (mailbox.num, folder)).fetchone()[0])


def recent_count(named: Named) -> int:
    row = named.mailbox.db.execute(
        "SELECT count(*) FROM items JOIN messages INDEXED BY messages_by_item"
        " ON messages.mbox = items.mbox AND item = id"
        " WHERE items.mbox = ? AND folder = ? AND type = 'message' AND imap_uid >= ?",
        (named.mailbox.num, named.folder.id, recent_from(named.mailbox, named.folder.id)),
    ).fetchone()
    return int(row[0])


def recent_told(mailbox: Mailbox, folder: int) -> None:
    """From now on what the folder holds is recent to nobody; in a writing transaction."""
    mailbox.db.execute("UPDATE folders SET imap_recent = imap_next WHERE mbox = ? AND id = ?", (mailbox.num, folder))
