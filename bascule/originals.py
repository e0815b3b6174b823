"""Deposited originals on disk, in the folder of deposits (see `accounts.sealed_files`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from accounts import sealed_files
from accounts.sealed_files import Damaged, Stored

__all__ = ["Damaged", "Stored", "delete", "delete_orphans", "read", "write"]


def write(chunks: Iterable[bytes]) -> Stored:
    """Seal `chunks` into a new file and bring it safely to disk before returning."""
    return sealed_files.write(_folder(), chunks)


def read(name: str) -> Iterator[bytes]:
    """The contents, a segment at a time. Raises Damaged, at the segment where it shows."""
    return sealed_files.read(_folder(), name)


def delete(name: str) -> None:
    """Remove the file; one that is gone already is as good."""
    sealed_files.delete(_folder(), name)


def delete_orphans(known: set[str]) -> int:
    """Remove files that no row knows: left by a process that died between file and row. Gives how many."""
    return sealed_files.delete_orphans(_folder(), known)


def _folder() -> Path:
    return Path(settings.DEPOSIT_DIR)
