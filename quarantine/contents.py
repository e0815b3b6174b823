"""The bytes of held messages on disk (see `accounts.sealed_files`)."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from django.conf import settings

from accounts import sealed_files
from accounts.sealed_files import Damaged

__all__ = ["Damaged", "beginning", "delete", "delete_orphans", "digest", "is_there", "read", "write"]


def write(raw: bytes) -> str:
    """Bring a message safely to disk, sealed; gives the name it is read by."""
    size = sealed_files.SEGMENT_BYTES
    return sealed_files.write(_folder(), (raw[start : start + size] for start in range(0, len(raw), size))).name


def read(name: str) -> bytes:
    """Exactly the bytes that were written. Raises Damaged."""
    return b"".join(sealed_files.read(_folder(), name))


def is_there(name: str) -> bool:
    """Whether there is such a file. name: "" for none."""
    return bool(name) and (_folder() / name).is_file()


def beginning(name: str) -> bytes:
    """The first megabyte of a message, or all of it: its header. Raises Damaged."""
    return next(iter(sealed_files.read(_folder(), name)), b"")


def delete(name: str) -> None:
    """Remove the file; one that is gone already is as good."""
    sealed_files.delete(_folder(), name)


def delete_orphans(known: set[str]) -> int:
    """Remove files that no row knows: left by a process that died between file and row. Gives how many."""
    return sealed_files.delete_orphans(_folder(), known)


def digest(*parts: bytes) -> str:
    """A keyed digest (64 hexadecimal digits): two messages are the same when theirs are, and nobody without the
    portal's key can tell from one whether somebody got a certain message."""
    code = hmac.new(settings.SECRET_KEY.encode(), digestmod=hashlib.sha256)
    for part in parts:
        code.update(len(part).to_bytes(8, "big"))
        code.update(part)
    return code.hexdigest()


def _folder() -> Path:
    return Path(settings.QUARANTINE_DIR)
