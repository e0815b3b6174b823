"""What a conversion hands out: items, collections, repairs and remarks.

Pure data, no Django. Every reader of the package takes bytes and returns one `Reading`; every writer takes a
`Collection`. All values are JSON-able through `dataclasses.asdict`, because readings are stored sealed between
the moment a file is read and the moment its items are sent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CollectionKind(StrEnum):
    CONTACTS = "contacts"
    CALENDAR = "calendar"
    TASKS = "tasks"


class ItemKind(StrEnum):
    CONTACT = "contact"
    GROUP = "group"
    EVENT = "event"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the person has to know: a loss, or a change of meaning.

    code: stable dotted-free identifier (`rdate_expanded`); place: French, where in the file ("ligne 120, fiche
    « Jean Hoarau »"); message: French sentence that says what happened and what to do; original: the source text
    concerned, decoded, at most 2,000 characters.
    """

    code: str
    place: str
    message: str
    original: str = ""


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A member of a contact group: `address` as it will be stored inline, `label` as the person knows it."""

    address: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that arrives in Zimbra: a card, a group, an event with its exceptions, a task.

    uid: never empty, deterministic. label: what a person recognises it by. text: cleaned vCard 3.0 card, or the
    VEVENT / VTODO block(s) of one UID (master first, then exceptions), CRLF line ends, folded at 75 octets, without
    the VCALENDAR wrapper and VTIMEZONE. components: how many components or cards `text` holds. zones: TZIDs that
    `text` refers to. facts: JSON-able values for the preview (see the reader that made it). attributes: Zimbra
    contact attributes (contacts and groups only), without the picture. photo: base64 picture; photo_type: its media
    type.
    """

    kind: ItemKind
    uid: str
    label: str
    text: str
    components: int = 1
    zones: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    members: tuple[GroupMember, ...] = ()
    photo: str = ""
    photo_type: str = ""


@dataclass(slots=True)
class Collection:
    """An address book, a calendar or a task list: what goes into one destination folder."""

    kind: CollectionKind
    name: str
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """The outcome of reading one file.

    items_in: cards or components (VEVENT, VTODO, VJOURNAL, VFREEBUSY) met in the source, readable or not.
    items_out: components or cards in `collections`. repairs: silent repairs counted by code.
    Every item of the source that is in no collection has a remark of its own.
    """

    kind: str
    items_in: int = 0
    collections: list[Collection] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def items_out(self) -> int:
        return sum(item.components for collection in self.collections for item in collection.items)


class Unreadable(Exception):
    """The file as a whole cannot be read; `str()` is a French sentence that says what to do. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
