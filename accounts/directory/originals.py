"""Lists handed in, sealed on disk in a folder of their own (see `accounts.sealed_files`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from accounts import sealed_files
from accounts.models import DirectoryImport
from accounts.sealed_files import Damaged, Stored

__all__ = ["Damaged", "Stored", "delete", "delete_orphans", "read", "write"]


def write(chunks: Iterable[bytes]) -> Stored:
    return sealed_files.write(_folder(), chunks)


def read(name: str) -> Iterator[bytes]:
    """The contents, a segment at a time. Raises Damaged, at the segment where it shows."""
    return sealed_files.read(_folder(), name)


def delete(name: str) -> None:
    sealed_files.delete(_folder(), name)


def delete_orphans() -> int:
    """Remove files that no import knows: left by a process that died between file and row. Gives how many."""
    known = set(DirectoryImport.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    return sealed_files.delete_orphans(_folder(), known)


def _folder() -> Path:
    return Path(settings.DIRECTORY_DIR)
