"""What goes into and comes out of the client: frozen, without behaviour beyond reading itself.

Contents are kept out of every `repr`, so that a log line never holds somebody's address book.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from zimbra.errors import LOST, NOT_SENT, SESSION_OVER, is_passing


@dataclass(frozen=True, slots=True)
class Info:
    """The signed-in account and its limits (GetInfo). 0 means no limit where Zimbra says so.

    used, quota, upload_max, message_max in bytes; contact_max in contacts, groups included, over the whole mailbox.
    attributes: every account attribute the server shows, the first value of each.
    """

    address: str
    account_id: str
    version: str
    used: int
    quota: int
    contact_max: int
    upload_max: int
    message_max: int
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, a saved search or a mounted folder of somebody else, with what is below it.

    path starts with "/"; view is "" for a folder of no kind, else contact, appointment, task, message, document.
    count: items in it, size in bytes. rights: letters of a mounted folder, "" for one's own.
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

    def walk(self) -> Iterator[Folder]:
        """This folder, then everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Image:
    """Where the picture of a contact is: the part to fetch with `item_part`."""

    part: str
    content_type: str = ""
    size: int = 0
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact or a group as stored. A field the server gives several times holds its values on lines of their own.

    members: (type, value) of a group; type I is an address written inline, C a contact, G an entry of the directory.
    """

    id: str
    folder_id: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)
    members: tuple[tuple[str, str], ...] = field(repr=False, default=())
    image: Image | None = None

    @property
    def is_group(self) -> bool:
        return self.attributes.get("type") == "group"


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to create. members (addresses) make it a group; image is the picture's bytes."""

    attributes: Mapping[str, str] = field(repr=False)
    members: tuple[str, ...] = field(repr=False, default=())
    image: bytes = field(repr=False, default=b"")
    image_type: str = ""


@dataclass(frozen=True, slots=True)
class CalItemSummary:
    """An appointment or a task, without its contents. kind is "appt" or "task"."""

    id: str
    uid: str
    folder_id: str
    name: str = field(repr=False, default="")
    kind: str = "appt"


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of a search: `kind` is the element's name (cn, m, c, appt, task), attributes are those of the element."""

    kind: str
    id: str
    folder_id: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item sent. Exactly one of `done`, `lost`, `passing`, `refused` holds.

    ids: what the server made of it (one contact; one calendar item, or several when the text held several UIDs).
    code, reason: why not; see `zimbra.errors`. The reason may quote contents.
    parts_refused: components of a calendar item the server left out though it stored others.
    """

    ids: tuple[str, ...] = ()
    code: str = ""
    reason: str = field(repr=False, default="")
    parts_refused: int = 0

    @property
    def done(self) -> bool:
        return not self.code

    @property
    def lost(self) -> bool:
        """It may be stored or not: look before sending it again."""
        return self.code == LOST

    @property
    def passing(self) -> bool:
        """It was not stored and may be accepted later, as it is."""
        return self.code == NOT_SENT or self.code in SESSION_OVER or is_passing(self.code)

    @property
    def refused(self) -> bool:
        """It was not stored and will not be."""
        return not (self.done or self.lost or self.passing)


@dataclass(frozen=True, slots=True)
class Deleted:
    """Answer to a deletion. gone: ids that were not there any more. Together they are all ids asked for."""

    deleted: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the administration sees it; attributes hold the first value of each."""

    id: str
    address: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An entry of a directory search. kind: account, alias, dl, calresource, domain or cos."""

    kind: str
    id: str
    name: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)
