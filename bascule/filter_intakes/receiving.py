"""An LDIF handed in by staff: sealed on disk before its row is there, as deposits are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from django.conf import settings
from django.db import transaction

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from accounts.uploads import shown_name
from bascule import originals, unpacking
from bascule.deposits import Refusal, max_megabytes
from bascule.filter_intakes.states import State
from bascule.models import FilterIntake

# An intake of the same file that is not over yet.
_LIVE = (State.LOOKING, State.READY, State.GIVING)


def receive(*, name: str, file: IO[bytes], by: Agent) -> tuple[FilterIntake, bool]:
    """Take an LDIF, or a zip with one, and let a worker look through it; (intake, whether it is a new one).

    The same content as in an intake that is not over gives that one. Raises Refusal, a French sentence. Journal:
    `filter_intake.received`.
    """
    from bascule.tasks import carry_filter_intake

    head = file.read(4)
    file.seek(0)
    if not head:
        raise Refusal("empty", "Ce fichier est vide. Refaites l’export, puis déposez-le de nouveau.")
    stored = originals.write(_unpacked(file) if unpacking.looks_like_zip(head) else _bounded(file))
    with transaction.atomic():
        # Two people who hand in the same file at once wait for each other here.
        Agent.objects.select_for_update().get(pk=by.pk)
        live = FilterIntake.objects.filter(sha256=stored.sha256, state__in=_LIVE).first()
        if live is None:
            intake = FilterIntake.objects.create(
                by=by, name=shown_name(name), size=stored.size, sha256=stored.sha256, stored_as=stored.name
            )
            journal.record(
                "filter_intake.received",
                by=by,
                target=f"filter_intake:{intake.pk}",
                target_label=intake.name,
                size=stored.size,
            )
            hand_out_on_commit(carry_filter_intake, intake.pk)
    if live is not None:
        originals.delete(stored.name)
        return live, False
    return intake, True


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    limits = unpacking.Limits(
        file_bytes=settings.DEPOSIT_MAX_BYTES,
        total_bytes=settings.DEPOSIT_MAX_BYTES,
        files=settings.DEPOSIT_ZIP_MAX_FILES,
    )
    try:
        archive = unpacking.Archive(file, limits)
        try:
            if len(archive.members) > 1:
                raise Refusal("zip_too_many", "Cette archive contient plusieurs fichiers : déposez-les un par un.")
            yield from archive.read(archive.members[0])
        finally:
            archive.close()
    except unpacking.ArchiveRefused as refusal:
        raise Refusal(refusal.code, str(refusal)) from refusal


def _bounded(file: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while chunk := file.read(unpacking.READ_BYTES):
        size += len(chunk)
        if size > settings.DEPOSIT_MAX_BYTES:
            raise Refusal("too_big", too_big_sentence())
        yield chunk


def too_big_sentence() -> str:
    return (
        f"Ce fichier dépasse {max_megabytes()} Mo. Ne gardez que les attributs mail, mailAlternateAddress, uid et "
        "mailSieveRuleSource, ou exportez l’annuaire en plusieurs fois."
    )
