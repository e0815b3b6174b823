"""Messages of a folder in four columns: 20 bytes a message in memory, and sealed in the database.

An object for each of 100,000 messages would take ten times as much.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from accounts import sealing

_HEAD = struct.Struct("<I")
_TOP = 2**32 - 1


def _u32() -> array[int]:
    return array("I")


def _u64() -> array[int]:
    return array("Q")


@dataclass(slots=True)
class Columns:
    """uids; digests (see `digests`); sizes in bytes; dates: reception, seconds since 1970 (0: not known)."""

    uids: array[int] = field(default_factory=_u32)
    digests: array[int] = field(default_factory=_u64)
    sizes: array[int] = field(default_factory=_u32)
    dates: array[int] = field(default_factory=_u32)

    def __len__(self) -> int:
        return len(self.uids)

    def add(self, uid: int, digest: int, size: int, date: int) -> None:
        self.uids.append(uid)
        self.digests.append(digest)
        self.sizes.append(min(size, _TOP))
        self.dates.append(min(max(date, 0), _TOP))

    def extend(self, other: Columns) -> None:
        for mine, theirs in zip(self._all(), other._all(), strict=True):
            mine.extend(theirs)

    def octets(self) -> int:
        return sum(self.sizes)

    def sealed(self) -> bytes:
        data = b"".join([_HEAD.pack(len(self)), *(_little(column).tobytes() for column in self._all())])
        return sealing.seal(zlib.compress(data, 1))

    def _all(self) -> Iterator[array[int]]:
        yield from (self.uids, self.digests, self.sizes, self.dates)


def unsealed(sealed: bytes) -> Columns:
    """Reverse of `Columns.sealed`. Raises sealing.CannotOpen."""
    data = zlib.decompress(sealing.unseal(sealed))
    (count,) = _HEAD.unpack_from(data)
    columns, start = Columns(), _HEAD.size
    for column in columns._all():
        end = start + count * column.itemsize
        column.frombytes(data[start:end])
        start = end
        if sys.byteorder == "big":
            column.byteswap()
    return columns


def joined(parts: Iterable[bytes | memoryview]) -> Columns:
    """The columns of several sealed parts, one after the other."""
    whole = Columns()
    for part in parts:
        whole.extend(unsealed(bytes(part)))
    return whole


def _little(column: array[int]) -> array[int]:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column
