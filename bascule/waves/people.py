"""Who is in a wave, or in none, and why: lists for staff, bounded whatever the number of people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Establishment, Population
from accounts.plain_text import words
from bascule.models import Standing, Wave, WaveAssignment
from bascule.tracking import figures

WHY_CHOICES = [(value, label) for value, label in Standing.Why.choices if value]
STATES = {"": "Toutes", "a-basculer": "Pas encore basculées", "basculees": "Basculées", "inactives": "Désactivées"}
SORTS = {"": "Par nom", "etablissement": "Par établissement"}
# More people of a wave are not counted anew by a page.
_MOST_COUNTED_ANEW = 20_000
_MOST_GROUPS = 30
_CHUNK = 2_000


@dataclass(frozen=True)
class Line:
    """A person of a list. why: a French sentence; by_hand: staff chose the wave."""

    row: Standing
    why: str
    by_hand: bool


@dataclass(frozen=True)
class Group:
    """So many people of a population or establishment; key: its code for an address, empty for none."""

    label: str
    key: str
    people: int


def of_wave(wave: Wave) -> QuerySet[Standing]:
    return Standing.objects.filter(wave=wave)


def unplaced() -> QuerySet[Standing]:
    """Active people in no wave."""
    return Standing.objects.filter(wave__isnull=True, is_active=True)


def choose(
    rows: QuerySet[Standing],
    *,
    text: str = "",
    population: str = "",
    uai: str = "",
    why: str = "",
    state: str = "",
    sort: str = "",
) -> QuerySet[Standing]:
    """Rows of whom a name or address holds every word of `text`, and so on; codes that there are not find nobody."""
    for word in words(text)[:8]:
        rows = rows.filter(search_text__contains=word)
    if population:
        rows = rows.filter(population__in=list(Population.objects.filter(code=population)))
    if uai:
        rows = rows.filter(establishment__in=list(Establishment.objects.filter(uai__iexact=uai)))
    if why in Standing.Why.values and why:
        rows = rows.filter(why=why)
    rows = rows.filter(is_active=state != "inactives")
    if state == "basculees":
        rows = rows.filter(migrated_at__isnull=False)
    elif state == "a-basculer":
        rows = rows.filter(migrated_at__isnull=True)
    rows = rows.select_related("agent", "population", "establishment")
    # By columns of this table where there is a choice: a large wave is sorted without reading other tables.
    if sort == "etablissement":
        return rows.order_by(F("establishment__name").asc(nulls_last=True), "establishment_id", "name", "agent_id")
    return rows.order_by("name", "agent_id")


def lines(rows: Sequence[Standing]) -> list[Line]:
    """`rows` (with agent, population and establishment loaded) with why each is there."""
    chosen = {
        one.agent_id: one
        for one in WaveAssignment.objects.select_related("by").filter(agent__in=[row.agent_id for row in rows])
    }
    return [Line(row, _why(row, chosen.get(row.agent_id)), row.agent_id in chosen) for row in rows]


def _why(row: Standing, chosen: WaveAssignment | None) -> str:
    if row.why == Standing.Why.HAND and chosen is not None:
        by = f" par {chosen.by.full_name}" if chosen.by else ""
        at = f" le {date_format(timezone.localtime(chosen.at), 'j F Y')}" if chosen.at else ""
        reason = f" : {chosen.reason}" if chosen.reason else ""
        return f"choisie à la main{by}{at}{reason}"
    place = row.establishment.name if row.establishment else ""
    return {
        Standing.Why.PLACE: f"par l’établissement {place}",
        Standing.Why.PLACE_AND_POPULATION: f"par l’établissement {place} et la population {row.population.label}",
        Standing.Why.POPULATION: f"par la population {row.population.label}",
        Standing.Why.HAND: "choisie à la main",
    }.get(Standing.Why(row.why), "aucune vague ne prend sa population ni son établissement")


def table(rows: QuerySet[Standing]) -> Iterator[Sequence[object]]:
    """For a download, some thousand rows at a time."""
    yield ("nom", "prénom", "adresse", "population", "UAI", "établissement", "pourquoi", "basculée le")
    batch: list[Standing] = []
    for row in rows.iterator(chunk_size=_CHUNK):
        batch.append(row)
        if len(batch) == _CHUNK:
            yield from _cells(batch)
            batch = []
    yield from _cells(batch)


def _cells(rows: list[Standing]) -> Iterator[Sequence[object]]:
    for line in lines(rows):
        row = line.row
        yield (
            row.agent.family_name,
            row.agent.given_name,
            row.agent.address,
            row.population.label,
            row.establishment.uai if row.establishment else "",
            row.establishment.name if row.establishment else "",
            line.why,
            timezone.localdate(row.migrated_at).isoformat() if row.migrated_at else "",
        )


def by_population(wave: Wave) -> list[Group]:
    """Active people of the wave by population: as last counted where it is large, else counted now."""
    counts = _counted(wave, "population")
    labels = {row.pk: row for row in Population.objects.all()}
    return [Group(row.label, row.code, counts[pk]) for pk, row in labels.items() if counts.get(pk)]


def by_place(wave: Wave) -> list[Group]:
    """The establishments with most people in the wave."""
    return _places(_counted(wave, "establishment").items())


def _counted(wave: Wave, dimension: str) -> dict[int, int]:
    whole = figures.figure_of(wave)
    if whole.computed_at is not None and whole.people > _MOST_COUNTED_ANEW:
        return dict(wave.figures.filter(dimension=dimension).values_list("key", "people"))
    rows = Standing.objects.filter(wave=wave, is_active=True).order_by()
    return {pk or 0: count for pk, count in rows.values_list(dimension).annotate(Count("pk"))}


def unplaced_by_population() -> list[Group]:
    labels = {row.pk: row for row in Population.objects.all()}
    counts = dict(unplaced().order_by().values_list("population").annotate(Count("pk")))
    return [Group(row.label, row.code, counts[pk]) for pk, row in labels.items() if counts.get(pk)]


def unplaced_by_place(population: str = "") -> list[Group]:
    """The establishments with most people in no wave, of one population or of all."""
    rows = unplaced()
    if population:
        rows = rows.filter(population__in=list(Population.objects.filter(code=population)))
    counts = rows.order_by().values_list("establishment").annotate(people=Count("pk")).order_by("-people")
    return _places([(pk or 0, count) for pk, count in counts[:_MOST_GROUPS]])


def _places(counts: Iterable[tuple[int, int]]) -> list[Group]:
    most = sorted(counts, key=lambda pair: -pair[1])[:_MOST_GROUPS]
    known = Establishment.objects.in_bulk([pk for pk, count in most])
    return [
        Group(str(known[pk]), known[pk].uai, count) if pk in known else Group("Sans établissement", "", count)
        for pk, count in most
        if count
    ]
