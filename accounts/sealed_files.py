"""Files with personal contents on disk: sealed, written once, complete or absent.

A file is a run of sealed segments, each with its length in front, so that neither sealing nor opening needs more
than one segment in memory. Each segment carries its number and whether it is the last: a file that was cut, or whose
segments were put in another order, does not open.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from accounts import sealing

SEGMENT_BYTES = 1 << 20
_NUMBER_BYTES = 4
_MORE, _LAST = b"\0", b"\1"

# A file without a row may belong to a transaction about to be committed; after this long it does not.
ORPHAN_AGE_SECONDS = 3600


class Damaged(Exception):
    """The file is missing, was cut or altered, or no key fits it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """name: path below the folder; size and sha256 are those of the contents in clear."""

    name: str
    size: int
    sha256: str


def write(root: Path, chunks: Iterable[bytes]) -> Stored:
    """Seal `chunks` into a new file below the folder `root` and bring it safely to disk before returning."""
    name = f"{secrets.token_hex(1)}/{secrets.token_hex(16)}"
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(path.name + ".part")
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for number, (segment, last) in enumerate(_segments(chunks)):
                digest.update(segment)
                size += len(segment)
                flag = _LAST if last else _MORE
                sealed = sealing.seal(number.to_bytes(_NUMBER_BYTES, "big") + flag + segment)
                file.write(len(sealed).to_bytes(_NUMBER_BYTES, "big"))
                file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return Stored(name, size, digest.hexdigest())


def read(root: Path, name: str) -> Iterator[bytes]:
    """The contents, a segment at a time. Raises Damaged, at the segment where it shows."""
    try:
        with (root / name).open("rb") as file:
            number, flag = 0, _MORE
            while flag == _MORE:
                length = int.from_bytes(file.read(_NUMBER_BYTES), "big")
                opened = sealing.unseal(file.read(length))
                flag = opened[_NUMBER_BYTES : _NUMBER_BYTES + 1]
                if int.from_bytes(opened[:_NUMBER_BYTES], "big") != number:
                    raise Damaged(name)
                yield opened[_NUMBER_BYTES + 1 :]
                number += 1
    except (OSError, sealing.CannotOpen) as error:
        raise Damaged(name) from error


def delete(root: Path, name: str) -> None:
    """Remove the file; one that is gone already is as good."""
    (root / name).unlink(missing_ok=True)


def delete_orphans(root: Path, known: set[str]) -> int:
    """Remove files that no row knows: left by a process that died between file and row. Gives how many."""
    limit = time.time() - ORPHAN_AGE_SECONDS
    removed = 0
    for path in root.glob("*/*"):
        if path.relative_to(root).as_posix() in known:
            continue
        try:
            if path.stat().st_mtime < limit:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed


def _segments(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Runs of SEGMENT_BYTES, the last one marked; at least one, even when empty."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) > SEGMENT_BYTES:
            yield bytes(buffer[:SEGMENT_BYTES]), False
            del buffer[:SEGMENT_BYTES]
    yield bytes(buffer), True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
