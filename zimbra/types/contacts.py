"""Contacts and groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
