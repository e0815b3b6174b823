"""What staff decide about a wave: freeze it, start it, finish it, and each of them back. The one door for these writes.

Each decision locks the planning, looks again whether it may be, changes the state and begins the work that concerns
people (`bascule.waves.runs`), in one transaction with its journal entry. `version` is that of the wave which whoever
decides has looked at. All raise `states.WaveError`, with a sentence.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import box_waves, planning
from bascule.models import Standing, Wave, WaveRun
from bascule.waves import announcing, states
from bascule.waves.states import State, WaveError

Kind, Note = WaveRun.Kind, WaveRun.Note


class Busy(WaveError):
    """Work on this wave is not over."""


class NotReady(WaveError):
    """The wave lacks something that the move needs."""


def unfinished(wave: Wave) -> WaveRun | None:
    """The work on `wave` that is not over: under way, or stopped and not given up."""
    return WaveRun.objects.select_related("by").filter(wave=wave, finished_at=None).first()


def refuse_while_moving(wave: Wave) -> None:
    """For whoever moves people in or out, splits, merges or changes `wave`: raises Busy while its people are noted as
    moved, or as not moved, one after the other. In the transaction of that change, with the planning locked."""
    run = unfinished(wave)
    if run is not None and run.kind in (Kind.FINISH, Kind.REOPEN):
        raise Busy(
            f"« {wave.name} » : {run.get_kind_display().lower()} en cours. Attendez qu’elle soit passée sur tout le "
            "monde, ou abandonnez-la, avant de toucher à la vague."
        )


@transaction.atomic
def freeze(*, wave: Wave, by: Agent, version: int | None = None) -> WaveRun:
    """Close the list of people and have them told the date. Needs an exact date to come, and somebody or a box."""
    wave = states.locked(wave.pk, by=by, version=version)
    states.need(wave, State.PLANNED)
    _refuse_while_busy(wave)
    if missing := missing_for_freeze(wave):
        raise NotReady(missing)
    states.move(wave, since=State.PLANNED, to=State.FROZEN, by=by, frozen_at=timezone.now())
    run = _begin(wave, Kind.FREEZE, by=by, total=announcing.untold(wave).count())
    _record("wave.frozen", wave, by, day=_day(wave), people=run.total)
    return run


@transaction.atomic
def unfreeze(*, wave: Wave, by: Agent, version: int | None = None, tell: bool = False) -> WaveRun:
    """Open the list again, so that the rules decide; tell: people who know the date hear that it does not hold."""
    wave = states.locked(wave.pk, by=by, version=version)
    states.need(wave, State.FROZEN)
    _end_announcement(wave)
    _refuse_while_busy(wave)
    states.move(wave, since=State.FROZEN, to=State.PLANNED, by=by, frozen_at=None)
    total = announcing.told(wave).count() if tell else 0
    run = _begin(wave, Kind.UNFREEZE, by=by, total=total, options={"tell": tell})
    _record("wave.unfrozen", wave, by, people=total)
    return run


@transaction.atomic
def start(*, wave: Wave, by: Agent, version: int | None = None) -> Wave:
    """The day has come: people of the wave see the phase of the transfer."""
    wave = states.locked(wave.pk, by=by, version=version)
    states.need(wave, State.FROZEN)
    _end_announcement(wave)
    _refuse_while_busy(wave)
    states.move(wave, since=State.FROZEN, to=State.UNDER_WAY, by=by, started_at=timezone.now())
    _record("wave.started", wave, by)
    return wave


@transaction.atomic
def take_back_start(*, wave: Wave, by: Agent, version: int | None = None) -> Wave:
    """Under way by mistake, or put off: frozen again. Whoever was noted as moved stays so."""
    wave = states.locked(wave.pk, by=by, version=version)
    states.need(wave, State.UNDER_WAY)
    _end_announcement(wave)
    _refuse_while_busy(wave)
    states.move(wave, since=State.UNDER_WAY, to=State.FROZEN, by=by, started_at=None)
    _record("wave.start_taken_back", wave, by)
    return wave


@transaction.atomic
def finish(*, wave: Wave, by: Agent, version: int | None = None, boxes: bool = False) -> WaveRun:
    """Have everybody of the wave noted as moved and told, and its boxes transferred when `boxes`; the wave is done
    when that is through."""
    wave = states.locked(wave.pk, by=by, version=version)
    states.need(wave, State.UNDER_WAY)
    _end_announcement(wave)
    _refuse_while_busy(wave)
    takes = boxes and wave.takes_boxes
    total = announcing.subjects_of(wave).count()
    states.count_up(wave, by=by)
    run = _begin(wave, Kind.FINISH, by=by, total=total, options={"boxes": takes})
    _record("wave.finish_asked", wave, by, people=total)
    return run


@transaction.atomic
def reopen(*, wave: Wave, by: Agent, version: int | None = None, moves: bool = False) -> WaveRun:
    """Done by mistake: under way again. moves: those whom the end of this wave noted as moved are noted as not moved;
    whoever was noted by hand stays so."""
    wave = states.locked(wave.pk, by=by, version=version)
    states.need(wave, State.DONE)
    _refuse_while_busy(wave)
    total = noted_by_its_end(wave).count() if moves else 0
    states.move(wave, since=State.DONE, to=State.UNDER_WAY, by=by, finished_at=None)
    run = _begin(wave, Kind.REOPEN, by=by, total=total, options={"moves": moves})
    _record("wave.reopened", wave, by, people=total)
    return run


@transaction.atomic
def stop(*, run: WaveRun, by: Agent) -> WaveRun:
    """Let the work rest where it is; what is done stays."""
    run = _locked(run, by)
    if not run.is_live:
        raise Busy("Ce travail était déjà terminé ou en pause.")
    _set(run, stopped_at=timezone.now(), note=Note.BY_HAND)
    _record("wave.run_stopped", run.wave, by, what=run.get_kind_display(), done=run.done, total=run.total)
    return run


@transaction.atomic
def go_on(*, run: WaveRun, by: Agent) -> WaveRun:
    """Take up again what stopped, where it stopped."""
    run = _locked(run, by)
    if run.finished_at is not None or run.stopped_at is None:
        raise Busy("Rien à reprendre : ce travail est en cours ou terminé.")
    _set(run, stopped_at=None, note=Note.NONE, attempts=0, going_since=timezone.now(), going_from=run.done)
    _record("wave.run_resumed", run.wave, by, what=run.get_kind_display())
    _hand_out(run)
    return run


@transaction.atomic
def give_up(*, run: WaveRun, by: Agent) -> WaveRun:
    """End the work without the people it has not come to; what is done stays, and so does the state of the wave."""
    run = _locked(run, by)
    if run.finished_at is not None:
        raise Busy("Ce travail était déjà terminé.")
    _set(run, finished_at=timezone.now(), note=Note.GIVEN_UP)
    _record("wave.run_given_up", run.wave, by, what=run.get_kind_display(), done=run.done, total=run.total)
    return run


def missing_for_freeze(wave: Wave) -> str:
    """Why `wave` cannot be frozen now, in French; empty when it can."""
    if wave.date is None:
        return (
            f"« {wave.name} » n’a qu’une période ({wave.period_label}) : fixez une date exacte avant de la figer, "
            "puisque les personnes en sont prévenues."
        )
    if wave.date < planning.today():
        return f"La date de « {wave.name} » est passée : donnez-en une nouvelle avant de la figer."
    people = Standing.objects.filter(wave=wave, is_active=True, migrated_at=None)
    if not people.exists() and not (wave.takes_boxes and box_waves.boxes_of(wave).exists()):
        return f"« {wave.name} » est vide : ni personne ni boîte. Choisissez d’abord qui en fait partie."
    return ""


def noted_by_its_end(wave: Wave) -> QuerySet[Agent]:
    """People of `wave` whom a run of its end noted as moved: they all have the moment at which that run was asked."""
    moments = WaveRun.objects.filter(wave=wave, kind=Kind.FINISH).values("created_at")
    return Agent.objects.filter(standing__wave=wave, migrated_at__in=moments)


def _begin(wave: Wave, kind: str, *, by: Agent, total: int, options: dict[str, Any] | None = None) -> WaveRun:
    run = WaveRun.objects.create(
        wave=wave, kind=kind, by=by, total=total, options=options or {}, going_since=timezone.now()
    )
    _hand_out(run)
    return run


def _hand_out(run: WaveRun) -> None:
    from bascule.tasks import carry_wave_run

    hand_out_on_commit(carry_wave_run, run.pk)


def _end_announcement(wave: Wave) -> None:
    """What is left of an announcement gives way to a decision about the wave; the clock goes on with it where it still
    holds."""
    run = unfinished(wave)
    if run is not None and run.kind == Kind.FREEZE:
        _set(run, finished_at=timezone.now(), note=Note.GIVEN_UP)


def _refuse_while_busy(wave: Wave) -> None:
    run = unfinished(wave)
    if run is not None:
        rest = "est en pause : reprenez ce travail, ou abandonnez-le" if run.stopped_at else "n’est pas terminé"
        raise Busy(f"« {wave.name} » : « {run.get_kind_display()} » {rest} avant de changer l’état de la vague.")


def _locked(run: WaveRun, by: Agent) -> WaveRun:
    """The run as it is now, with the planning locked: workers wait."""
    states.locked(run.wave_id, by=by, version=None)
    found = WaveRun.objects.select_related("wave").filter(pk=run.pk).first()
    if found is None:
        raise states.Gone
    return found


def _set(run: WaveRun, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(run, name, value)
    WaveRun.objects.filter(pk=run.pk).update(**fields)


def _record(action: str, wave: Wave, by: Agent | None, **details: Any) -> None:
    journal.record(action, by=by, target=f"wave:{wave.pk}", target_label=wave.name, **details)


def _day(wave: Wave) -> str:
    return wave.date.isoformat() if wave.date else ""
