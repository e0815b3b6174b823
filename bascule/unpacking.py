"""Opening a zip that a stranger may have built: bounded in files, in bytes, in depth.

Nothing is ever written under a name taken from the archive; a member's name is only shown. Sizes announced by the
archive are not believed: bytes are counted while they unfold.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
READ_BYTES = 1 << 16
# A directory of 200 files takes some 20 kB; one of megabytes only serves to fill the memory of its reader.
DIRECTORY_MAX_BYTES = 4_000_000
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
# Methods that every zip program writes; others unfold at ratios or costs we do not want to bound.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class ArchiveRefused(Exception):
    """The archive cannot be taken; `str()` is a French sentence that says what to do, `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Limits:
    """file_bytes: one unfolded file; total_bytes: all of them; files: how many are taken."""

    file_bytes: int
    total_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive. `name` is its last path component, made readable."""

    name: str
    info: zipfile.ZipInfo


def looks_like_zip(head: bytes) -> bool:
    return head.startswith(ZIP_MAGIC)


class Archive:
    """The files of a zip that are worth reading, within `limits`.

    file: a seekable binary file. Raises ArchiveRefused when it is damaged, encrypted, empty or too full.
    """

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        self._limits = limits
        self._left = limits.total_bytes
        if _directory_bytes(file) > DIRECTORY_MAX_BYTES:
            raise ArchiveRefused("zip_too_many", _too_many("un très grand nombre de", limits.files))
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, struct.error) as error:
            raise ArchiveRefused(
                "zip_damaged", "Cette archive zip est endommagée. Recréez-la, ou déposez les fichiers un par un."
            ) from error
        self.members = self._worth_reading()

    def _worth_reading(self) -> list[Member]:
        members = [
            Member(_shown_name(info), info)
            for info in self._zip.infolist()
            if not info.is_dir() and not _is_junk(info.filename)
        ]
        if not members:
            raise ArchiveRefused(
                "zip_empty", "Cette archive ne contient aucun fichier. Vérifiez-la, puis déposez-la de nouveau."
            )
        if len(members) > self._limits.files:
            raise ArchiveRefused("zip_too_many", _too_many(str(len(members)), self._limits.files))
        return members

    def read(self, member: Member) -> Iterator[bytes]:
        """The bytes of a member, as they unfold. Raises ArchiveRefused at the byte that passes a limit."""
        if member.info.flag_bits & _ENCRYPTED:
            raise ArchiveRefused(
                "zip_encrypted",
                "Ce fichier est protégé par un mot de passe dans l’archive. Extrayez-le, puis déposez-le lui-même.",
            )
        if member.info.compress_type not in _METHODS:
            raise ArchiveRefused(
                "zip_method",
                "Ce fichier est compressé d’une façon peu courante. "
                "Recréez l’archive avec l’outil de votre système, ou déposez le fichier lui-même.",
            )
        size = 0
        try:
            with self._zip.open(member.info) as file:
                while chunk := file.read(READ_BYTES):
                    size += len(chunk)
                    self._left -= len(chunk)
                    if size > self._limits.file_bytes:
                        raise ArchiveRefused("zip_file_too_big", _too_big(self._limits.file_bytes))
                    if self._left < 0:
                        raise ArchiveRefused(
                            "zip_too_big",
                            f"Une fois décompressée, cette archive dépasse {_megabytes(self._limits.total_bytes)} Mo. "
                            "Faites plusieurs archives plus petites.",
                        )
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise ArchiveRefused(
                "zip_damaged",
                "Ce fichier est endommagé dans l’archive. Recréez l’archive, ou déposez le fichier lui-même.",
            ) from error

    def close(self) -> None:
        self._zip.close()


def _directory_bytes(file: IO[bytes]) -> int:
    """Size of the archive's directory as its end record tells it; 0 when there is none (and no archive either).

    Records by PKWARE's APPNOTE.TXT: 4.3.16 end of central directory, 4.3.14 and 4.3.15 its 64-bit form.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - 65_557))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        return 0
    size: int = struct.unpack_from("<L", tail, end + 12)[0]
    wide = tail.rfind(b"PK\x06\x06", 0, end)
    if 0 <= wide <= end - 56:
        size = max(size if size != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, wide + 40)[0])
    return size


def _is_junk(path: str) -> bool:
    """What systems add by themselves: resource forks and folder settings of macOS, thumbnails of Windows."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    last = parts[-1] if parts else ""
    return "__MACOSX" in parts or last.startswith("._") or last in {".DS_Store", "Thumbs.db", "desktop.ini", ""}


def _shown_name(info: zipfile.ZipInfo) -> str:
    """The last component of the member's path. Names without the UTF-8 mark are often UTF-8 all the same."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            pass
    return PurePosixPath(name.replace("\\", "/")).name


def _too_many(count: str, limit: int) -> str:
    return (
        f"Cette archive contient {count} fichiers ; le maximum est {limit}. "
        "Ne gardez que les fichiers .vcf et .ics, ou faites plusieurs archives."
    )


def _too_big(limit: int) -> str:
    return f"Ce fichier dépasse {_megabytes(limit)} Mo une fois décompressé. Exportez une période plus courte."


def _megabytes(size: int) -> int:
    return size // 1_000_000
