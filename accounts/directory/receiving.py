"""A list handed in: sealed on disk before its row is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from django.conf import settings
from django.db import transaction

from accounts import journal
from accounts.directory import originals
from accounts.directory.kinds import Kind
from accounts.directory.states import DirectoryError, NotStaff, State
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent, DirectoryImport
from accounts.uploads import Bounds, shown_name

_PIECE = 1 << 18
# Imports of the same list that nobody has decided about.
_LIVE = (State.READING, State.READY, State.APPLYING)


class Empty(DirectoryError):
    sentence = "Ce fichier est vide. Refaites l’export, puis déposez-le de nouveau."


class TooBig(DirectoryError):
    def __init__(self) -> None:
        super().__init__()
        self.sentence = too_big_sentence()


def bounds() -> Bounds:
    """One list at a time; the rest of the form is small."""
    return Bounds(settings.DIRECTORY_MAX_BYTES, settings.DIRECTORY_MAX_BYTES + 1_000_000, too_big_sentence())


def too_big_sentence() -> str:
    return (
        f"Ce fichier dépasse {settings.DIRECTORY_MAX_BYTES // 1_000_000} Mo. Ne gardez que les colonnes utiles, ou "
        "découpez-le en plusieurs listes partielles."
    )


def receive(
    *, kind: Kind, name: str, file: IO[bytes], is_complete: bool, by: Agent | None, in_background: bool = True
) -> tuple[DirectoryImport, bool]:
    """Take a list and have a worker read it; (import, whether it is a new one).

    The same contents as in an import that waits for a decision give that one. by: None for the command, which does the
    reading itself (`in_background` False) and whose list the journal tells of once it is written. Raises NotStaff,
    Empty, TooBig. Journal: `directory.received`.
    """
    from accounts.tasks import carry_directory_import

    if by is not None and not by.is_staff:
        raise NotStaff
    stored = originals.write(_bounded(file))
    if not stored.size:
        originals.delete(stored.name)
        raise Empty
    is_complete = is_complete and kind.may_be_complete
    with transaction.atomic():
        if by is not None:
            # Two clicks on one button wait for each other here.
            Agent.objects.select_for_update().get(pk=by.pk)
        same = DirectoryImport.objects.filter(sha256=stored.sha256, kind=kind.code, is_complete=is_complete)
        live = same.filter(state__in=_LIVE).first() if in_background else None
        if live is None:
            row = DirectoryImport.objects.create(
                kind=kind.code,
                by=by,
                name=shown_name(name),
                size=stored.size,
                sha256=stored.sha256,
                stored_as=stored.name,
                is_complete=is_complete,
            )
            if in_background:
                journal.record(
                    "directory.received",
                    by=by,
                    target=f"directory_import:{row.pk}",
                    target_label=row.name,
                    what=kind.several,
                    size=stored.size,
                )
                hand_out_on_commit(carry_directory_import, row.pk)
    if live is not None:
        originals.delete(stored.name)
        return live, False
    return row, True


def _bounded(file: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while piece := file.read(_PIECE):
        size += len(piece)
        if size > settings.DIRECTORY_MAX_BYTES:
            raise TooBig
        yield piece
