"""What staff decide about an import: write it, give it up, erase it; and what time decides in their place."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import journal
from accounts.directory import originals, states
from accounts.directory.states import DirectoryError, NotStaff, State, WrongState
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent, DirectoryImport, DirectoryLine

log = logging.getLogger(__name__)

Action = DirectoryLine.Action
OVER = (State.DONE, State.REFUSED, State.CANCELLED, State.FAILED)
# Below so many, a share says nothing: one who leaves a team of five is 20 %.
FEW = 20
_LINES_TOGETHER = 20_000


class TooManyGone(DirectoryError):
    def __init__(self, gone: int, known: int) -> None:
        super().__init__(gone, known)
        self.sentence = (
            f"Cette liste désactiverait {gone} personnes sur {known}, soit plus de "
            f"{settings.DIRECTORY_MAX_GONE_PERCENT} % : est-elle entière ? Si oui, confirmez-le en cochant la case."
        )


class AnotherUnderWay(DirectoryError):
    sentence = "Un autre import est en cours d’écriture. Attendez qu’il soit terminé, puis confirmez celui-ci."


def guarded(row: DirectoryImport, *, with_staff: bool = False) -> bool:
    """Whether so many would leave that somebody has to say they know."""
    gone = row.count(Action.GONE) + (row.count(Action.STAFF) if with_staff else 0)
    return gone > FEW and gone * 100 > row.known_before * settings.DIRECTORY_MAX_GONE_PERCENT


def confirm(
    *, row: DirectoryImport, by: Agent | None, allow_gone: bool = False, allow_staff_gone: bool = False
) -> bool:
    """Have the list written. False: the directory has changed since it was compared; it is being read again instead.

    by: None for the command. Raises NotStaff, WrongState (decided already), TooManyGone (without `allow_gone`),
    AnotherUnderWay. Locks the row of the import. Journal: `directory.confirmed`.
    """
    if by is not None and not by.is_staff:
        raise NotStaff
    try:
        with transaction.atomic():
            locked = DirectoryImport.objects.select_for_update().get(pk=row.pk)
            if locked.state != State.READY:
                raise WrongState
            if guarded(locked, with_staff=allow_staff_gone) and not allow_gone:
                raise TooManyGone(locked.count(Action.GONE), locked.known_before)
            # The constraint holds too, but would wait for the other to commit.
            if DirectoryImport.objects.filter(state=State.APPLYING).exists():
                raise AnotherUnderWay
            if _is_outdated(locked):
                states.move(row.pk, to=State.READING, since=State.READY, note="stale", attempts=0)
                is_written = False
            else:
                states.move(
                    row.pk,
                    to=State.APPLYING,
                    since=State.READY,
                    allow_gone=allow_gone,
                    allow_staff_gone=allow_staff_gone,
                    confirmed_by=by,
                    confirmed_at=timezone.now(),
                    attempts=0,
                    note="",
                )
                _record(locked, "directory.confirmed", by=by)
                is_written = True
            if by is not None:
                _hand_out(locked)
    except IntegrityError as error:
        raise AnotherUnderWay from error
    return is_written


def _is_outdated(row: DirectoryImport) -> bool:
    """Another list was written after this one began to be compared. What else changed shows when it is written."""
    return DirectoryImport.objects.filter(written_at__gte=row.compared_at).exclude(pk=row.pk).exists()


def cancel(*, row: DirectoryImport, by: Agent | None) -> None:
    """Give it up before anything is written: file and lines go, for good. by: None for the command, or when its time
    has come.

    Raises NotStaff, WrongState. Journal: `directory.cancelled`.
    """
    if by is not None and not by.is_staff:
        raise NotStaff
    with transaction.atomic():
        states.move(row.pk, to=State.CANCELLED, finished_at=timezone.now())
        _record(row, "directory.cancelled", by=by)
        _erase(row)


def erase(*, row: DirectoryImport, by: Agent | None) -> None:
    """Erase file and lines of an import that is over; its counts stay. Raises NotStaff, WrongState.

    Journal: `directory.erased`.
    """
    if by is not None and not by.is_staff:
        raise NotStaff
    with transaction.atomic():
        locked = DirectoryImport.objects.select_for_update().get(pk=row.pk)
        if locked.state not in OVER or locked.erased_at is not None:
            raise WrongState
        _record(locked, "directory.erased", by=by)
        _erase(locked)


def forget(row: DirectoryImport, *, altogether: bool) -> None:
    """Erase at once the file and the lines of an import by which nothing was written; the row too when `altogether`.

    For the job of every night, whose lists would pile up: the journal has nothing to say of it.
    """
    unwritten = DirectoryImport.objects.filter(pk=row.pk, written_at=None)
    with transaction.atomic():
        stored_as = unwritten.values_list("stored_as", flat=True).first()
        unwritten.update(erased_at=timezone.now(), stored_as="")
        if stored_as:
            transaction.on_commit(lambda: originals.delete(stored_as))
    clear(row.pk)
    if altogether:
        unwritten.delete()


def _erase(row: DirectoryImport) -> None:
    from accounts.tasks import clear_directory_import

    stored_as = DirectoryImport.objects.values_list("stored_as", flat=True).get(pk=row.pk)
    DirectoryImport.objects.filter(pk=row.pk).update(erased_at=timezone.now(), stored_as="")
    if stored_as:
        transaction.on_commit(lambda: originals.delete(stored_as))
    # A million lines take longer to go than a page may.
    hand_out_on_commit(clear_directory_import, row.pk)


def clear(import_id: int) -> None:
    """Delete the lines of an import that was erased, some at a time."""
    while True:
        lines = DirectoryLine.objects.filter(directory_import_id=import_id, directory_import__erased_at__isnull=False)
        some = list(lines.order_by("pk").values_list("pk", flat=True)[:_LINES_TOGETHER])
        if not some:
            return
        # By their span: so many numbers do not fit in one statement.
        DirectoryLine.objects.filter(directory_import_id=import_id, pk__gte=some[0], pk__lte=some[-1]).delete()


def expire() -> int:
    """Give up what nobody has confirmed in time, erase what is as old, and clear what a worker left. Gives how many."""
    limit = timezone.now() - timedelta(days=settings.DIRECTORY_RETENTION_DAYS)
    old = DirectoryImport.objects.filter(Q(created_at__lt=limit), erased_at=None)
    gone = 0
    for row in old.filter(state__in=(*OVER, State.READY, State.READING)):
        try:
            if row.state in OVER:
                erase(row=row, by=None)
            else:
                cancel(row=row, by=None)
        except WrongState:
            continue
        gone += 1
    left = DirectoryLine.objects.filter(directory_import__erased_at__isnull=False)
    for import_id in left.order_by().values_list("directory_import_id", flat=True).distinct():
        clear(import_id)
    originals.delete_orphans()
    if gone:
        log.info("directory imports expired: %s", gone)
    return gone


def _record(row: DirectoryImport, action: str, *, by: Agent | None, **details: Any) -> None:
    journal.record(action, by=by, target=f"directory_import:{row.pk}", target_label=row.name, **details)


def _hand_out(row: DirectoryImport) -> None:
    from accounts.tasks import carry_directory_import

    hand_out_on_commit(carry_directory_import, row.pk)
