"""The waves as lists and pages show them: when, whom they take, how many people there are in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Model, QuerySet

from accounts.models import Population
from accounts.plain_text import words
from bascule import planning
from bascule.models import Standing, Wave
from bascule.tracking import figures
from bascule.waves import when_text
from bascule.waves.when_text import When

# People are counted one by one up to here; the figures of waves know the rest.
MOST_COUNTED = 10_000
# Waves up to this size are counted anew for a list, so that a change shows at once.
_SMALL = 1_000


@dataclass(frozen=True)
class People:
    """A number of people; is_more: there are more than that."""

    count: int
    is_more: bool = False

    def __str__(self) -> str:
        figure = f"{self.count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        return f"plus de {figure}" if self.is_more else figure

    @property
    def told(self) -> str:
        """ "1 234 personnes", "aucune personne"."""
        if not self.count:
            return "aucune personne"
        return f"{self} personne{'s' if self.count > 1 else ''}"


@dataclass(frozen=True)
class Row:
    """A wave and what a list says of it. places: how many establishments it names."""

    wave: Wave
    when: When
    populations: list[str]
    places: int
    people: People

    @property
    def whom(self) -> str:
        """In a few words: whom it takes."""
        parts = [", ".join(self.populations)] if self.populations else []
        if self.places:
            parts.append(f"{self.places} établissement{'s' if self.places > 1 else ''}")
        if not parts:
            return "ni population ni établissement"
        return " dans ".join(parts)

    @property
    def shown(self) -> str:
        """ "2 mai 2025", "mi-mai 2025"."""
        return when_text.long_day(self.when.start) if self.when.is_exact else self.when.label


def bounded(rows: QuerySet[Model], most: int = MOST_COUNTED) -> People:
    """How many rows there are, at most `most` of them counted."""
    found = rows.order_by()[: most + 1].count()
    return People(min(found, most), found > most)


def people_by_wave(waves: Collection[Wave]) -> dict[int, People]:
    """How many active people each of `waves` has, by its number: as last counted by the clock; small waves anew."""
    known = {row.wave_id: row.people for row in figures.whole_waves().filter(wave__in=waves) if row.computed_at}
    small = [pk for pk, people in known.items() if people <= _SMALL]
    people = Standing.objects.filter(is_active=True)
    counted = dict(people.filter(wave__in=small).order_by().values_list("wave").annotate(Count("pk")) if small else [])
    found = {}
    for wave in waves:
        if wave.pk not in known:
            found[wave.pk] = bounded(people.filter(wave=wave))
        else:
            found[wave.pk] = People(counted.get(wave.pk, 0) if wave.pk in small else known[wave.pk])
    return found


def rows_of(waves: Sequence[Wave]) -> list[Row]:
    """The same few queries for any number of waves."""
    numbers = [wave.pk for wave in waves]
    populations: dict[int, list[str]] = defaultdict(list)
    through = Wave.populations.through.objects.filter(wave__in=numbers)
    labels = {row.pk: row.label for row in Population.objects.all()}
    pairs = set(through.values_list("wave_id", "population_id"))
    for pk, label in labels.items():
        for number in numbers:
            if (number, pk) in pairs:
                populations[number].append(label)
    places = dict(
        Wave.establishments.through.objects.filter(wave__in=numbers)
        .order_by()
        .values_list("wave_id")
        .annotate(Count("pk"))
    )
    people = people_by_wave(waves)
    return [
        Row(wave, when_text.of_wave(wave), populations[wave.pk], places.get(wave.pk, 0), people[wave.pk])
        for wave in waves
    ]


SORTS: dict[str, tuple[str, Callable[[Row], object]]] = {
    "": ("Par date", lambda row: row.when.start),
    "-date": ("Par date, la dernière d’abord", lambda row: -row.when.start.toordinal()),
    "nom": ("Par nom", lambda row: words(row.wave.name)),
    "personnes": ("Par nombre de personnes", lambda row: -row.people.count),
}


def choose(*, text: str = "", state: str = "", sort: str = "") -> list[Row]:
    """Waves whose name, time or populations hold every word of `text`, in that state, sorted by a key of SORTS."""
    waves = Wave.objects.filter(state=state) if state in Wave.State.values else Wave.objects.all()
    rows = rows_of(planning.in_order(waves))
    wanted = words(text)
    if wanted:
        rows = [row for row in rows if _holds(row, wanted)]
    return sorted(rows, key=SORTS.get(sort, SORTS[""])[1])  # type: ignore[arg-type] # each key is of one kind


def _holds(row: Row, wanted: list[str]) -> bool:
    text = " ".join(words(" ".join([row.wave.name, row.shown, row.whom, row.wave.get_state_display()])))
    return all(word in text for word in wanted)


def table(rows: Iterable[Row]) -> Iterator[Sequence[object]]:
    """For a download: a heading, then a line for each."""
    yield ("vague", "état", "quand", "du", "au", "populations", "établissements", "boîtes", "personnes")
    for row in rows:
        wave, when = row.wave, row.when
        yield (
            wave.name,
            wave.get_state_display(),
            row.shown,
            when.start.isoformat(),
            when.end.isoformat(),
            ", ".join(row.populations),
            row.places or "",
            "oui" if wave.takes_boxes else "non",
            row.people,
        )
