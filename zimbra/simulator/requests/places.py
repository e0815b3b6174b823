"""Folders named by path, through the links on the way."""

from __future__ import annotations

import json
import re

from zimbra.simulator.call import Call, Unit
from zimbra.simulator.fault import no_such_account, no_such_folder
from zimbra.simulator.store import accounts, folders
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import USER_ROOT, Mailbox

_ID = re.compile(r"(?:[0-9A-Fa-f-]{36}:)?\d{1,15}\Z")


def behind(unit: Unit, link: Folder) -> tuple[Mailbox, Folder]:
    """The folder a link stands for, in its owner's mailbox; mail.NO_SUCH_FOLDER when it is gone."""
    extra = json.loads(link.extra)
    owner = accounts.by_id(unit.db, extra["zid"])
    if owner is None:
        raise no_such_account(extra["zid"])
    mailbox = unit.mailbox(owner)
    return mailbox, folders.get(mailbox, int(extra["rid"]))


def at_path(unit: Unit, mailbox: Mailbox, path: str) -> tuple[Mailbox, Folder]:
    """The mailbox and the folder a path leads to; what ends at a link leads behind it."""
    folder = folders.get(mailbox, USER_ROOT)
    for part in (one.rstrip() for one in path.split("/")):
        if not part:
            continue
        if folder.kind == "link":
            mailbox, folder = behind(unit, folder)
        found = folders.child(mailbox, folder.id, part)
        if found is None:
            raise no_such_folder(path[:300])
        folder = found
    return behind(unit, folder) if folder.kind == "link" else (mailbox, folder)


def leads_out(mailbox: Mailbox, path: str) -> bool:
    """Whether a path ends at a link or goes on behind one."""
    folder: Folder | None = folders.get(mailbox, USER_ROOT)
    for part in filter(None, path.split("/")):
        if folder is None or folder.kind == "link":
            break
        folder = folders.child(mailbox, folder.id, part)
    return folder is not None and folder.kind == "link"


def target(call: Call, text: str) -> tuple[Mailbox, int]:
    """The folder an attribute `l` means, by id or by path."""
    if _ID.match(text.strip()):
        return call.folder(text)
    mailbox, folder = at_path(call.unit, call.mailbox, text)
    return mailbox, folder.id
