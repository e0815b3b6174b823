"""People found by name, address, wave, population, establishment, among a million.

No search counts or sorts everybody: it takes the first MOST that it meets, sorts those, and says when there are more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Agent, Establishment
from accounts.plain_text import words
from bascule.models import Standing, Wave

MOST = 1_000
MOST_CHARACTERS = 254
MOST_WORDS = 8
# Shorter texts are in half the names.
LEAST_CHARACTERS = 3
# Establishments that a text may stand for.
MOST_PLACES = 50
MOVED = {"oui": "Transférées", "non": "Pas encore transférées"}


@dataclass(frozen=True)
class Asked:
    """What somebody of staff looks for. place: UAI code or part of the name; moved: a key of MOVED."""

    text: str = ""
    wave: int | None = None
    population: int | None = None
    place: str = ""
    moved: str = ""
    with_gone: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.wave is not None or self.population is not None or self.place or self.moved)


@dataclass(frozen=True)
class Found:
    """people: at most MOST. exact: who has the very address that was typed. hint: why nothing was searched."""

    people: list[Agent]
    exact: Agent | None = None
    has_more: bool = False
    hint: str = ""


def find(asked: Asked) -> Found:
    """Those who meet all of `asked`, the one with the very address first, the others by name."""
    typed = asked.text.strip().lower()
    exact = _rows().filter(address=typed).first() if "@" in typed else None
    if exact is not None and not asked.with_gone and not exact.is_active:
        # A whole address is nobody's chance hit: whoever has left is told to be so.
        return Found([exact], exact)
    wanted = words(typed)[:MOST_WORDS]
    if typed and len("".join(wanted)) < LEAST_CHARACTERS:
        return Found([], hint=f"Écrivez au moins {LEAST_CHARACTERS} lettres du nom ou de l’adresse.")
    places = _places(asked.place)
    if places is not None and not places:
        return Found([], hint=f"Aucun établissement ne correspond à « {asked.place} ».")
    if not typed and asked.wave is None and places is None and (asked.population is None or asked.moved):
        return Found([], hint="Précisez aussi un nom, une vague ou un établissement.")
    keys = _keys(asked, wanted, places)
    rows = list(_rows().filter(pk__in=keys[:MOST]).order_by("family_name", "given_name", "pk"))
    if exact is not None and exact in rows:
        rows.remove(exact)
        rows.insert(0, exact)
    return Found(rows, exact, has_more=len(keys) > MOST)


def _rows() -> QuerySet[Agent]:
    return Agent.objects.select_related("population", "establishment", "standing__wave")


def _keys(asked: Asked, wanted: list[str], places: list[int] | None) -> list[int]:
    """Numbers of at most MOST + 1 people; those whose name begins as typed before those who hold it somewhere."""
    rows = Agent.objects.all() if asked.with_gone else Agent.objects.filter(is_active=True)
    if asked.moved:
        rows = rows.filter(migrated_at__isnull=asked.moved != "oui")
    if asked.population is not None:
        rows = rows.filter(population=asked.population)
    if places is not None:
        rows = rows.filter(establishment__in=places)
    if asked.wave is not None:
        # Standing repeats these, beside the wave, in its indexes.
        of_wave = Standing.objects.filter(wave=asked.wave)
        if asked.population is not None:
            of_wave = of_wave.filter(population=asked.population)
        if places is not None:
            of_wave = of_wave.filter(establishment__in=places)
        if asked.moved:
            of_wave = of_wave.filter(migrated_at__isnull=asked.moved != "oui")
        rows = rows.filter(pk__in=of_wave.values("pk"))
    if not wanted:
        return list(rows.order_by().values_list("pk", flat=True)[: MOST + 1])
    holds = Q()
    for word in wanted:
        holds &= Q(search_text__contains=word)
    begins = rows.filter(holds, search_text__startswith=f"{' '.join(wanted)} ")
    first = list(begins.order_by().values_list("pk", flat=True)[: MOST + 1])
    if len(first) > MOST:
        return first
    rest = rows.filter(holds).order_by().values_list("pk", flat=True)[: MOST + 1]
    return list(dict.fromkeys([*first, *rest]))[: MOST + 1]


def _places(typed: str) -> list[int] | None:
    """Numbers of the establishments that a code or a name stands for; None where nothing was typed."""
    if not typed:
        return None
    exact = list(Establishment.objects.filter(uai=typed.upper()).values_list("pk", flat=True))
    named = Establishment.objects.filter(Q(name__icontains=typed) | Q(city__iexact=typed)).order_by("pk")
    return exact or list(named.values_list("pk", flat=True)[:MOST_PLACES])


def table(found: Found) -> Iterator[tuple[object, ...]]:
    """For a spreadsheet."""
    yield (
        "adresse",
        "nom",
        "prénom",
        "population",
        "uai",
        "établissement",
        "vague",
        "transférée le",
        "dans l’annuaire",
    )
    for agent in found.people:
        place, wave = agent.establishment, wave_of(agent)
        yield (
            agent.address,
            agent.family_name,
            agent.given_name,
            agent.population.label,
            place.uai if place else "",
            place.name if place else "",
            wave.name if wave else "",
            f"{timezone.localtime(agent.migrated_at):%d/%m/%Y}" if agent.migrated_at else "",
            "oui" if agent.is_active else "non",
        )


def wave_of(agent: Agent) -> Wave | None:
    """The wave of somebody who came with the standing."""
    standing: Standing | None = getattr(agent, "standing", None)
    return standing.wave if standing is not None else None
