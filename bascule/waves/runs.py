"""What workers do for a change of state that concerns many people: slices of them, one transaction each.

A slice locks the planning first, then the row of the run (staff who stop it do the same), so that it sees what was
decided meanwhile. Whoever is left is asked of the database each time: a worker that died is followed by one that goes
on with exactly those, and somebody who came in meanwhile is not left out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts import claims, journal, notices
from accounts.models import Agent
from bascule import box_waves, moves, planning, standings
from bascule.models import Wave, WaveRun
from bascule.waves import announcing, running, states
from boxes import delegations, transfer
from boxes.models import Box

log = logging.getLogger(__name__)

Kind, Note = WaveRun.Kind, WaveRun.Note

PEOPLE_PER_SLICE = 200
BOXES_PER_SLICE = 20
# A slice that brings its worker down is not tried for ever. Counted anew with every slice that passes.
MAX_ATTEMPTS = 5
# How long one run works before whatever else waits for a worker has its turn.
TURN_SECONDS = 20.0


class _Over(Exception):
    """The run was stopped, given up or ended: nothing more to do here."""


def advance(run_id: int) -> bool:
    """Bring the run on. Safe to run at any time, any number of times, by any number of workers.

    Whether there is more to do at once.
    """
    claim = claims.take(WaveRun, run_id, finished_at=None, stopped_at=None)
    if claim is None:
        return False
    try:
        if _tried_too_often(claim):
            return False
        until = time.monotonic() + TURN_SECONDS
        while _slice(claim):
            if time.monotonic() >= until:
                return True
    except claims.ClaimLost:
        log.info("wave run %s: another worker took over", run_id)
    except _Over:
        log.info("wave run %s: stopped or ended meanwhile", run_id)
    except states.WaveError as error:
        # The wave is not what it was: the clock tries a few times more, then staff are asked.
        log.warning("wave run %s: %s", run_id, type(error).__name__)
    finally:
        claim.release()
    return False


def waiting() -> list[int]:
    """Runs with something to do and nobody alive at it."""
    return claims.without_live_holder(WaveRun.objects.filter(finished_at=None, stopped_at=None).order_by("pk"))


def tell_latecomers() -> int:
    """By the clock: people who came into a wave after it was frozen, or whose date changed; gives how many were told.
    Waves whose announcement is under way, or rests, are left to it."""
    told = 0
    until = time.monotonic() + TURN_SECONDS
    waves = Wave.objects.filter(state__in=Wave.CLOSED, date__gte=planning.today())
    for wave_id in waves.order_by("date").values_list("pk", flat=True):
        now = 1
        while now and time.monotonic() < until:
            with transaction.atomic():
                standings.lock_planning()
                wave = Wave.objects.filter(pk=wave_id).first()
                busy = wave is None or WaveRun.objects.filter(wave=wave, finished_at=None).exists()
                now = 0 if wave is None or busy else announcing.tell_next(wave, PEOPLE_PER_SLICE)
                told += now
    return told


def _tried_too_often(claim: claims.Claim) -> bool:
    with _writing(claim) as run:
        WaveRun.objects.filter(pk=run.pk).update(attempts=F("attempts") + 1)
        if run.attempts < MAX_ATTEMPTS:
            return False
        WaveRun.objects.filter(pk=run.pk).update(stopped_at=timezone.now(), note=Note.WORKER)
        _record("wave.run_failed", run, by=None, what=run.get_kind_display(), done=run.done, total=run.total)
        what = (
            f"« {run.get_kind_display()} » s’est arrêté après plusieurs essais : {run.done} personnes sur {run.total}."
        )
        _tell_who_asked(run, f"« {run.wave.name} » : travail arrêté", what)
        log.warning("wave run %s stopped: given up after %s attempts", run.pk, run.attempts)
        return True


@contextmanager
def _writing(claim: claims.Claim) -> Iterator[WaveRun]:
    """A transaction in which nobody else changes the planning and this claim holds. Raises ClaimLost, _Over."""
    with transaction.atomic():
        standings.lock_planning()
        claim.renew()
        run = WaveRun.objects.select_related("wave", "by").get(pk=claim.pk)
        if not run.is_live:
            raise _Over
        yield run


def _slice(claim: claims.Claim) -> bool:
    """Do the next slice; whether another may follow."""
    given: list[Agent] = []
    over = ask_boxes = False
    with _writing(claim) as run:
        if not _people(run, given):
            ask_boxes = run.kind == Kind.FINISH and bool(run.options.get("boxes")) and not run.counts.get("through")
            over = not ask_boxes
        if over:
            _end(run)
    # Outside: boxes are locked each in a transaction of its own, and the clock goes on with what is cut short here.
    if given:
        delegations.grant_pending(given)
    if ask_boxes:
        _boxes(claim)
    if over:
        _settle(run)
    return not over


def _people(run: WaveRun, given: list[Agent]) -> bool:
    """The next slice of persons; False when nobody is left. given: takes those who may get accesses now."""
    wave = run.wave
    if run.kind == Kind.FREEZE:
        found = done = announcing.tell_next(wave, PEOPLE_PER_SLICE)
    elif run.kind == Kind.UNFREEZE:
        found = done = announcing.take_back_next(wave, PEOPLE_PER_SLICE) if run.options.get("tell") else 0
    elif run.kind == Kind.FINISH:
        keys = list(announcing.subjects_of(wave).order_by("pk").values_list("pk", flat=True)[:PEOPLE_PER_SLICE])
        noted = moves.note_migrated(keys, by=run.by, at=run.created_at, tell=True)
        given.extend(noted)
        found, done = len(keys), len(noted)
    else:
        agents = list(running.noted_by_its_end(wave).order_by("pk")[:PEOPLE_PER_SLICE]) if run.options["moves"] else []
        found, done = len(agents), moves.mark_not_migrated(agents=agents, by=run.by, tell=True)
    if found:
        WaveRun.objects.filter(pk=run.pk).update(done=F("done") + done, attempts=0)
    return bool(found)


def _boxes(claim: claims.Claim) -> None:
    """Ask for the transfer of the next boxes of the wave; counts["through"] says that there are none any more."""
    run = WaveRun.objects.select_related("wave", "by").get(pk=claim.pk)
    counts = dict(run.counts)
    rows = box_waves.boxes_of(run.wave).filter(transfer_asked_at=None)
    if "boxes" not in counts:
        counts |= {"boxes": rows.count(), "asked": 0, "staying": 0, "last": 0}
    boxes: list[Box] = list(rows.filter(pk__gt=counts["last"]).order_by("pk")[:BOXES_PER_SLICE])
    by = run.by if run.by and run.by.is_staff and run.by.is_active else None
    outcome = transfer.start(boxes=boxes, by=by)
    counts["asked"] += len(outcome.started)
    counts["staying"] += len(outcome.left)
    if boxes:
        counts["last"] = boxes[-1].pk
    counts["through"] = len(boxes) < BOXES_PER_SLICE
    with _writing(claim):
        WaveRun.objects.filter(pk=claim.pk).update(counts=counts, attempts=0)


def _end(run: WaveRun) -> None:
    """Nobody is left: the run is over, and with the end of a wave its state changes, in one transaction."""
    now = timezone.now()
    if run.kind == Kind.FINISH:
        states.move(run.wave, since=states.State.UNDER_WAY, to=states.State.DONE, by=run.by, finished_at=now)
        _record("wave.finished", run, by=run.by, people=run.done, boxes=run.counts.get("asked", 0))
        _tell_who_asked(run, f"« {run.wave.name} » est terminée", f"Personnes notées comme transférées : {run.done}.")
    WaveRun.objects.filter(pk=run.pk).update(finished_at=now, attempts=0)


def _settle(run: WaveRun) -> None:
    """The rules decide again: about those whom the closed list held, or, where a wave takes people again, about
    everybody. The clock does the same for a worker that dies before."""
    if run.kind == Kind.REOPEN:
        standings.refresh()
    elif run.kind != Kind.FREEZE:
        standings.refresh(Agent.objects.filter(standing__wave=run.wave, migrated_at=None))


def _tell_who_asked(run: WaveRun, title: str, body: str) -> None:
    if run.by is not None:
        link = reverse("wave_run", args=(run.wave_id,))
        notices.notify(run.by, kind="wave.run", title=title, body=body, link=link)


def _record(action: str, run: WaveRun, *, by: Agent | None, **details: Any) -> None:
    journal.record(action, by=by, target=f"wave:{run.wave_id}", target_label=run.wave.name, **details)
