"""Folders, saved searches and mounted folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zimbra.types.sharing import Grant

# Letters of a folder's flags, as Zimbra writes them in `f`.
SUBSCRIBED = "*"
CHECKED = "#"
EXCLUDED_FROM_FREE_BUSY = "b"
CLOSED_TO_INHERITANCE = "i"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, a saved search or a mounted folder of somebody else, with what is below it.

    id: of a folder below a mounted one, "<owner's account id>:<number>". path starts with "/". view is "" for a folder
    of no kind, else contact, appointment, task, message, document. count: items in it, unread: messages unread, size in
    bytes. flags: letters; see the properties.
    rights: letters one has on a mounted folder, "" for one's own or as long as its owner was not asked.
    colour: 0 (none) to 127; rgb: "#rrggbb" when the colour is none of Zimbra's numbered ones.
    grants: who may do what, shown to who may administer the folder; None when it is not told.
    owner_id, owner_address, remote_id, remote_uuid: what a mounted folder points at; is_broken: it points at nothing
    any more, because the folder is gone or the grant was withdrawn. query: of a saved search.
    """

    id: str
    name: str
    path: str
    view: str
    parent_id: str
    count: int = 0
    size: int = 0
    is_mountpoint: bool = False
    is_search: bool = False
    rights: str = ""
    children: tuple[Folder, ...] = ()
    uuid: str = ""
    unread: int = 0
    flags: str = ""
    colour: int = 0
    rgb: str = ""
    url: str = field(repr=False, default="")
    query: str = field(repr=False, default="")
    grants: tuple[Grant, ...] | None = None
    owner_id: str = ""
    owner_address: str = ""
    remote_id: str = ""
    remote_uuid: str = ""
    is_broken: bool = False

    @property
    def is_subscribed(self) -> bool:
        """Whether mail programs (IMAP) show it."""
        return SUBSCRIBED in self.flags

    @property
    def is_checked(self) -> bool:
        """Whether the webmail shows what a calendar, a task list or an address book holds."""
        return CHECKED in self.flags

    @property
    def inherits(self) -> bool:
        """Whether grants of the folder above hold here too."""
        return CLOSED_TO_INHERITANCE not in self.flags

    def walk(self) -> Iterator[Folder]:
        """This folder, then everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, path: str) -> Folder | None:
        """The folder of this tree whose whole path is `path`; Zimbra does not tell capitals from small letters."""
        wanted = "/" + path.strip("/").casefold()
        return next((folder for folder in self.walk() if folder.path.casefold() == wanted), None)

    def find_id(self, folder_id: str) -> Folder | None:
        """The folder of this tree with this id."""
        return next((folder for folder in self.walk() if folder.id == folder_id), None)

    def mountpoints(self) -> Iterator[Folder]:
        """The mounted folders of this tree, broken ones included; what is below them is not looked at."""
        if self.is_mountpoint:
            yield self
            return
        for child in self.children:
            yield from child.mountpoints()
