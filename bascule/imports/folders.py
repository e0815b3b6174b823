"""Destination folders: which may take a collection, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable

from bascule.models import ReadCollection
from zimbra.types import Folder

TRASH_ID = "3"

_VIEWS = {
    ReadCollection.Kind.CONTACTS: "contact",
    ReadCollection.Kind.CALENDAR: "appointment",
    ReadCollection.Kind.TASKS: "task",
}
# Where each kind lives in a fresh mailbox.
HOME_OF = {ReadCollection.Kind.CONTACTS: "7", ReadCollection.Kind.CALENDAR: "10", ReadCollection.Kind.TASKS: "15"}
DEFAULT_NAME = {
    ReadCollection.Kind.CONTACTS: "Contacts Convergence",
    ReadCollection.Kind.CALENDAR: "Calendrier Convergence",
    ReadCollection.Kind.TASKS: "Tâches Convergence",
}
# French names of the folders every mailbox has; the server knows them by their English ones.
SHOWN_NAME = {"7": "Contacts", "10": "Calendrier", "13": "Personnes contactées par mail", "15": "Tâches"}


def view_of(kind: str) -> str:
    """Zimbra's word for folders that hold collections of `kind`."""
    return _VIEWS[ReadCollection.Kind(kind)]


def may_take(folder: Folder, kind: str) -> bool:
    """Whether `folder` can be the destination of a collection of `kind`: the person's own, and of that view."""
    return folder.view == view_of(kind) and not folder.is_mountpoint and not folder.is_search


def destinations(root: Folder, kind: str) -> list[Folder]:
    """The folders below `root` that can take `kind`, the usual one first, Trash and what lies in it left out."""
    found = [folder for folder in _outside_trash(root) if may_take(folder, kind)]
    home = HOME_OF[ReadCollection.Kind(kind)]
    return sorted(found, key=lambda folder: (folder.id != home, folder.path.casefold()))


def _outside_trash(folder: Folder) -> Iterable[Folder]:
    if folder.id == TRASH_ID:
        return
    yield folder
    for child in folder.children:
        yield from _outside_trash(child)


def shown_name(folder: Folder) -> str:
    return SHOWN_NAME.get(folder.id, folder.path.lstrip("/") or folder.name)


def find_by_name(root: Folder, name: str) -> Folder | None:
    """The folder at the top of the mailbox with that name; Zimbra does not tell names apart by case."""
    wanted = name.casefold()
    return next((child for child in root.children if child.name.casefold() == wanted), None)


def free_name(root: Folder, name: str) -> str:
    """`name`, or `name (2)`, `name (3)`… : the first that no folder at the top of the mailbox has."""
    taken = {child.name.casefold() for child in root.children}
    candidate, number = name, 2
    while candidate.casefold() in taken:
        candidate, number = f"{name} ({number})", number + 1
    return candidate
