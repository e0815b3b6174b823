"""Archives put into a folder over REST: the messages in them, each into the folder its path names.

Only `.eml` entries are looked at; an archive of Zimbra's own holds a description beside each, which adds flags and tags
to what a message says itself. Source of the parameter `resolve`: Zimbra's ArchiveFormatter.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from zimbra.simulator.fault import failure, invalid_request
from zimbra.simulator.store import folders, messages
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import Mailbox

# A small archive may hold a large nothing: entries, and bytes unpacked in all.
MAX_ENTRIES = 20_000
MAX_BYTES = 256 << 20

_CHOICES = ("", "skip", "modify", "replace", "reset")


def put(mailbox: Mailbox, folder: Folder, body: bytes, fmt: str, resolve: str) -> None:
    """Add the messages of an archive below `folder`; with resolve=reset, in place of what it holds.

    Faults: service.INVALID_REQUEST for another `resolve`, service.FAILURE for what is no such archive.
    """
    if resolve not in _CHOICES:
        raise invalid_request(f"invalid resolve value: {resolve[:20]}")
    if resolve == "reset":
        folders.empty(mailbox, folder, recursive=False)
    reached: dict[tuple[str, ...], int] = {(): folder.id}
    for path, raw in _messages(body, fmt):
        messages.add(mailbox, _reach(mailbox, reached, path), raw)


def _reach(mailbox: Mailbox, reached: dict[tuple[str, ...], int], path: tuple[str, ...]) -> int:
    """The folder at a path below the one imported into, made when it is missing."""
    if path not in reached:
        parent = _reach(mailbox, reached, path[:-1])
        there = folders.child(mailbox, parent, path[-1]) or folders.create(mailbox, path[-1], parent, view="message")
        reached[path] = there.id
    return reached[path]


def _messages(body: bytes, fmt: str) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Where each message of an archive goes, and its bytes."""
    left = MAX_BYTES
    try:
        for number, (name, stream) in enumerate(_entries(body, fmt)):
            if number >= MAX_ENTRIES:
                raise failure("too many entries in the archive")
            segments = [part for part in name.split("/") if part not in ("", ".", "..")]
            if stream is None or not segments or not segments[-1].lower().endswith(".eml"):
                continue
            raw = stream.read(left + 1)
            left -= len(raw)
            if left < 0:
                raise failure("the archive is too large")
            yield tuple(segments[:-1]), raw
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError) as error:
        raise failure("not an archive") from error


def _entries(body: bytes, fmt: str) -> Iterator[tuple[str, IO[bytes] | None]]:
    if fmt == "zip":
        with zipfile.ZipFile(io.BytesIO(body)) as zipped:
            for entry in zipped.infolist():
                with zipped.open(entry) as stream:
                    yield entry.filename, stream
        return
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz" if fmt == "tgz" else "r:") as tarred:
        for member in tarred:
            yield member.name, tarred.extractfile(member) if member.isfile() else None
