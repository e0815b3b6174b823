"""Folders of a mailbox, links to those of others and saved searches: the tree, names, moves, deletion.

Rules of names, of system folders and of rights are Zimbra's; each refusal is a SoapFault with its code.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zimbra.simulator.fault import SoapFault, no_such_folder
from zimbra.simulator.store import access
from zimbra.simulator.store.folderdepth import cannot_contain, check_depth
from zimbra.simulator.store.mailbox import LAST_SYSTEM_ID, TRASH, USER_ROOT, Mailbox

MAX_NAME = 255
_FORBIDDEN = frozenset('":/')
# The flags a folder may bear, in Zimbra's order: subscribed, left out of free/busy, checked, no inheritance of rights,
# synchronized twice over, no folders below, global.
FLAGS = "*b#iy~og"


@dataclass
class Folder:
    id: int
    parent: int
    name: str
    view: str
    flags: str
    color: int | None
    rgb: str | None
    url: str | None
    uuid: str
    sequence: int
    # "folder", "link" (somebody else's folder) or "search"; `extra` is what is peculiar to it, see `data`.
    kind: str = "folder"
    extra: str = "{}"
    children: list[Folder] = field(default_factory=list)

    @property
    def system(self) -> bool:
        return self.id <= LAST_SYSTEM_ID

    @property
    def data(self) -> dict[str, Any]:
        """Of a link: zid, rid, ruuid, reminder. Of a search: query, types, sortBy. Of any: settings seldom made."""
        data: dict[str, Any] = json.loads(self.extra)
        return data


_COLUMNS = "id, parent, name, view, flags, color, rgb, url, uuid, sequence, kind, extra"


def valid_name(name: str) -> str:
    """The name as stored (no trailing spaces), or mail.INVALID_NAME."""
    kept = name.rstrip()
    bad = not kept or len(kept) > MAX_NAME or kept in (".", "..")
    if bad or any(c in _FORBIDDEN or ord(c) < 32 or ord(c) == 127 for c in kept):
        raise SoapFault("mail.INVALID_NAME", f"invalid name: {name[:300]}", name=name[:300])
    return kept


def valid_flags(flags: str) -> str:
    """The flags a folder can have out of a text of letters; Zimbra passes over the others."""
    return "".join(letter for letter in FLAGS if letter in flags)


def get(mailbox: Mailbox, folder_id: int) -> Folder:
    row = mailbox.db.execute(
        f"SELECT {_COLUMNS} FROM folders WHERE mbox = ? AND id = ?",  # noqa: S608
        (mailbox.num, folder_id),
    ).fetchone()
    if row is None:
        raise no_such_folder(folder_id)
    return Folder(*row)


def readable(mailbox: Mailbox, folder_id: int) -> Folder:
    """As `get`; service.PERM_DENIED for who may not look into the folder."""
    found = get(mailbox, folder_id)
    mailbox.check(folder_id, "r")
    return found


def everything(mailbox: Mailbox) -> dict[int, Folder]:
    """All folders by id, each with its children in order of name."""
    rows = mailbox.db.execute(
        f"SELECT {_COLUMNS} FROM folders WHERE mbox = ? ORDER BY id > {LAST_SYSTEM_ID}, name_key",  # noqa: S608
        (mailbox.num,),
    )
    folders = {row[0]: Folder(*row) for row in rows}
    for folder in folders.values():
        if folder.parent != folder.id:
            folders[folder.parent].children.append(folder)
    return folders


def path_of(folders: dict[int, Folder], folder: Folder) -> str:
    """Absolute path: "/" for the user's root, "/Calendar/Élèves" below it."""
    parts: list[str] = []
    while folder.id > 1 and folder.parent != folder.id:
        if folder.id == 11:
            break
        parts.append(folder.name)
        folder = folders[folder.parent]
    return "/" + "/".join(reversed(parts))


def child(mailbox: Mailbox, parent: int, name: str) -> Folder | None:
    row = mailbox.db.execute(
        f"SELECT {_COLUMNS} FROM folders WHERE mbox = ? AND parent = ? AND name_key = ?",  # noqa: S608
        (mailbox.num, parent, name.rstrip().lower()),
    ).fetchone()
    return None if row is None else Folder(*row)


def by_path(mailbox: Mailbox, path: str) -> Folder:
    """The folder of an absolute path (case does not matter), or mail.NO_SUCH_FOLDER."""
    folder = get(mailbox, USER_ROOT)
    for part in path.split("/"):
        if part:
            found = child(mailbox, folder.id, part)
            if found is None:
                raise no_such_folder(path[:300])
            folder = found
    return folder


def by_uuid(mailbox: Mailbox, folder_uuid: str) -> Folder:
    row = mailbox.db.execute(
        f"SELECT {_COLUMNS} FROM folders WHERE mbox = ? AND uuid = ?",  # noqa: S608
        (mailbox.num, folder_uuid),
    ).fetchone()
    if row is None:
        raise no_such_folder(folder_uuid)
    return Folder(*row)


def create(
    mailbox: Mailbox,
    name: str,
    parent: int | None,
    *,
    view: str = "",
    flags: str = "",
    color: int | None = None,
    rgb: str | None = None,
    url: str | None = None,
    fetch_if_exists: bool = False,
    kind: str = "folder",
    extra: str = "{}",
) -> Folder:
    """A new folder, link or search. Without `parent` the name is a path whose missing parents are made too."""
    if parent is None:
        parts = [part for part in name.split("/") if part]
        if not parts:
            raise SoapFault("mail.INVALID_NAME", f"invalid name: {name[:300]}", name=name[:300])
        parent = USER_ROOT
        for part in parts[:-1]:
            found = child(mailbox, parent, part)
            if found is None:
                mailbox.check(parent, "c")
                check_depth(mailbox, parent, 1)
                found = _insert(mailbox, valid_name(part), parent, view)
            parent = _container(found).id
        name = parts[-1]
    else:
        _container(get(mailbox, parent))
    name = valid_name(name)
    existing = child(mailbox, parent, name)
    if existing is not None:
        if fetch_if_exists:
            mailbox.check(existing.id, "r")
            return existing
        raise SoapFault("mail.ALREADY_EXISTS", f"object with that name already exists: {name}", name=name)
    mailbox.check(parent, "c")
    check_depth(mailbox, parent, 1)
    return _insert(mailbox, name, parent, view, flags, color, rgb, url, kind, extra)


def _container(folder: Folder) -> Folder:
    """mail.CANNOT_CONTAIN for what can have nothing below it: a saved search, a link."""
    if folder.kind != "folder":
        raise cannot_contain()
    return folder


def _insert(
    mailbox: Mailbox,
    name: str,
    parent: int,
    view: str,
    flags: str = "",
    color: int | None = None,
    rgb: str | None = None,
    url: str | None = None,
    kind: str = "folder",
    extra: str = "{}",
) -> Folder:
    sequence = mailbox.next_sequence()
    made = Folder(
        mailbox.next_id(), parent, name, view, flags, color, rgb, url, str(uuid.uuid4()), sequence, kind, extra
    )
    mailbox.db.execute(
        "INSERT INTO folders"
        " (mbox, id, parent, name, name_key, view, flags, color, rgb, url, uuid, sequence, kind, extra)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            mailbox.num, made.id, parent, name, name.lower(), view, flags, color, rgb, url, made.uuid, made.sequence,
            made.kind, made.extra,
        ),
    )  # fmt: skip
    return made


def _height(folders: dict[int, Folder], root: int) -> int:
    """How many levels a branch has."""
    level, height = [folders[root]], 0
    while level:
        height += 1
        level = [below for folder in level for below in folder.children]
    return height


def _may_change(folder: Folder) -> None:
    if folder.system:
        raise SoapFault("mail.IMMUTABLE_OBJECT", f"cannot modify immutable object: {folder.id}", itemId=folder.id)


def subtree(folders: dict[int, Folder], root: int) -> list[int]:
    """The ids of a folder and of all below it, parents first."""
    found = [root]
    for folder_id in found:
        found.extend(below.id for below in folders[folder_id].children)
    return found


def place(mailbox: Mailbox, folder: Folder, name: str, parent: int) -> None:
    """Rename, which takes the right to write, and/or move, which takes those to delete here and to insert there."""
    name = valid_name(name)
    if (name, parent) == (folder.name, folder.parent):
        return
    _may_change(folder)
    if name != folder.name:
        mailbox.check(folder.id, "w")
    if parent != folder.parent:
        mailbox.check(folder.id, "d")
    folders = everything(mailbox)
    if parent not in folders:
        raise no_such_folder(parent)
    if parent in subtree(folders, folder.id):
        raise cannot_contain()
    _container(folders[parent])
    if parent != folder.parent:
        mailbox.check(parent, "i")
        check_depth(mailbox, parent, _height(folders, folder.id))
    existing = child(mailbox, parent, name)
    if existing is not None and existing.id != folder.id:
        raise SoapFault("mail.ALREADY_EXISTS", f"object with that name already exists: {name}", name=name)
    mailbox.db.execute(
        "UPDATE folders SET name = ?, name_key = ?, parent = ?, sequence = ? WHERE mbox = ? AND id = ?",
        (name, name.lower(), parent, mailbox.next_sequence(), mailbox.num, folder.id),
    )
    mailbox.grants_changed()


def trash(mailbox: Mailbox, folder: Folder) -> None:
    """Move to the trash, under a name that is free there."""
    _may_change(folder)
    name, number = folder.name, 1
    while (taken := child(mailbox, TRASH, name)) is not None and taken.id != folder.id:
        number += 1
        name = f"{folder.name} ({number})"
    place(mailbox, folder, name, TRASH)


def delete(mailbox: Mailbox, folder: Folder) -> None:
    """For good, with all it holds; of a link only the link. Takes the right to delete in every folder of the branch."""
    _may_change(folder)
    ids = subtree(everything(mailbox), folder.id)
    _check_all(mailbox, ids, "d")
    _delete_items(mailbox, ids)
    _delete_folders(mailbox, ids)


def empty(mailbox: Mailbox, folder: Folder, *, recursive: bool) -> None:
    """Delete what the folder holds; with `recursive` (Zimbra's default) its sub-folders as well."""
    ids = [folder.id]
    if recursive:
        ids = subtree(everything(mailbox), folder.id)
        if any(1 <= other <= LAST_SYSTEM_ID for other in ids[1:]):
            raise SoapFault("mail.IMMUTABLE_OBJECT", f"cannot modify immutable object: {folder.id}", itemId=folder.id)
    _check_all(mailbox, ids, "d")
    _delete_items(mailbox, ids)
    _delete_folders(mailbox, ids[1:])


def _check_all(mailbox: Mailbox, ids: Iterable[int], letters: str) -> None:
    for folder_id in ids:
        mailbox.check(folder_id, letters)


def _delete_items(mailbox: Mailbox, ids: Iterable[int]) -> None:
    for folder_id in ids:
        mailbox.db.execute(
            "DELETE FROM attachments WHERE mbox = ?1"
            " AND item IN (SELECT id FROM items WHERE mbox = ?1 AND folder = ?2)",
            (mailbox.num, folder_id),
        )
        mailbox.db.execute("DELETE FROM items WHERE mbox = ? AND folder = ?", (mailbox.num, folder_id))
    mailbox.forget_counts()
    mailbox.grants_changed()
    mailbox.next_sequence()


def _delete_folders(mailbox: Mailbox, ids: Iterable[int]) -> None:
    mailbox.db.executemany("DELETE FROM folders WHERE mbox = ? AND id = ?", [(mailbox.num, one) for one in ids])


_SETTABLE = {
    "color": "UPDATE folders SET color = ?, sequence = ? WHERE mbox = ? AND id = ?",
    "rgb": "UPDATE folders SET rgb = ?, sequence = ? WHERE mbox = ? AND id = ?",
    "flags": "UPDATE folders SET flags = ?, sequence = ? WHERE mbox = ? AND id = ?",
    "view": "UPDATE folders SET view = ?, sequence = ? WHERE mbox = ? AND id = ?",
    "url": "UPDATE folders SET url = ?, sequence = ? WHERE mbox = ? AND id = ?",
    "extra": "UPDATE folders SET extra = ?, sequence = ? WHERE mbox = ? AND id = ?",
}


def change(mailbox: Mailbox, folder: Folder, *, right: str = "w", **values: str | int | None) -> None:
    """Set color, rgb, flags, view, url or extra, which takes a right."""
    mailbox.check(folder.id, right)
    for name, value in values.items():
        mailbox.db.execute(_SETTABLE[name], (value, mailbox.next_sequence(), mailbox.num, folder.id))


def change_data(mailbox: Mailbox, folder: Folder, values: Mapping[str, object], *, right: str = "w") -> None:
    """Set what is kept in `Folder.data`; None takes a value away."""
    data = {**folder.data, **values}
    folder.extra = json.dumps({key: value for key, value in data.items() if value is not None})
    change(mailbox, folder, right=right, extra=folder.extra)


def set_flag(mailbox: Mailbox, folder: Folder, flag: str, *, on: bool, right: str = "w") -> None:
    flags = folder.flags + flag if on else folder.flags.replace(flag, "")
    folder.flags = valid_flags(flags)
    change(mailbox, folder, right=right, flags=folder.flags)
    if flag == "i":
        mailbox.grants_changed()


def set_flags(mailbox: Mailbox, folder: Folder, flags: str) -> None:
    """All flags at once, but that a folder with grants of its own goes on inheriting no others."""
    kept = valid_flags(flags)
    if ("i" in kept) != ("i" in folder.flags):
        own = access.of_folder(mailbox.db, mailbox.num, folder.id)
        if own:
            kept = valid_flags(kept + "i")
        else:
            mailbox.check(folder.id, "a")
    folder.flags = kept
    change(mailbox, folder, flags=kept)
    mailbox.grants_changed()


def mark_read(mailbox: Mailbox, folder: Folder) -> None:
    """Every item of the folder, not of those below."""
    mailbox.check(folder.id, "w")
    mailbox.db.execute(
        "UPDATE items SET flags = replace(flags, 'u', ''), changed = ?, sequence = ?"
        " WHERE mbox = ? AND folder = ? AND instr(flags, 'u') > 0",
        (mailbox.now, mailbox.next_sequence(), mailbox.num, folder.id),
    )


def holds_files(folders: dict[int, Folder], folder: Folder) -> bool:
    """Whether the folder is one for documents, by its own view or by that of the nearest folder above that has one."""
    while not folder.view and folder.parent != folder.id:
        folder = folders[folder.parent]
    return folder.view == "document"
