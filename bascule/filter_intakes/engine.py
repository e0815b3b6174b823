"""What a worker does with an intake, whatever state it finds it in. The one door for tasks."""

from __future__ import annotations

import logging
import time

from django.db.models import F
from django.utils import timezone

from accounts import claims, journal, notices
from bascule import originals
from bascule.filter_intakes import states
from bascule.filter_intakes.giving import finish, give_next
from bascule.filter_intakes.looking import look_through
from bascule.filter_intakes.states import State
from bascule.filter_intakes.stopping import Stopped, link_of
from bascule.models import FilterIntake

log = logging.getLogger(__name__)

# A file or a row that brings its worker down is not tried for ever. Counted anew with every person who is served.
MAX_ATTEMPTS = 5
# How long rules are given out before whatever else waits for a worker has its turn.
SLICE_SECONDS = 20.0


def advance(intake_id: int) -> bool:
    """Bring the intake on. Safe to run at any time, any number of times, by any number of workers.

    Whether there is more to do at once.
    """
    claim = claims.take(FilterIntake, intake_id, state__in=FilterIntake.UNDER_WAY)
    if claim is None:
        return False
    try:
        return _work(claim)
    except claims.ClaimLost:
        log.info("filter intake %s: another worker took over", intake_id)
    except states.WrongState:
        log.info("filter intake %s: given up meanwhile", intake_id)
    finally:
        claim.release()
    return False


def waiting() -> list[int]:
    """Intakes with something to do and nobody alive at it."""
    return claims.without_live_holder(FilterIntake.objects.filter(state__in=FilterIntake.UNDER_WAY).order_by("pk"))


def _work(claim: claims.Claim) -> bool:
    with claim.writing():
        FilterIntake.objects.filter(pk=claim.pk).update(attempts=F("attempts") + 1)
    intake = FilterIntake.objects.select_related("by").get(pk=claim.pk)
    is_looking = intake.state == State.LOOKING
    try:
        if intake.attempts > MAX_ATTEMPTS:
            raise Stopped("reader_stopped" if is_looking else "giver_stopped")
        if is_looking:
            look_through(claim, intake)
            return False
        return _give(claim, intake)
    except Stopped as stopped:
        _fail(claim, intake, stopped)
    return False


def _give(claim: claims.Claim, intake: FilterIntake) -> bool:
    until = time.monotonic() + SLICE_SECONDS
    while give_next(claim):
        if time.monotonic() >= until:
            return True
    finish(claim, intake)
    return False


def _fail(claim: claims.Claim, intake: FilterIntake, stopped: Stopped) -> None:
    with claim.writing():
        states.move(
            intake.pk,
            to=State.FAILED,
            since=intake.state,
            error_code=stopped.code,
            error=stopped.sentence,
            finished_at=timezone.now(),
            stored_as="",
        )
        if intake.state == State.LOOKING:
            intake.people.all().delete()
        journal.record(
            "filter_intake.stopped",
            by=None,
            target=f"filter_intake:{intake.pk}",
            target_label=intake.name,
            code=stopped.code,
        )
        notices.notify(
            intake.by,
            kind="filter_intake.stopped",
            title=f"« {intake.name} » : arrêté",
            body=stopped.sentence,
            link=link_of(intake.pk),
        )
    if intake.stored_as:
        originals.delete(intake.stored_as)
    log.warning("filter intake %s stopped: %s", intake.pk, stopped.code)
