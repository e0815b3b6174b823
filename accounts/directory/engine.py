"""What a worker does with a directory import, whatever state it finds it in. The one door for tasks."""

from __future__ import annotations

import logging

from django.db.models import F, Q
from django.utils import timezone

from accounts import claims
from accounts.directory import after, applying, figures, kinds, reading, states
from accounts.directory.states import State
from accounts.models import DirectoryImport

log = logging.getLogger(__name__)

# A list that brings its worker down is not tried for ever.
MAX_ATTEMPTS = 5


def advance(import_id: int) -> bool:
    """Bring the import on by one state. Safe to run at any time, any number of times, by any number of workers.

    Whether there is more to do at once.
    """
    claim = claims.take(DirectoryImport, import_id, state__in=DirectoryImport.UNDER_WAY)
    if claim is None:
        return False
    try:
        claims.use(claim, _work)
    except states.WrongState:
        log.info("directory import %s: given up meanwhile", import_id)
    return DirectoryImport.objects.filter(_ready(), pk=import_id, state__in=DirectoryImport.UNDER_WAY).exists()


def waiting() -> list[int]:
    """Imports with something to do, whose pause is over, and nobody alive at them."""
    return claims.without_live_holder(
        DirectoryImport.objects.filter(_ready(), state__in=DirectoryImport.UNDER_WAY).order_by("pk")
    )


def _ready() -> Q:
    return Q(retry_at=None) | Q(retry_at__lte=timezone.now())


def _work(claim: claims.Claim) -> float | None:
    with claim.writing():
        DirectoryImport.objects.filter(pk=claim.pk).update(attempts=F("attempts") + 1)
    row = DirectoryImport.objects.select_related("by", "confirmed_by").get(pk=claim.pk)
    kind = kinds.get(row.kind)
    if kind is None:
        # The application that registers it is not installed here: left to a worker that has it.
        return claims.postpone(claim, "unknown_kind", None)
    if row.state == State.FOLLOWING:
        after.follow(row)
        figures.recount(kind)
        figures.recount_places()
        with claim.writing():
            states.move(row.pk, to=State.DONE, since=State.FOLLOWING, finished_at=timezone.now(), waiting_for="")
    elif row.attempts > MAX_ATTEMPTS:
        _give_up(claim, row)
    elif row.state == State.READING:
        reading.read(claim, row, kind)
    else:
        applying.write(claim, row, kind)
    return None


def _give_up(claim: claims.Claim, row: DirectoryImport) -> None:
    if row.state == State.APPLYING:
        applying.stop(claim, row, "writer_stopped")
        return
    with claim.writing():
        states.move(row.pk, to=State.FAILED, since=State.READING, note="reader_stopped", finished_at=timezone.now())
