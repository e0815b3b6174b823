"""A planned wave made into several, and two made into one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count

from accounts import journal
from accounts.models import Agent, Establishment, Population
from bascule import standings
from bascule.models import Standing, Wave
from bascule.reminders import following
from bascule.standings import Move
from bascule.waves import editing, states
from bascule.waves.editing import Refused, Wanted, need_planned
from bascule.waves.when_text import When, of_wave

# Waves that one split by number of people may make.
MOST_PARTS = 20
_SMALLEST_PART = 10


@dataclass(frozen=True)
class Split:
    """The waves made, and who goes from where to where."""

    wave: Wave
    made: list[Wave]
    moves: list[Move]


@transaction.atomic
def by_populations(
    *, wave_id: int, version: int, populations: Collection[int], name: str, when: When | None, by: Agent
) -> Split:
    """Some populations of a planned wave (their numbers) go to a new wave, within the same establishments.

    when: of the new wave; None: as before. Raises states.WaveError.
    """
    wave = _planned(wave_id, version, by)
    there = set(wave.populations.values_list("pk", flat=True))
    going = frozenset(populations) & there
    if not going:
        raise Refused("Cochez les populations qui partent dans la nouvelle vague.")
    if going == there:
        raise Refused("Toutes les populations partiraient : laissez-en au moins une dans la vague actuelle.")
    wave.populations.remove(*Population.objects.filter(pk__in=going))
    new = _new(wave, name, when, by, populations=going, places=_places(wave))
    return _done(wave, [new], by)


@transaction.atomic
def by_establishments(
    *, wave_id: int, version: int, establishments: Collection[int], name: str, when: When | None, by: Agent
) -> Split:
    """Some establishments (their numbers) go to a new wave of the same populations. Raises states.WaveError."""
    wave = _planned(wave_id, version, by)
    there = _places(wave)
    going = frozenset(establishments) & there if there else frozenset(establishments)
    if not going:
        raise Refused("Aucun de ces établissements n’est dans la vague : vérifiez leurs codes UAI.")
    if going == there:
        raise Refused("Tous les établissements partiraient : laissez-en au moins un dans la vague actuelle.")
    _leave(wave, going)
    return _done(wave, [_new(wave, name, when, by, populations=_populations(wave), places=going)], by)


@transaction.atomic
def by_number(*, wave_id: int, version: int, most: int, when: When | None, by: Agent) -> Split:
    """Waves of about `most` people at most: establishments in the order of their names fill one after the other.

    An establishment is never cut; people without one, and those chosen by hand, stay in the wave. Raises
    states.WaveError.
    """
    if most < _SMALLEST_PART:
        raise Refused(f"Écrivez un nombre de personnes d’au moins {_SMALLEST_PART}.")
    wave = _planned(wave_id, version, by)
    parts = _parts(wave, most)
    if len(parts) < 2:
        raise Refused(f"Il n’y a rien à scinder : les établissements de cette vague tiennent en {most} personnes.")
    if len(parts) > MOST_PARTS:
        raise Refused(f"Il faudrait {len(parts)} vagues ({MOST_PARTS} au plus) : choisissez un nombre plus grand.")
    populations, made = _populations(wave), []
    for number, part in enumerate(parts[1:], 2):
        made.append(_new(wave, _free_name(wave, number), when, by, populations=populations, places=frozenset(part)))
        _leave(wave, frozenset(part))
    return _done(wave, made, by)


@transaction.atomic
def merge(*, wave_id: int, version: int, other_id: int, by: Agent) -> list[Move]:
    """The other planned wave goes into this one, which keeps its name and time. Raises states.WaveError."""
    wave, other = _planned(wave_id, version, by), _planned(other_id, None, by)
    if wave.pk == other.pk:
        raise Refused("Choisissez une autre vague que celle-ci.")
    places, other_places = _places(wave), _places(other)
    populations, other_populations = _populations(wave), _populations(other)
    # Together they have to take exactly those whom each of them took.
    shapes = {(bool(populations), bool(places)), (bool(other_populations), bool(other_places))} - {(False, False)}
    differ = populations != other_populations and places != other_places
    if len(shapes) > 1 or (shapes == {(True, True)} and differ):
        raise Refused(
            f"« {wave.name} » et « {other.name} » ne prennent pas les personnes de la même façon (populations entières "
            "ou établissements) : réunies, elles en prendraient d’autres. Changez d’abord l’une des deux."
        )
    wave.populations.add(*Population.objects.filter(pk__in=other_populations))
    editing.add_places(wave, other_places)
    other.assignments.update(wave=wave)
    gone = other.name
    other.populations.clear()
    other.establishments.clear()
    moves = standings.place_around([wave, other])
    states.count_up(wave, by=by, takes_boxes=wave.takes_boxes or other.takes_boxes)
    _record("wave.merged", wave, by=by, gone=gone)
    following.merged(gone=other, into=wave)
    other.delete()
    return moves


def _planned(wave_id: int, version: int | None, by: Agent) -> Wave:
    wave = states.locked(wave_id, by=by, version=version)
    need_planned(wave)
    return wave


def _places(wave: Wave) -> frozenset[int]:
    return frozenset(wave.establishments.through.objects.filter(wave=wave).values_list("establishment_id", flat=True))


def _populations(wave: Wave) -> frozenset[int]:
    return frozenset(wave.populations.values_list("pk", flat=True))


def _leave(wave: Wave, places: Collection[int]) -> None:
    for some in editing.batches(places):
        wave.establishments.through.objects.filter(wave=wave, establishment__in=some).delete()


def _new(
    wave: Wave, name: str, when: When | None, by: Agent, *, populations: Collection[int], places: Collection[int]
) -> Wave:
    wanted = Wanted(
        name, when or of_wave(wave), frozenset(populations), wave.takes_boxes, establishments=frozenset(places)
    )
    return editing.made(wanted, by=by)


def _parts(wave: Wave, most: int) -> list[list[int]]:
    """Establishments of the wave's people, in the order of their names, in parts of `most` people."""
    counts = dict(
        Standing.objects.filter(wave=wave, is_active=True, establishment__isnull=False)
        .exclude(why=Standing.Why.HAND)
        .values_list("establishment")
        .annotate(people=Count("pk"))
    )
    parts: list[list[int]] = [[]]
    filled = 0
    for place in Establishment.objects.filter(pk__in=counts).order_by("name", "uai").values_list("pk", flat=True):
        if parts[-1] and filled + counts[place] > most:
            parts.append([])
            filled = 0
        parts[-1].append(place)
        filled += counts[place]
    return parts


def _free_name(wave: Wave, number: int) -> str:
    """ "Premier degré (2)", or the next number that is free."""
    base = wave.name[: editing.MOST_NAME - 6]
    taken = set(Wave.objects.filter(name__startswith=base).values_list("name", flat=True))
    while f"{base} ({number})" in taken:
        number += 1
    return f"{base} ({number})"


def _done(wave: Wave, made: list[Wave], by: Agent) -> Split:
    states.count_up(wave, by=by)
    moves = standings.place_around([wave, *made])
    following.split(source=wave, made=made)
    _record("wave.split", wave, by=by, made=", ".join(f"« {one.name} »" for one in made))
    return Split(wave, made, moves)


def _record(action: str, wave: Wave, *, by: Agent, **details: Any) -> None:
    journal.record(action, by=by, target=f"wave:{wave.pk}", target_label=wave.name, **details)
