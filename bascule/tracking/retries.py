"""Trying again what stopped: one job, or all of one cause. Each goes through the writer of its own kind, which notes it
in the journal; what was tried again meanwhile, or cannot go on, is counted and left alone.

Few are tried at once; many become a `JobRetry` row, which workers bring on in slices (see `go_on`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from accounts import claims, journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import reading
from bascule.imports import confirm as imports
from bascule.imports import states as import_states
from bascule.models import Deposit, Import, JobRetry, Wave
from bascule.replays import confirm as replays
from bascule.replays import states as replay_states
from bascule.tracking import jobs
from bascule.tracking.jobs import BOX, Group
from boxes import delegations
from boxes.models import Box

# More than this is work for a worker and not for the page.
MOST_AT_ONCE = 200
# How long a worker is at it before whatever else waits has its turn.
SLICE_SECONDS = 10.0


class RetryError(Exception):
    """What was asked for cannot be done. sentence: French, says why."""

    sentence = "Cette relance n’est pas possible."


class NotStaff(RetryError):
    sentence = "Seule l’équipe DSI relance des travaux."


class NothingLeft(RetryError):
    sentence = "Il n’y a plus rien à relancer : c’est déjà reparti ou réglé."


class CannotHelp(RetryError):
    """Trying again would end the same way; `sentence` says what helps."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class AlreadyUnderWay(RetryError):
    sentence = "Ces travaux sont déjà en train d’être relancés."


@dataclass(frozen=True)
class Outcome:
    """How many were tried again, and how many not; row: the work that goes on without the page, None: all is done."""

    tried: int = 0
    refused: int = 0
    row: JobRetry | None = None


def retry_one(*, wave: Wave, kind: str, code: str, pk: int, by: Agent) -> None:
    """Try job `pk` of that kind and cause again. Raises RetryError."""
    _check(_group(wave, kind, code, by))
    if kind == BOX:
        boxes = jobs.boxes_in_trouble(wave)
        if pk not in boxes:
            raise NothingLeft
        _retry_box(boxes[pk][0], by)
        return
    row = jobs.jobs(wave, kind, code).filter(pk=pk).select_related("agent").first()
    if row is None or not _try(row, by):
        raise NothingLeft


def retry_all(*, wave: Wave, kind: str, code: str, by: Agent) -> Outcome:
    """Try all jobs of that kind and cause again: at once, or by workers when they are many. Raises RetryError."""
    group = _group(wave, kind, code, by)
    _check(group)
    if kind == BOX:
        return _all_boxes(wave, group, by)
    if group.count <= MOST_AT_ONCE:
        tried = refused = 0
        for row in list(jobs.jobs(wave, kind, code).select_related("agent")[:MOST_AT_ONCE]):
            if _try(row, by):
                tried += 1
            else:
                refused += 1
        _note(wave, group, by, tried)
        return Outcome(tried, refused)
    return Outcome(row=_begin(wave, group, by))


def _group(wave: Wave, kind: str, code: str, by: Agent) -> Group:
    if not by.is_staff:
        raise NotStaff
    group = jobs.group_of(wave, kind, code)
    if group is None:
        raise NothingLeft
    return group


def _check(group: Group) -> None:
    if not group.cause.may_retry:
        raise CannotHelp(group.cause.remedy)


def _all_boxes(wave: Wave, group: Group, by: Agent) -> Outcome:
    boxes = [box for box, code in jobs.boxes_in_trouble(wave).values() if code == group.code]
    for box in boxes:
        _retry_box(box, by)
    _note(wave, group, by, len(boxes))
    return Outcome(len(boxes))


def _retry_box(box: Box, by: Agent) -> None:
    try:
        delegations.retry(box=box, by=by)
    except delegations.DelegationError as error:
        raise CannotHelp(error.sentence) from error


def _try(row: object, by: Agent) -> bool:
    """Whether it goes on now; False when somebody else was faster or its own writer will not have it."""
    try:
        if isinstance(row, Deposit):
            reading.read_again(deposit=row, by=by)
        elif isinstance(row, Import):
            imports.try_again(parent=row, by=by)
        else:
            replays.try_again(replay=row, by=by)  # type: ignore[arg-type]
    except (reading.NotUnreadable, import_states.WrongState, imports.AlreadyImported):
        return False
    except (replay_states.WrongState, replays.AlreadyUnderWay):
        return False
    return True


def _note(wave: Wave, group: Group, by: Agent, count: int) -> None:
    with transaction.atomic():
        journal.record(
            "jobs.retried",
            by=by,
            target=f"wave:{wave.pk}",
            target_label=wave.name,
            cause=group.cause.reason,
            count=count,
        )


def _begin(wave: Wave, group: Group, by: Agent) -> JobRetry:
    from bascule.tasks import retry_jobs

    rows = jobs.jobs(wave, group.kind, group.code)
    until = rows.order_by().aggregate(last=Max("pk"))["last"] or 0
    try:
        with transaction.atomic():
            row = JobRetry.objects.create(
                wave=wave, kind=group.kind, code=group.code, by=by, total=group.count, until=until
            )
            journal.record(
                "jobs.retried",
                by=by,
                target=f"wave:{wave.pk}",
                target_label=wave.name,
                cause=group.cause.reason,
                count=group.count,
            )
            hand_out_on_commit(retry_jobs, row.pk)
    except IntegrityError as error:
        raise AlreadyUnderWay from error
    return row


def waiting() -> list[int]:
    """Retries with something to do and nobody alive at it."""
    return claims.without_live_holder(JobRetry.objects.filter(finished_at=None).order_by("pk"))


def go_on(retry_id: int) -> bool:
    """Bring a retry of many on, job by job in the order of their numbers; whether there is more to do at once.

    Safe to run at any time, any number of times, and to be killed at any line: a job that was tried again is no longer
    among those that stopped.
    """
    claim = claims.take(JobRetry, retry_id, finished_at=None)
    if claim is None:
        return False
    try:
        return _slice(claim)
    except claims.ClaimLost:
        return False
    finally:
        claim.release()


def _slice(claim: claims.Claim) -> bool:
    row = JobRetry.objects.select_related("wave", "by").get(pk=claim.pk)
    mine = JobRetry.objects.filter(pk=row.pk)
    until = time.monotonic() + SLICE_SECONDS
    while True:
        rows = jobs.jobs(row.wave, row.kind, row.code).filter(pk__gt=row.last, pk__lte=row.until)
        some = list(rows.order_by("pk").select_related("agent")[:MOST_AT_ONCE])
        if not some or not row.by.is_staff:
            with claim.writing():
                mine.update(finished_at=timezone.now())
            return False
        for job in some:
            column = "tried" if _try(job, row.by) else "refused"
            row.last = job.pk
            with claim.writing():
                mine.update(**{column: F(column) + 1, "last": job.pk})
            if time.monotonic() >= until:
                return True


def recent(wave: Wave) -> list[JobRetry]:
    """Retries of many in this wave that are under way or ended today."""
    since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = JobRetry.objects.filter(wave=wave).select_related("by")
    return [row for row in rows[:20] if row.finished_at is None or row.finished_at >= since]
