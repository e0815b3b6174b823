"""What workers do for a dry run: claim a slice, look, write all that was found in it at once.

Any number of them at a time. A slice is one worker's until it is done; one that died leaves it to the next, and a
worker that was taken for dead writes nothing. Nothing is written to Zimbra, nor to anything that people own.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack

from django.db import transaction
from django.db.models import Count, Exists, F, Min, OuterRef
from django.urls import reverse
from django.utils import timezone

from accounts import claims, journal, notices
from bascule.models import Rehearsal, RehearsalFinding, RehearsalSlice
from bascule.rehearsals import censuses, files, mailboxes, planning
from bascule.rehearsals.finding import Finding
from boxes import zimbra_door
from zimbra.admin import AdminClient
from zimbra.errors import NotFound, Refused, ZimbraError

log = logging.getLogger(__name__)

State, Kind = Rehearsal.State, RehearsalSlice.Kind
Severity = RehearsalFinding.Severity

# How long a worker stays before whatever else waits has its turn.
TURN_SECONDS = 20.0
# Slices that are looked at for a free one: each worker takes one of them by chance, so that they seldom meet.
_CHOICE = 16
# A person at whom workers died so often is left out.
_DEATHS = 2
# A slice that was begun so often is left unchecked.
_MOST_ATTEMPTS = 8


class _Zimbra:
    """The administrator's session of one turn, opened when it is first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._admin: AdminClient | None = None
        # Who does not answer once is not waited for again by each slice of the turn.
        self.error: ZimbraError | None = None

    def admin(self) -> AdminClient:
        """Raises ZimbraError."""
        if self.error is not None:
            raise self.error
        if self._admin is None:
            self._admin = self._stack.enter_context(zimbra_door.opened()).admin
        return self._admin


def advance(rehearsal_id: int) -> bool:
    """Bring the dry run on. Safe to run at any time, by any number of workers. Whether there is more to do at once."""
    planning.prepare(rehearsal_id)
    until = time.monotonic() + TURN_SECONDS
    with ExitStack() as stack:
        zimbra = _Zimbra(stack)
        for claim in _free_slices(rehearsal_id):
            try:
                _look(claim, zimbra)
            except claims.ClaimLost:
                log.info("slice %s of rehearsal %s: taken over or given up", claim.pk, rehearsal_id)
            finally:
                claim.release()
            if time.monotonic() >= until:
                return True
    _end(rehearsal_id)
    return False


def waiting() -> list[int]:
    """Dry runs with something to do that nobody is at."""
    preparing = claims.without_live_holder(Rehearsal.objects.filter(state=State.PREPARING))
    found = set(preparing)
    for pk in Rehearsal.objects.filter(state=State.RUNNING).values_list("pk", flat=True):
        left = RehearsalSlice.objects.filter(rehearsal=pk, done_at=None)
        if not left.exists() or claims.without_live_holder(left):
            found.add(pk)
    return sorted(found)


def _free_slices(rehearsal_id: int) -> Iterator[claims.Claim]:
    while Rehearsal.objects.filter(pk=rehearsal_id, state=State.RUNNING).exists():
        left = RehearsalSlice.objects.filter(rehearsal=rehearsal_id, done_at=None).order_by("pk")
        keys = claims.without_live_holder(left)
        choice = keys[:_CHOICE]
        random.shuffle(choice)
        taken = next((claim for pk in choice if (claim := claims.take(RehearsalSlice, pk, done_at=None))), None)
        if taken is not None:
            yield taken
        elif len(keys) <= _CHOICE:
            return


def _look(claim: claims.Claim, zimbra: _Zimbra) -> None:
    part = RehearsalSlice.objects.select_related("rehearsal__wave").get(pk=claim.pk)
    if part.attempts and part.at_key is not None:
        part.skipped = [*part.skipped, part.at_key] if part.attempts >= _DEATHS else part.skipped
    RehearsalSlice.objects.filter(pk=part.pk).update(attempts=F("attempts") + 1, skipped=part.skipped, at_key=None)

    def at(key: int) -> None:
        """A sign of life; once somebody has died here, also at whom the worker is."""
        claim.renew()
        if part.attempts:
            RehearsalSlice.objects.filter(pk=part.pk).update(at_key=key)

    # Nobody gets through it: the rest does not wait for it.
    unchecked = part.attempts >= _MOST_ATTEMPTS
    found: list[Finding] = []
    hosts: dict[str, list[int]] = {}
    try:
        if unchecked:
            log.warning("slice %s of rehearsal %s: given up", part.pk, part.rehearsal_id)
        elif part.kind == Kind.FILES:
            found = files.check(part.keys, day=part.rehearsal.wave.date, skipped=part.skipped, at=at)
        elif part.kind == Kind.ACCOUNTS:
            found, hosts = mailboxes.check_people(part.keys, admin=zimbra.admin())
        elif part.kind == Kind.BOXES:
            found = censuses.check_boxes(part.keys)
        elif part.kind == Kind.BOX_ACCOUNTS:
            found = mailboxes.check_boxes(part.keys, admin=zimbra.admin())
        else:
            found = censuses.check_places(part.keys)
    except ZimbraError as error:
        log.warning("rehearsal %s: Zimbra: %s", part.rehearsal_id, error.code)
        if not isinstance(error, NotFound | Refused):
            zimbra.error = error
        unchecked = True
    rows = {one.key: one.row(part) for one in found}
    with claim.writing():
        if not Rehearsal.objects.filter(pk=part.rehearsal_id, state=State.RUNNING).exists():
            raise claims.ClaimLost
        RehearsalFinding.objects.filter(part=part).delete()
        RehearsalFinding.objects.bulk_create(rows.values(), batch_size=500)
        RehearsalSlice.objects.filter(pk=part.pk).update(done_at=timezone.now(), unchecked=unchecked, at_key=None)
    mailboxes.note_hosts(hosts)


def _end(rehearsal_id: int) -> None:
    """The last slice is done: count, and compare with the dry run before."""
    with transaction.atomic():
        row = (
            Rehearsal.objects.select_for_update(of=("self",))
            .select_related("wave", "by")
            .filter(pk=rehearsal_id)
            .first()
        )
        if row is None or row.state != State.RUNNING or row.slices.filter(done_at=None).exists():
            return
        before = _before(row)
        counts = counted(row)
        if before is not None:
            counts |= _compared(row, before)
        Rehearsal.objects.filter(pk=row.pk).update(state=State.DONE, finished_at=timezone.now(), counts=counts)
        journal.record(
            "rehearsal.done",
            by=None,
            target=f"wave:{row.wave_id}",
            target_label=row.wave.name,
            clean=counts["clean"],
            look=counts["look"],
            blocked=counts["blocked"],
        )
        if row.by is not None:
            notices.notify(
                row.by,
                kind="rehearsal.done",
                title=f"Répétition de « {row.wave.name} » terminée",
                body=f"Personnes sans remarque : {counts['clean']}, à regarder : {counts['look']}, "
                f"bloquées : {counts['blocked']}.",
                link=reverse("wave_rehearsal", args=(row.wave_id,)),
            )
        planning.forget_old(row.wave_id)


def counted(rehearsal: Rehearsal) -> dict[str, object]:
    """Persons by the worst that was found about them, other subjects, findings by kind, persons not checked."""
    findings = RehearsalFinding.objects.filter(rehearsal=rehearsal)
    worst = dict(
        findings.filter(agent__isnull=False)
        .order_by()
        .values("agent")
        .annotate(worst=Min("severity"))
        .values_list("agent", "worst")
    )
    by_worst = {severity: sum(1 for one in worst.values() if one == severity) for severity in Severity.values}
    kinds = findings.order_by().values("kind").annotate(count=Count("pk")).values_list("kind", "count")
    others = findings.filter(agent__isnull=True, severity__lte=Severity.LOOK)
    unchecked = rehearsal.slices.filter(unchecked=True).values_list("kind", "count")
    return {
        "clean": max(rehearsal.people - by_worst[Severity.BLOCKING] - by_worst[Severity.LOOK], 0),
        "look": by_worst[Severity.LOOK],
        "blocked": by_worst[Severity.BLOCKING],
        "others_look": others.filter(severity=Severity.LOOK).count(),
        "others_blocked": others.filter(severity=Severity.BLOCKING).count(),
        "kinds": dict(kinds),
        "unchecked": sum(count for _, count in unchecked),
    }


def _before(row: Rehearsal) -> Rehearsal | None:
    return Rehearsal.objects.filter(wave=row.wave_id, state=State.DONE, pk__lt=row.pk).order_by("-pk").first()


def _compared(row: Rehearsal, before: Rehearsal) -> dict[str, object]:
    """How many findings of `before` are settled, and how many are new; what is mere information left out.

    What Zimbra did not answer this time is not settled by that.
    """
    now, then = RehearsalFinding.objects.filter(rehearsal=row), RehearsalFinding.objects.filter(rehearsal=before)
    now.update(is_new=False)
    unknown = now.exclude(Exists(then.filter(key=OuterRef("key"))))
    now.filter(pk__in=unknown.values("pk")).update(is_new=True)
    matter = {"severity__lte": Severity.LOOK}
    gone = then.filter(**matter).exclude(Exists(now.filter(key=OuterRef("key"))))
    if row.slices.filter(unchecked=True).exists():
        gone = gone.exclude(part__kind__in=[Kind.ACCOUNTS, Kind.BOX_ACCOUNTS])
    return {"settled": gone.count(), "new": now.filter(is_new=True, **matter).count(), "before": before.pk}
