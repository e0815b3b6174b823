"""Archives put into a folder over REST: the items in them, each into the folder its path names.

Messages (.eml), contacts (.vcf), appointments and tasks (.ics) are looked at; an archive of Zimbra's own holds a
description beside each, which adds flags and tags to what the item says itself. What is there already is left as it
is, or, by `resolve`, written anew. Source: Zimbra's ArchiveFormatter.
"""

from __future__ import annotations

import hashlib
import io
import logging
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from zimbra.simulator.call import Call
from zimbra.simulator.fault import SoapFault, failure, invalid_request
from zimbra.simulator.formats.invite import read_each
from zimbra.simulator.formats.vcard import parse_cards
from zimbra.simulator.requests import calendar as calendar_requests
from zimbra.simulator.requests import contacts as contact_requests
from zimbra.simulator.store import folders, items, messages
from zimbra.simulator.store.folders import Folder

log = logging.getLogger("zimbra.simulator")

# A small archive may hold a large nothing: entries, and bytes unpacked in all.
MAX_ENTRIES = 20_000
MAX_BYTES = 256 << 20

_CHOICES = ("", "skip", "modify", "replace", "reset")


def put(call: Call, folder: Folder, body: bytes, fmt: str, resolve: str) -> None:
    """Add what an archive holds below `folder`; with resolve=reset, in place of what is there.

    Faults: service.INVALID_REQUEST for another `resolve`, service.FAILURE for what is no such archive.
    """
    if resolve not in _CHOICES:
        raise invalid_request(f"invalid resolve value: {resolve[:20]}")
    if resolve == "reset":
        folders.empty(call.mailbox, folder, recursive=False)
    unpacking = _Unpacking(call, resolve, {(): folder.id})
    for path, extension, data in _files(body, fmt):
        unpacking.keep(path, extension, data)


@dataclass
class _Unpacking:
    """`reached`: folders by their path below the one imported into. `digests`, `labels`: what folders held before."""

    call: Call
    resolve: str
    reached: dict[tuple[str, ...], int]
    digests: dict[int, set[str]] = field(default_factory=dict)
    labels: dict[int, dict[str, int]] = field(default_factory=dict)

    def keep(self, path: tuple[str, ...], extension: str, data: bytes) -> None:
        """One file of an archive; what cannot be read is only a line in the log."""
        view = {"eml": "message", "vcf": "contact"}.get(extension, "task" if b"BEGIN:VTODO" in data else "appointment")
        folder = self._reach(path, view)
        try:
            {"eml": self._message, "vcf": self._contacts, "ics": self._events}[extension](folder, data)
        except SoapFault as fault:
            if fault.code not in ("service.PARSE_ERROR", "service.INVALID_REQUEST"):
                raise
            log.warning("skipping a file of an archive: %s: %s", "/".join(path), fault)

    def _reach(self, path: tuple[str, ...], view: str) -> int:
        """The folder at a path below the one imported into, made when it is missing."""
        if path not in self.reached:
            mailbox, parent = self.call.mailbox, self._reach(path[:-1], view)
            there = folders.child(mailbox, parent, path[-1]) or folders.create(mailbox, path[-1], parent, view=view)
            self.reached[path] = there.id
        return self.reached[path]

    def _message(self, folder: int, data: bytes) -> None:
        if folder not in self.digests:
            self.digests[folder] = messages.digests(self.call.mailbox, folder)
        if hashlib.sha256(data).hexdigest() not in self.digests[folder]:
            messages.add(self.call.mailbox, folder, data)

    def _contacts(self, folder: int, data: bytes) -> None:
        mailbox = self.call.mailbox
        if folder not in self.labels:
            self.labels[folder] = {one.label: one.id for one in items.select(mailbox, ("contact",), folder)}
        for card in parse_cards(data.decode("utf-8", "replace").removeprefix("\ufeff")):
            contact = contact_requests.from_card(card)
            known = self.labels[folder].get(contact.label())
            if known is not None and self.resolve in ("", "skip"):
                continue
            if known is not None:
                items.delete(mailbox, self.labels[folder].pop(contact.label()))
            contact_requests.keep(self.call, folder, contact, "")

    def _events(self, folder: int, data: bytes) -> None:
        zone = self.call.target.first("zimbraPrefTimeZoneId")
        for invite in read_each(data.decode("utf-8", "replace"), zone, ignore_errors=False, streaming=False):
            known = bool(invite.uid) and items.by_uid(self.call.mailbox, invite.uid) is not None
            if not known or self.resolve not in ("", "skip"):
                calendar_requests.keep(self.call, folder, invite)


def _files(body: bytes, fmt: str) -> Iterator[tuple[tuple[str, ...], str, bytes]]:
    """Where each file of an archive goes, its extension and its bytes."""
    left = MAX_BYTES
    try:
        for number, (name, stream) in enumerate(_entries(body, fmt)):
            if number >= MAX_ENTRIES:
                raise failure("too many entries in the archive")
            segments = [part for part in name.split("/") if part not in ("", ".", "..")]
            extension = segments[-1].rpartition(".")[2].lower() if segments else ""
            if stream is None or extension not in ("eml", "vcf", "ics"):
                continue
            data = stream.read(left + 1)
            left -= len(data)
            if left < 0:
                raise failure("the archive is too large")
            yield tuple(segments[:-1]), extension, data
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
