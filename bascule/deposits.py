"""Files that a person hands over: receive, delete, expire.

Order of things in `receive`: the original is sealed and safe on disk before its row is committed, and the row is gone
before the file is removed. A process that dies in between leaves a file without a row, which `delete_orphans` removes;
never a row without a file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from accounts.uploads import shown_name
from bascule import originals, standings, unpacking
from bascule.models import Deposit, FilterIntake, Import, ImportItem

log = logging.getLogger(__name__)

# A person has a handful of books and calendars; this only stops somebody from filling the disk.
MAX_DEPOSITS_PER_AGENT = 200

# Starts of files that people drop by mistake; anything else is for the reader to judge.
_KNOWN_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "un document PDF"),
    (b"\x89PNG", "une image"),
    (b"\xff\xd8\xff", "une image"),
    (b"GIF8", "une image"),
    (b"\xd0\xcf\x11\xe0", "un document ou un message Outlook (.msg, .doc, .xls)"),
    (b"!BDN", "une archive Outlook (.pst)"),
    (b"Rar!", "une archive RAR"),
    (b"7z\xbc\xaf", "une archive 7-Zip"),
    (b"\x1f\x8b", "une archive gzip"),
    (b"BZh", "une archive bzip2"),
    (b"\xfd7zXZ", "une archive xz"),
)


class Refusal(Exception):
    """The file is not taken; `str()` is a French sentence that says what to do, `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class InUse(Exception):
    """The deposit cannot be deleted while an import of it is under way."""


@dataclass(slots=True)
class Received:
    """Outcome of one uploaded file: rows made, rows that held the same content already, files refused (name, why)."""

    new: list[Deposit] = field(default_factory=list)
    known: list[Deposit] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Received) -> None:
        self.new += other.new
        self.known += other.known
        self.refused += other.refused


def receive(*, agent: Agent, name: str, file: IO[bytes], by: Agent, kind: str = "") -> Received:
    """Take one uploaded file, or every file of an uploaded zip. kind: what it is taken for if its content does not say.

    file: seekable, read once (a zip is read where it lies). A file already deposited by `agent` (same bytes) is not
    taken again. Refusals come back as French sentences; nothing is raised for what a person can hand over.
    """
    head = file.read(len(max(_KNOWN_OTHERS, key=lambda known: len(known[0]))[0]))
    file.seek(0)
    received = Received()
    if unpacking.looks_like_zip(head):
        _receive_archive(received, agent=agent, name=name, file=file, by=by, kind=kind)
    else:
        _receive_one(received, agent=agent, name=name, head=head, chunks=_bounded(name, file), by=by, kind=kind)
    return received


def is_archive(data: bytes) -> bool:
    return unpacking.looks_like_zip(data[:8])


def _receive_archive(received: Received, *, agent: Agent, name: str, file: IO[bytes], by: Agent, kind: str) -> None:
    limits = unpacking.Limits(
        file_bytes=settings.DEPOSIT_MAX_BYTES,
        total_bytes=settings.DEPOSIT_MAX_BYTES * settings.DEPOSIT_ZIP_RATIO,
        files=settings.DEPOSIT_ZIP_MAX_FILES,
    )
    try:
        archive = unpacking.Archive(file, limits)
    except unpacking.ArchiveRefused as refusal:
        received.refused.append((name, str(refusal)))
        return
    try:
        for member in archive.members:
            chunks = archive.read(member)
            try:
                head = next(chunks, b"")
                if unpacking.looks_like_zip(head):
                    received.refused.append(
                        (member.name, "Une archive dans l’archive n’est pas ouverte. Déposez-la séparément.")
                    )
                    continue
                whole = _after(head, chunks)
                _receive_one(received, agent=agent, name=member.name, head=head, chunks=whole, by=by, kind=kind)
            except unpacking.ArchiveRefused as refusal:
                received.refused.append((member.name, str(refusal)))
                if refusal.code == "zip_too_big":
                    return
    finally:
        archive.close()


def _receive_one(
    received: Received, *, agent: Agent, name: str, head: bytes, chunks: Iterator[bytes], by: Agent, kind: str
) -> None:
    try:
        _check_start(name, head)
        if agent.deposits.count() >= MAX_DEPOSITS_PER_AGENT:
            raise Refusal("too_many", "Vous avez déposé trop de fichiers. Supprimez-en, puis recommencez.")
        stored = originals.write(chunks)
    except Refusal as refusal:
        received.refused.append((name, str(refusal)))
        return
    try:
        deposit = _commit(agent=agent, name=name, stored=stored, by=by, kind=kind)
    except IntegrityError:
        originals.delete(stored.name)
        received.known.append(Deposit.objects.get(agent=agent, sha256=stored.sha256))
    else:
        received.new.append(deposit)


def _commit(*, agent: Agent, name: str, stored: originals.Stored, by: Agent, kind: str) -> Deposit:
    from bascule.tasks import read_deposit

    with transaction.atomic():
        deposit = Deposit.objects.create(
            agent=agent,
            name=shown_name(name),
            size=stored.size,
            sha256=stored.sha256,
            stored_as=stored.name,
            kind=kind,
        )
        journal.record(
            "deposit.received",
            by=by,
            subject=agent,
            target=f"deposit:{deposit.pk}",
            target_label=deposit.name,
            size=stored.size,
        )
        standings.mark_activity(agent.pk)
        hand_out_on_commit(read_deposit, deposit.pk)
    return deposit


def delete(*, deposit: Deposit, by: Agent | None) -> None:
    """Remove a deposit with all that was read in it; what its imports added to Zimbra stays, and can be undone.

    Locks the deposit. by: None when its time has come. Raises InUse while an import of it is under way.
    """
    with transaction.atomic():
        locked = Deposit.objects.select_for_update(of=("self",)).select_related("agent").filter(pk=deposit.pk).first()
        if locked is None:
            return
        if _in_use(locked):
            raise InUse
        journal.record(
            "deposit.deleted" if by else "deposit.expired",
            by=by,
            subject=locked.agent,
            target=f"deposit:{locked.pk}",
            target_label=locked.name,
            size=locked.size,
            items=locked.items_out,
        )
        stored_as = locked.stored_as
        locked.delete()
        standings.mark_activity(locked.agent_id)
        transaction.on_commit(lambda: originals.delete(stored_as))


def _in_use(deposit: Deposit) -> bool:
    """An import is under way, or stopped with items whose fate only their contents can tell."""
    imports = Import.objects.filter(collection__deposit=deposit)
    return (
        imports.filter(state__in=Import.UNDER_WAY).exists()
        or ImportItem.objects.filter(parent__in=imports, state=ImportItem.State.IN_FLIGHT).exists()
    )


def deletion_date(deposit: Deposit) -> datetime | None:
    """When the deposit will be deleted by itself; None as long as its owner has not moved.

    What is deposited after the move is kept as long again.
    """
    if deposit.agent.migrated_at is None:
        return None
    return max(deposit.agent.migrated_at, deposit.received_at) + timedelta(days=settings.DEPOSIT_RETENTION_DAYS)


def expire() -> int:
    """Delete the deposits whose time has come, and files without a row. Gives how many deposits."""
    limit = timezone.now() - timedelta(days=settings.DEPOSIT_RETENTION_DAYS)
    due = Deposit.objects.filter(agent__migrated_at__lt=limit, received_at__lt=limit).select_related("agent")
    deleted = 0
    for deposit in due.iterator(chunk_size=200):
        try:
            delete(deposit=deposit, by=None)
        except InUse:
            continue
        deleted += 1
    known = {name for model in (Deposit, FilterIntake) for name in model.objects.values_list("stored_as", flat=True)}
    orphans = originals.delete_orphans(known)
    if deleted or orphans:
        log.info("deposits expired: %s, orphan files removed: %s", deleted, orphans)
        with transaction.atomic():
            journal.record("deposits.expired", by=None, deposits=deleted, orphans=orphans)
    return deleted


def max_megabytes() -> int:
    return int(settings.DEPOSIT_MAX_BYTES) // 1_000_000


def retention_days() -> int:
    return int(settings.DEPOSIT_RETENTION_DAYS)


def too_big_sentence() -> str:
    return f"Ce fichier dépasse {max_megabytes()} Mo. Exportez une période plus courte, ou un carnet à la fois."


def _check_start(name: str, head: bytes) -> None:
    if not head:
        raise Refusal("empty", "Ce fichier est vide. Refaites l’export, puis déposez-le de nouveau.")
    for start, what in _KNOWN_OTHERS:
        if head.startswith(start):
            raise Refusal(
                "other_kind",
                f"C’est {what}, pas un export d’adresses ou d’agenda. Déposez un fichier .vcf, .ics ou .zip.",
            )


def _bounded(name: str, file: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while chunk := file.read(unpacking.READ_BYTES):
        size += len(chunk)
        if size > settings.DEPOSIT_MAX_BYTES:
            raise Refusal("too_big", too_big_sentence())
        yield chunk


def _after(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest
