"""Folders, saved searches and mounted folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


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
