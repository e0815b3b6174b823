"""People found by name, address, wave, population, establishment, among a million.

No search counts or sorts everybody: it takes the first MOST that it meets, sorts those, and says when there are more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Agent, Establishment
from accounts.plain_text import words
from bascule.models import Standing

MOST = 1_000
MOST_CHARACTERS = 254
MOST_WORDS = 8
# Of one word at least: shorter ones are in half the names, and in no index.
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
    """keys: numbers of the people in order, at most MOST. exact: who has the very address that was typed. hint: why
    nothing was searched."""

    keys: list[int]
    exact: int | None = None
    has_more: bool = False
    hint: str = ""


def find(asked: Asked) -> Found:
    """Those who meet all of `asked`, the one with the very address first, the others by name."""
    typed = asked.text.strip().lower()
    owner = Agent.objects.filter(address=typed).first() if "@" in typed else None
    exact = owner.pk if owner else None
    if owner is not None and not asked.with_gone and not owner.is_active:
        # A whole address is nobody's chance hit: whoever has left is told to be so.
        return Found([owner.pk], exact)
    wanted = words(typed)[:MOST_WORDS]
    if typed and max((len(word) for word in wanted), default=0) < LEAST_CHARACTERS:
        return Found([], hint=f"Écrivez au moins {LEAST_CHARACTERS} lettres d’un nom ou de l’adresse.")
    places = _places(asked.place)
    if places is not None and not places:
        return Found([], hint=f"Aucun établissement ne correspond à « {asked.place} ».")
    if not typed and asked.wave is None and places is None and (asked.population is None or asked.moved):
        return Found([], hint="Précisez aussi un nom, une vague ou un établissement.")
    met = _met(asked, wanted, places)
    # Only these are sorted: what lies beyond the bound is to be searched better, not read.
    keys = list(_by_name(Agent.objects.filter(pk__in=met[:MOST])).values_list("pk", flat=True))
    if exact in keys:
        keys.remove(exact)
        keys.insert(0, exact)
    return Found(keys, exact, has_more=len(met) > MOST)


def people(keys: Sequence[int]) -> list[Agent]:
    """The people of these numbers, in that order, with what lists show of them; one query."""
    rows = Agent.objects.select_related("population", "establishment", "standing__wave").in_bulk(list(keys))
    return [rows[key] for key in keys if key in rows]


def _by_name(rows: QuerySet[Agent]) -> QuerySet[Agent]:
    return rows.order_by("family_name", "given_name", "pk")


def _met(asked: Asked, wanted: list[str], places: list[int] | None) -> list[int]:
    """Numbers of the first MOST + 1 people who are met, in no order.

    People of a wave are looked for among the standings, which repeat what is asked here beside the wave, in indexes.
    """
    known: dict[str, object] = {}
    if not asked.with_gone:
        known["is_active"] = True
    if asked.moved:
        known["migrated_at__isnull"] = asked.moved != "oui"
    if asked.population is not None:
        known["population"] = asked.population
    if places is not None:
        known["establishment__in"] = places
    rows: QuerySet[Agent] | QuerySet[Standing] = Agent.objects.filter(**known)
    if asked.wave is not None:
        rows = Standing.objects.filter(wave=asked.wave, **known)
    for word in wanted:
        rows = rows.filter(search_text__contains=word)
    return list(rows.order_by().values_list("pk", flat=True)[: MOST + 1])


def _places(typed: str) -> list[int] | None:
    """Numbers of the establishments that a code or a name stands for; None where nothing was typed."""
    if not typed:
        return None
    exact = list(Establishment.objects.filter(uai=typed.upper()).values_list("pk", flat=True))
    named = Establishment.objects.holding(typed).order_by("pk")
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
    for agent in people(found.keys):
        place, standing = agent.establishment, getattr(agent, "standing", None)
        yield (
            agent.address,
            agent.family_name,
            agent.given_name,
            agent.population.label,
            place.uai if place else "",
            place.name if place else "",
            standing.wave.name if standing is not None and standing.wave else "",
            f"{timezone.localtime(agent.migrated_at):%d/%m/%Y}" if agent.migrated_at else "",
            "oui" if agent.is_active else "non",
        )
