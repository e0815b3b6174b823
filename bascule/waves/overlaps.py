"""What staff should look at in the planning: several waves that claim the same people, waves that nobody is in, people
whom no wave takes, choices by hand that lead nowhere.

That a wave of an establishment goes before one of its people's population is how the rules are meant, and no overlap.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.models import Establishment, Population
from bascule import planning
from bascule.models import Standing, Wave, WaveAssignment
from bascule.waves import listing
from bascule.waves.listing import People

# Establishments looked at: more are a planning that went wrong as a whole.
_MOST_PLACES = 2_000


@dataclass(frozen=True)
class Claim:
    """Several waves that are not done and take the same people; `wins`: the first of them. people: of that group in
    the wave that wins."""

    label: str
    wins: Wave
    others: list[Wave]
    people: People


def populations() -> list[Claim]:
    """Populations that several waves take whole."""
    claims = []
    by_population: dict[int, list[Wave]] = defaultdict(list)
    for wave in _whole_populations():
        for population in wave.populations.all():
            by_population[population.pk].append(wave)
    for population in Population.objects.all():
        waves = planning.in_order(by_population[population.pk])
        if len(waves) > 1:
            people = Standing.objects.filter(wave=waves[0], population=population, is_active=True)
            claims.append(Claim(population.label, waves[0], waves[1:], listing.bounded(people)))
    return claims


def establishments() -> list[Claim]:
    """Establishments named by several waves that take people of the same population, or everybody, there."""
    through = Wave.establishments.through.objects.exclude(wave__state=Wave.State.DONE)
    to_come = Wave.objects.exclude(state=Wave.State.DONE)
    twice = Establishment.objects.filter(waves__in=to_come).annotate(named=Count("waves")).filter(named__gt=1)
    waves = {wave.pk: wave for wave in Wave.objects.prefetch_related("populations")}
    taken = {pk: {row.pk for row in wave.populations.all()} for pk, wave in waves.items()}
    by_place: dict[int, list[Wave]] = defaultdict(list)
    rows = through.filter(establishment__in=list(twice.order_by()[:_MOST_PLACES]))
    for wave_id, number in rows.values_list("wave_id", "establishment_id"):
        by_place[number].append(waves[wave_id])
    found = []
    for place in Establishment.objects.filter(pk__in=by_place).order_by("name", "uai"):
        rivals = _rivals(planning.in_order(by_place[place.pk]), taken)
        if rivals:
            found.append((place, rivals))
    people = _people_there([(rivals[0].pk, place.pk) for place, rivals in found])
    return [
        Claim(str(place), rivals[0], rivals[1:], People(people.get((rivals[0].pk, place.pk), 0)))
        for place, rivals in found
    ]


def _people_there(wanted: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Active people by the numbers of wave and establishment, for those `wanted`; one query."""
    rows = Standing.objects.filter(
        wave__in={wave for wave, _ in wanted}, establishment__in={place for _, place in wanted}, is_active=True
    )
    counts = rows.order_by().values_list("wave", "establishment").annotate(people=Count("pk"))
    return {(wave, place): people for wave, place, people in counts if wave is not None and place is not None}


def _rivals(waves: list[Wave], taken: dict[int, set[int]]) -> list[Wave]:
    """The first wave that another one competes with, and those that do; a wave of populations goes before one of
    everybody there, and so does not compete with it."""
    for number, wave in enumerate(waves):
        others = [
            other
            for other in waves[number + 1 :]
            if taken[wave.pk] & taken[other.pk] or not (taken[wave.pk] or taken[other.pk])
        ]
        if others:
            return [wave, *others]
    return []


def of_wave(wave: Wave) -> list[Claim]:
    """Populations of `wave` that another wave takes whole as well."""
    return [claim for claim in populations() if wave in (claim.wins, *claim.others)]


def populations_left_out() -> list[Population]:
    """Populations that no wave takes whole."""
    taken = Population.objects.filter(waves__in=_whole_populations())
    done = Population.objects.filter(waves__state=Wave.State.DONE)
    return list(Population.objects.exclude(pk__in=taken).exclude(pk__in=done))


def empty_waves() -> list[Wave]:
    """Waves that are not done, and in which nobody is."""
    nobody = ~Exists(Standing.objects.filter(wave=OuterRef("pk"), is_active=True))
    return planning.in_order(Wave.objects.exclude(state=Wave.State.DONE).filter(nobody))


def assigned_to_done() -> QuerySet[WaveAssignment]:
    """Persons put by hand into a wave that is done, who have not moved: they wait for nothing."""
    return (
        WaveAssignment.objects.select_related("agent", "wave")
        .filter(wave__state=Wave.State.DONE, agent__migrated_at=None, agent__is_active=True)
        .order_by("agent__family_name", "agent__given_name", "pk")
    )


def _whole_populations() -> QuerySet[Wave]:
    """Waves that are not done and do not keep to some establishments."""
    places = Wave.establishments.through.objects.filter(wave=OuterRef("pk"))
    waves = Wave.objects.exclude(state=Wave.State.DONE).filter(~Exists(places))
    return waves.prefetch_related("populations")
