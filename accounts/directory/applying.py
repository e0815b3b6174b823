"""A confirmed list written into the directory: all of it, or nothing.

One transaction holds every row, the journal, and the move to FOLLOWING. A worker killed at any line therefore leaves
nothing behind (the database rolls back what it had begun), nobody ever sees half of a list, and the next worker starts
over from the rows of the import. The alternative, pieces with a place to resume at, would show for minutes a directory
that is neither the old nor the new one, and have to be taken back by hand when its last line fails.

The price: on SQLite other writers wait while it lasts (some seconds for 100,000 lines; readers never wait), and how far
it is cannot be told from outside. Every row that changes is locked and compared with what was shown first; one that is
not as it was makes the list stale: nothing is written, and it is read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import IntegrityError
from django.utils import timezone

from accounts import claims, journal
from accounts.claims import Claim
from accounts.directory import problems, states
from accounts.directory.kinds import Action, Kind, Stale
from accounts.directory.states import State
from accounts.directory.telling import told_stopped, told_written
from accounts.models import DirectoryImport, DirectoryLine

# Rows written together.
TOGETHER = 2000
# Rows a second that even a slow machine writes.
SLOWEST = 300
# Who leaves goes first: an address may pass from one to another.
_ORDER = (Action.GONE, Action.CHANGED, Action.BACK, Action.ADDED)


class _Forbidden(Exception):
    """Written, it would leave the portal in a state that must not be. code: of the problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def write(claim: Claim, row: DirectoryImport, kind: Kind) -> None:
    """From APPLYING to FOLLOWING; to READING when the directory changed meanwhile, to READY when it may not be.

    Raises ClaimLost. Journal: `directory.imported`, and what the kind adds.
    """
    # Nobody sees the lease that the transaction renews before it is over: it has to last.
    claim.renew()
    lease = claims.LEASE + timedelta(seconds=row.changes / SLOWEST)
    DirectoryImport.objects.filter(pk=row.pk, holder=claim.holder).update(held_until=timezone.now() + lease)
    try:
        with claim.writing():
            _write(row, kind)
    except (Stale, IntegrityError):
        with claim.writing():
            states.move(row.pk, to=State.READING, since=State.APPLYING, note="stale", attempts=0, confirmed_at=None)
            told_stopped(row, problems.sentence("stale"))
    except _Forbidden as forbidden:
        stop(claim, row, forbidden.code)


def stop(claim: Claim, row: DirectoryImport, code: str) -> None:
    """Back to READY, nothing written; staff may confirm again, or give it up. code: why."""
    with claim.writing():
        states.move(
            row.pk,
            to=State.READY,
            since=State.APPLYING,
            note=code,
            attempts=0,
            confirmed_at=None,
            allow_gone=False,
            allow_staff_gone=False,
        )
        told_stopped(row, problems.sentence(code))


def _write(row: DirectoryImport, kind: Kind) -> None:
    by = row.confirmed_by
    counts = dict(row.counts)
    for action in _ORDER:
        for lines in _pieces(row, action):
            kind.write(action, lines, of=row, by=by)
    if row.allow_staff_gone:
        for lines in _pieces(row, Action.STAFF):
            kind.write(Action.GONE, lines, of=row, by=by)
        counts[Action.GONE] = counts.get(Action.GONE, 0) + counts.get(Action.STAFF, 0)
    forbidden = kind.check_written(row)
    if forbidden:
        raise _Forbidden(forbidden)
    states.move(row.pk, to=State.FOLLOWING, since=State.APPLYING, written_at=timezone.now(), note="", attempts=0)
    journal.record(
        "directory.imported",
        by=by,
        target=f"directory_import:{row.pk}",
        target_label=row.name,
        what=kind.several,
        list="complète" if row.is_complete else "partielle",
        **{str(action): counts.get(action, 0) for action in DirectoryLine.WRITTEN},
    )
    told_written(row)


def _pieces(row: DirectoryImport, action: str) -> Iterator[list[DirectoryLine]]:
    last = 0
    if not row.count(action):
        return
    rows = DirectoryLine.objects.filter(directory_import=row.pk, action=action).order_by("pk")
    rows = rows.only("pk", "row_id", "before", "after")
    while lines := list(rows.filter(pk__gt=last)[:TOGETHER]):
        last = lines[-1].pk
        yield lines
