"""A dry run asked for, prepared in slices, given up: the one writer of its row until workers look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import claims, journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import box_waves
from bascule.models import Rehearsal, RehearsalSlice, Standing, Wave
from bascule.waves.states import NotStaff, WaveError

State, Kind = Rehearsal.State, RehearsalSlice.Kind

# Slices small enough that a worker that dies loses little, and large enough that one question to Zimbra serves many.
PEOPLE_PER_SLICE = 50
BOXES_PER_SLICE = 100
# Workers that are called at once; the clock calls more while there is work.
WORKERS = 4
# Dry runs of a wave that are kept.
KEPT = 5


class AlreadyRunning(WaveError):
    sentence = "Une répétition de cette vague est déjà en cours : voyez où elle en est."


class NothingToDo(WaveError):
    sentence = "Rien à faire : la répétition n’en est plus là."


def start(*, wave: Wave, by: Agent) -> Rehearsal:
    """Ask for a dry run of `wave`. Raises NotStaff, AlreadyRunning."""
    _need_staff(by)
    try:
        with transaction.atomic():
            rehearsal = Rehearsal.objects.create(wave=wave, by=by)
            _record("rehearsal.started", rehearsal, by)
            _call_workers(rehearsal.pk)
    except IntegrityError:
        raise AlreadyRunning from None
    return rehearsal


@transaction.atomic
def cancel(*, rehearsal: Rehearsal, by: Agent) -> None:
    """Give it up; what was found until then stays to be seen. Raises NotStaff, NothingToDo."""
    _need_staff(by)
    rows = Rehearsal.objects.filter(pk=rehearsal.pk, state__in=Rehearsal.UNDER_WAY)
    if not rows.update(state=State.CANCELLED, finished_at=timezone.now()):
        raise NothingToDo
    _record("rehearsal.cancelled", rehearsal, by)


@transaction.atomic
def check_again(*, rehearsal: Rehearsal, by: Agent) -> int:
    """Take up again what Zimbra did not answer; gives how many slices. Raises NotStaff, NothingToDo, AlreadyRunning."""
    _need_staff(by)
    row = Rehearsal.objects.select_for_update().get(pk=rehearsal.pk)
    if row.state != State.DONE:
        raise NothingToDo
    if Rehearsal.objects.filter(wave=row.wave_id, state__in=Rehearsal.UNDER_WAY).exists():
        raise AlreadyRunning
    count = row.slices.filter(unchecked=True).update(done_at=None, unchecked=False, attempts=0)
    if not count:
        raise NothingToDo
    Rehearsal.objects.filter(pk=row.pk).update(state=State.RUNNING, finished_at=None)
    _record("rehearsal.checked_again", row, by, slices=count)
    _call_workers(row.pk)
    return count


def prepare(rehearsal_id: int) -> None:
    """Cut the wave into slices, all at once. By one worker; safe to be killed and run again."""
    claim = claims.take(Rehearsal, rehearsal_id, state=State.PREPARING)
    if claim is None:
        return
    try:
        wave = Wave.objects.get(rehearsals=rehearsal_id)
        people = Standing.objects.filter(wave=wave, is_active=True, migrated_at=None)
        numbers = list(people.order_by("pk").values_list("pk", flat=True))
        boxes = list(
            box_waves.boxes_of(wave)
            .filter(transfer_asked_at=None)
            .order_by("pk")
            .values_list("pk", "establishment", "is_kept")
        )
        kept = [pk for pk, _, is_kept in boxes if is_kept]
        places = sorted({place for _, place, is_kept in boxes if place and is_kept})
        rows = [
            *_slices(rehearsal_id, Kind.ACCOUNTS, numbers, PEOPLE_PER_SLICE),
            *_slices(rehearsal_id, Kind.FILES, numbers, PEOPLE_PER_SLICE),
            *_slices(rehearsal_id, Kind.PLACES, places, BOXES_PER_SLICE),
            *_slices(rehearsal_id, Kind.BOXES, [pk for pk, _, _ in boxes], BOXES_PER_SLICE),
            *_slices(rehearsal_id, Kind.BOX_ACCOUNTS, kept, BOXES_PER_SLICE),
        ]
        with claim.writing():
            mine = Rehearsal.objects.filter(pk=rehearsal_id, state=State.PREPARING)
            total = sum(row.count for row in rows)
            now = timezone.now()
            if mine.update(state=State.RUNNING, started_at=now, people=len(numbers), total=total):
                RehearsalSlice.objects.bulk_create(rows, batch_size=500)
    finally:
        claim.release()


def forget_old(wave_id: int) -> None:
    """Keep the latest dry runs of a wave only."""
    kept = list(Rehearsal.objects.filter(wave=wave_id).order_by("-pk").values_list("pk", flat=True)[:KEPT])
    Rehearsal.objects.filter(wave=wave_id).exclude(pk__in=kept).exclude(state__in=Rehearsal.UNDER_WAY).delete()


def _slices(rehearsal_id: int, kind: str, keys: Sequence[int], size: int) -> Iterable[RehearsalSlice]:
    for start_at in range(0, len(keys), size):
        run = list(keys[start_at : start_at + size])
        yield RehearsalSlice(rehearsal_id=rehearsal_id, kind=kind, keys=run, count=len(run))


def _call_workers(rehearsal_id: int) -> None:
    from bascule.tasks import carry_rehearsal

    for _ in range(WORKERS):
        hand_out_on_commit(carry_rehearsal, rehearsal_id)


def _need_staff(by: Agent) -> None:
    if not Agent.objects.filter(pk=by.pk, is_staff=True, is_active=True).exists():
        raise NotStaff


def _record(action: str, rehearsal: Rehearsal, by: Agent, **details: int) -> None:
    target, label = f"wave:{rehearsal.wave_id}", rehearsal.wave.name
    journal.record(action, by=by, target=target, target_label=label, slices=details.get("slices", 0))
