"""All waves with their figures; the places and populations within one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, FloatField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from accounts.models import Establishment, Population
from accounts.plain_text import plain, words
from bascule import planning
from bascule.models import Wave, WaveFigure
from bascule.models.tracking import count_fields
from bascule.tracking import figures
from bascule.tracking.charts import Segment, percent
from bascule.tracking.summary import groups

NO_PLACE = "Sans établissement"


@dataclass(frozen=True)
class WaveRow:
    """A wave and its figures; those of a wave that was never counted are 0."""

    wave: Wave
    figure: WaveFigure
    bar: list[Segment]

    @property
    def prepared(self) -> str:
        return percent(self.figure.prepared, self.figure.people)

    @property
    def moved(self) -> str:
        return percent(self.figure.moved, self.figure.people)

    @property
    def complete(self) -> str:
        return percent(self.figure.complete, self.figure.people)


def _share(name: str) -> Callable[[WaveRow], float]:
    return lambda row: getattr(row.figure, name) / row.figure.people if row.figure.people else -1.0


# Key of an order: what it sorts by, which way is down.
_ORDERS: dict[str, Callable[[WaveRow], Any]] = {
    "name": lambda row: row.wave.name.casefold(),
    "date": lambda row: row.wave.date or row.wave.period_start,
    "people": lambda row: row.figure.people,
    "prepared": _share("prepared"),
    "moved": _share("moved"),
    "complete": _share("complete"),
    "failed": lambda row: row.figure.failed,
}


def waves(*, text: str = "", state: str = "", sort: str = "") -> list[WaveRow]:
    """Waves in the order of the planning, or by `sort`: a key of the columns, "-" before it for the greatest first."""
    chosen = Wave.objects.all()
    if state in Wave.State.values:
        chosen = chosen.filter(state=state)
    wanted = words(text)
    known = {row.wave_id: row for row in figures.whole_waves()}
    found = []
    for wave in planning.in_order(chosen):
        if all(word in " ".join(words(f"{wave.name} {wave.period_label}")) for word in wanted):
            figure = known.get(wave.pk) or WaveFigure(wave=wave)
            found.append(WaveRow(wave, figure, groups(figure)))
    if key := _ORDERS.get(sort.removeprefix("-")):
        found.sort(key=key, reverse=sort.startswith("-"))
    return found


def total(rows: list[WaveRow]) -> WaveFigure:
    """The figures of all of `rows` together, not saved."""
    whole = WaveFigure()
    for field in count_fields():
        setattr(whole, field, sum(getattr(row.figure, field) for row in rows))
    return whole


_PLACE_ORDERS: dict[str, tuple[str, ...]] = {
    "": ("share", "-people", "label", "key"),
    "-complete": ("-share", "-people", "label", "key"),
    "name": ("label", "key"),
    "-name": ("-label", "-key"),
    "people": ("people", "label", "key"),
    "-people": ("-people", "label", "key"),
    "prepared": ("prepared_share", "-people", "label", "key"),
    "-prepared": ("-prepared_share", "-people", "label", "key"),
    "failed": ("-failures", "label", "key"),
}
PLACE_SORTS: dict[str, str] = {
    "": "Les moins avancés d’abord",
    "-complete": "Les plus avancés d’abord",
    "prepared": "Les moins préparés d’abord",
    "-people": "Les plus grands d’abord",
    "failed": "Le plus d’échecs d’abord",
    "name": "Par nom",
}


def places(wave: Wave, *, text: str = "", sort: str = "") -> QuerySet[WaveFigure]:
    """The establishments of a wave with `label` and `uai`; how far: the share that is through with everything, then
    that which has moved."""
    place = Establishment.objects.filter(pk=OuterRef("key")).order_by()
    people = Cast(NullIf(F("people"), 0), FloatField())
    rows = WaveFigure.objects.filter(wave=wave, dimension=WaveFigure.Dimension.ESTABLISHMENT).annotate(
        label=Coalesce(Subquery(place.values("name")[:1]), Value(NO_PLACE), output_field=CharField()),
        uai=Coalesce(Subquery(place.values("uai")[:1]), Value(""), output_field=CharField()),
        share=(F("complete") + F("moved") * 0.01) / people if _is_moving(wave) else (F("prepared") + 0.0) / people,
        prepared_share=(F("prepared") + 0.0) / people,
        failures=F("imports_failed") + F("replays_failed") + F("unreadable"),
    )
    if wanted := words(text):
        matches = Q(key__in=Establishment.objects.holding(text).order_by().values("pk"))
        if all(word in plain(NO_PLACE) for word in wanted):
            matches |= Q(key=0)
        rows = rows.filter(matches)
    return rows.order_by(*_PLACE_ORDERS.get(sort, _PLACE_ORDERS[""]))


def _is_moving(wave: Wave) -> bool:
    return wave.state in (Wave.State.UNDER_WAY, Wave.State.DONE)


def populations(wave: Wave) -> list[WaveFigure]:
    """The populations of a wave with `label`, in their order."""
    order = {pk: (place, label) for place, (pk, label) in enumerate(Population.objects.values_list("pk", "label"))}
    rows = [
        row
        for row in WaveFigure.objects.filter(wave=wave, dimension=WaveFigure.Dimension.POPULATION)
        if row.key in order
    ]
    for row in rows:
        row.label = order[row.key][1]  # type: ignore[attr-defined]
    return sorted(rows, key=lambda row: order[row.key][0])
