"""The one writer of what a wave is: its name, when, whom it takes. Its states: `running`; persons: `members`.

Every change locks the planning, looks whether the wave is still the one that was on screen (`version`), writes, places
whom it concerns and notes it in the journal, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.models import Agent, Establishment, Population
from bascule import standings
from bascule.models import Wave
from bascule.reminders import following
from bascule.standings import Move
from bascule.waves import running, states, when_text
from bascule.waves.states import WaveError
from bascule.waves.when_text import When

MOST_NAME = 120
# Rows of one statement.
_BATCH = 2_000


class Refused(WaveError):
    """Not done, whoever asks; the sentence says why and what to do instead."""


class NeedsConfirmation(WaveError):
    """Only done when whoever asks says that the consequences are known."""


@dataclass(frozen=True)
class Wanted:
    """What a wave is to be. populations, establishments: their numbers. is_done: it has taken place already (only when
    it is made)."""

    name: str
    when: When
    populations: frozenset[int] = frozenset()
    takes_boxes: bool = False
    establishments: frozenset[int] = frozenset()
    is_done: bool = False


@dataclass(frozen=True)
class Written:
    """The wave as it is by now, and who has gone from where to where."""

    wave: Wave
    moves: list[Move] = field(default_factory=list)


def create(*, wanted: Wanted, by: Agent) -> Written:
    """Make a wave. Raises WaveError."""
    return create_many(rows=[wanted], by=by)[0]


@transaction.atomic
def create_many(*, rows: Sequence[Wanted], by: Agent) -> list[Written]:
    """Make a whole planning, all of it or nothing; those that move are told with the last one. Raises WaveError."""
    standings.lock_planning()
    need_staff(by)
    waves = [made(wanted, by=by) for wanted in rows]
    moves = standings.place_around(waves) if waves else []
    return [Written(wave, moves if wave is waves[-1] else []) for wave in waves]


def made(wanted: Wanted, *, by: Agent) -> Wave:
    """Write the wave, in the transaction of a change that has locked the planning and places people at its end. Raises
    Refused."""
    name = checked_name(wanted.name)
    if wanted.is_done and wanted.when.start > timezone.localdate():
        raise Refused(f"« {name} » ne peut pas être déjà faite : elle est prévue {_when(wanted.when)}.")
    now = timezone.now()
    wave = Wave(name=name, takes_boxes=wanted.takes_boxes, changed_at=now, changed_by=by, **_dates(wanted.when))
    if wanted.is_done:
        wave.state = Wave.State.DONE
        wave.finished_at = datetime.combine(wanted.when.end, time(18), timezone.get_default_timezone())
    wave.save(force_insert=True)
    wave.populations.set(_populations(wanted.populations))
    add_places(wave, wanted.establishments)
    _record("wave.created", wave, by=by, when=_when(wanted.when), whom=_whom(wave))
    return wave


@transaction.atomic
def change(*, wave_id: int, version: int, wanted: Wanted, by: Agent) -> Written:
    """Make the wave what `wanted` says, but for its establishments (see `change_places`). What is already so is not
    written. Raises WaveError; states.Changed when it is not the version that was looked at."""
    wave = states.locked(wave_id, by=by, version=version)
    running.refuse_while_moving(wave)
    name = checked_name(wanted.name, but=wave)
    before = set(wave.populations.values_list("pk", flat=True))
    populations = {row.pk for row in _populations(wanted.populations)}
    dates = _dates(wanted.when)
    moved = any(getattr(wave, key) != value for key, value in dates.items())
    _need_open(wave, moved=moved, whom=before != populations, boxes=wave.takes_boxes != wanted.takes_boxes)
    if wave.state == Wave.State.DONE and moved and wanted.when.start > timezone.localdate():
        raise Refused("Une vague terminée ne peut pas avoir une date à venir.")
    told = _told(wave, name, wanted, moved=moved, whom=before != populations)
    if not told:
        return Written(wave)
    old_name = wave.name
    wave.populations.set(populations)
    states.count_up(wave, by=by, name=name, takes_boxes=wanted.takes_boxes, **dates)
    _record("wave.changed", wave, by=by, label=old_name, what=" ; ".join(told))
    return Written(wave, standings.place_around([wave]) if moved or before != populations else [])


def _need_open(wave: Wave, *, moved: bool, whom: bool, boxes: bool) -> None:
    """Raises Refused for what the state of the wave does not let be changed."""
    if wave.state == Wave.State.PLANNED or not (moved or whom or boxes):
        return
    if wave.state == Wave.State.DONE:
        if whom or boxes:
            raise Refused(f"« {wave.name} » est terminée : seuls son nom et sa date peuvent encore être corrigés.")
        return
    what = "sa date" if moved else "sa liste" if whom else "les boîtes fonctionnelles"
    raise Refused(
        f"« {wave.name} » est {wave.get_state_display().lower()} : {what} ne peut plus changer ainsi, ses personnes "
        "ont été prévenues. Repassez-la d’abord en planifiée."
    )


@transaction.atomic
def change_places(*, wave_id: int, version: int, add: Collection[int], remove: Collection[int], by: Agent) -> Written:
    """Add establishments (their numbers) to a planned wave, and take others out of it. Raises WaveError."""
    wave = states.locked(wave_id, by=by, version=version)
    need_planned(wave)
    through = Wave.establishments.through.objects
    there = set(through.filter(wave=wave).values_list("establishment_id", flat=True))
    added, removed = set(add) - there, (set(remove) - set(add)) & there
    if not added and not removed:
        return Written(wave)
    # Whoever was taken by the establishments alone is in the wave now, so that `place_around` finds them.
    for some in batches(removed):
        through.filter(wave=wave, establishment__in=some).delete()
    add_places(wave, added)
    states.count_up(wave, by=by)
    _record("wave.places_changed", wave, by=by, added=len(added), removed=len(removed))
    return Written(wave, standings.place_around([wave]))


@transaction.atomic
def delete(*, wave_id: int, version: int, by: Agent) -> list[Move]:
    """Remove a planned wave; its people go where the rules then put them. Gives who went where. Raises WaveError."""
    wave = states.locked(wave_id, by=by, version=version)
    need_planned(wave)
    if wave.standings.filter(migrated_at__isnull=False).exists():
        raise Refused(f"Des personnes ont basculé avec « {wave.name} » : cette vague ne peut pas être supprimée.")
    wave.assignments.all().delete()
    wave.populations.clear()
    wave.establishments.clear()
    # Without populations it takes nobody: all who are in it are placed anew.
    moves = standings.place_around([wave])
    _record("wave.deleted", wave, by=by)
    following.deleted(gone=wave)
    wave.delete()
    return moves


def need_staff(by: Agent) -> None:
    """Raises states.NotStaff; asked under the lock, for somebody may have left the staff meanwhile."""
    if not Agent.objects.filter(pk=by.pk, is_staff=True, is_active=True).exists():
        raise states.NotStaff


def need_planned(wave: Wave) -> None:
    """Raises Refused for a wave whose list is closed, or that is done; running.Busy while its people are noted."""
    running.refuse_while_moving(wave)
    if wave.state != Wave.State.PLANNED:
        then = "" if wave.state == Wave.State.DONE else " Repassez-la d’abord en planifiée."
        raise Refused(
            f"« {wave.name} » est {wave.get_state_display().lower()} : ce qu’elle prend ne peut plus changer.{then}"
        )


def checked_name(name: str, *, but: Wave | None = None) -> str:
    """`name` in one line. Raises Refused for none, one that is too long, or that of another wave."""
    found = " ".join(name.replace("\0", " ").split())
    if not found:
        raise Refused("Donnez un nom à la vague.")
    if len(found) > MOST_NAME:
        raise Refused(f"Ce nom est trop long ({MOST_NAME} caractères au plus).")
    others = Wave.objects.exclude(pk=but.pk) if but else Wave.objects.all()
    # Compared here: databases do not agree on capitals with accents.
    if found.casefold() in {other.casefold() for other in others.values_list("name", flat=True)}:
        raise Refused(f"Une vague s’appelle déjà « {found} » : choisissez un autre nom.")
    return found


def add_places(wave: Wave, numbers: Iterable[int]) -> None:
    """Establishments that are known and not there yet, by their numbers."""
    through = Wave.establishments.through
    for some in batches(numbers):
        known = Establishment.objects.filter(pk__in=some).values_list("pk", flat=True)
        through.objects.bulk_create(
            [through(wave_id=wave.pk, establishment_id=pk) for pk in known], ignore_conflicts=True
        )


def batches(numbers: Iterable[int]) -> list[list[int]]:
    """`numbers` in order, as many at a time as one statement takes."""
    found = sorted(numbers)
    return [found[at : at + _BATCH] for at in range(0, len(found), _BATCH)]


def _populations(numbers: Collection[int]) -> list[Population]:
    return list(Population.objects.filter(pk__in=numbers))


def _dates(when: When) -> dict[str, object]:
    if when.is_exact:
        return {"date": when.start, "period_label": "", "period_start": None}
    return {"date": None, "period_label": when.label, "period_start": when.start}


def _when(when: When) -> str:
    return f"le {when_text.long_day(when.start)}" if when.is_exact else when.label


def _whom(wave: Wave) -> str:
    """For the journal: what the wave takes, in a few words."""
    parts = [row.label for row in wave.populations.all()]
    places = wave.establishments.count()
    if places:
        parts.append(f"{places} établissement{'s' if places > 1 else ''}")
    return ", ".join(parts) or "personne"


def _told(wave: Wave, name: str, wanted: Wanted, *, moved: bool, whom: bool) -> list[str]:
    """What changes, for the journal."""
    told = []
    if name != wave.name:
        told.append(f"nouveau nom « {name} »")
    if moved:
        told.append(f"{_when(when_text.of_wave(wave))} → {_when(wanted.when)}")
    if whom:
        labels = [row.label for row in _populations(wanted.populations)]
        told.append(f"populations : {', '.join(labels) or 'aucune'}")
    if wave.takes_boxes != wanted.takes_boxes:
        told.append("avec les boîtes fonctionnelles" if wanted.takes_boxes else "sans les boîtes fonctionnelles")
    return told


def _record(action: str, wave: Wave, *, by: Agent, label: str = "", **details: Any) -> None:
    journal.record(action, by=by, target=f"wave:{wave.pk}", target_label=label or wave.name, **details)
