"""What the pages show, as tables for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from bascule.models import Standing, Wave, WaveFigure
from bascule.models.tracking import Counts
from bascule.tracking import jobs, overview, stuck, summary, trend
from bascule.tracking.comparison import OFFSETS, Compared, offset_label
from bascule.tracking.jobs import Group
from bascule.tracking.overview import WaveRow

Row = tuple[object, ...]

_COUNTS: tuple[tuple[str, str], ...] = (
    ("people", "Personnes"),
    ("untouched", "Rien de commencé"),
    ("started", "Préparation commencée"),
    ("ready", "Prêtes"),
    ("prepared", "Préparation terminée"),
    ("moved", "Transférées"),
    ("unfinished", "Transférées, étapes restantes"),
    ("moved_untouched", "Transférées, rien de fait depuis"),
    ("complete", "Tout est terminé"),
    ("deposits", "Fichiers déposés"),
    ("unreadable", "Fichiers illisibles"),
    ("imports", "Imports"),
    ("imports_done", "Imports terminés"),
    ("imports_failed", "Imports arrêtés"),
    ("imports_waiting", "Imports en attente de Zimbra"),
    ("replays_done", "Envois terminés"),
    ("replays_failed", "Envois arrêtés"),
)
_HEADS = tuple(label for _, label in _COUNTS)


def _counts(figure: Counts) -> Row:
    return tuple(getattr(figure, name) for name, _ in _COUNTS)


def _moment(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%d/%m/%Y %H:%M") if moment else ""


def waves(rows: list[WaveRow]) -> Iterator[Row]:
    yield ("Vague", "Date ou période", "État", *_HEADS)
    for row in rows:
        when = row.wave.date.strftime("%d/%m/%Y") if row.wave.date else row.wave.period_label
        yield (row.wave.name, when, row.wave.get_state_display(), *_counts(row.figure))


def comparison(rows: Iterable[Compared]) -> Iterator[Row]:
    yield ("Vague", "Date", *(head for offset in OFFSETS for head in (offset_label(offset), "sur")))
    for row in rows:
        cells = (value for cell in row.cells for value in (cell or ("", "")))
        yield (row.wave.name, row.wave.date.strftime("%d/%m/%Y") if row.wave.date else "", *cells)


def steps(figure: WaveFigure) -> Iterator[Row]:
    yield ("Moment", "Étape", "Personnes concernées", "Faite", "Non concernées", "À faire", "S’arrêtent là")
    for when, rows in zip(("Avant le transfert", "Après le transfert"), summary.funnel(figure), strict=True):
        for row in rows:
            yield (when, row.step.title, row.total, row.done, row.skipped, row.open, row.held_up)


def days(found: list[trend.Day]) -> Iterator[Row]:
    names = [name for name, _ in _COUNTS if name != "unfinished"]
    yield ("Jour", *(label for name, label in _COUNTS if name in names))
    for day in found:
        yield (day.day.strftime("%d/%m/%Y"), *(day.counts[name] for name in names))


def places(found: QuerySet[WaveFigure]) -> Iterator[Row]:
    yield ("Établissement", "UAI", *_HEADS)
    for row in found.iterator(chunk_size=1000):
        yield (row.label, row.uai, *_counts(row))  # type: ignore[attr-defined]


def populations(wave: Wave) -> Iterator[Row]:
    yield ("Population", *_HEADS)
    for row in overview.populations(wave):
        yield (row.label, *_counts(row))  # type: ignore[attr-defined]


def people(found: QuerySet[Standing]) -> Iterator[Row]:
    yield (
        "Nom", "Prénom", "Adresse", "Population", "Établissement", "UAI", "Où elle en est", "Prochaine étape",
        "Étapes à faire", "Transférée le", "Dernière action",
    )  # fmt: skip
    for row in found.iterator(chunk_size=1000):
        held = stuck.held(row)
        place = row.establishment
        yield (
            row.agent.family_name, row.agent.given_name, row.agent.address, row.population.label,
            place.name if place else "", place.uai if place else "", held.state_label,
            held.step.title if held.step else "", held.open_steps, _moment(row.migrated_at), _moment(row.last_at),
        )  # fmt: skip


def job_groups(found: list[Group]) -> Iterator[Row]:
    yield ("Travail", "Cause", "Code", "Nombre", "Depuis", "Que faire")
    for group in found:
        yield (group.label, group.cause.reason, group.code, group.count, _moment(group.since), group.cause.remedy)


def job_list(wave: Wave, group: Group) -> Iterator[Row]:
    yield ("Personne", "Adresse", "Élément", "Depuis", "Cause")
    if group.kind == jobs.BOX:
        for box, code in jobs.boxes_in_trouble(wave).values():
            if code == group.code:
                yield (box.name, box.address, "Boîte", "", group.cause.reason)
        return
    for row in jobs.listed(wave, group).iterator(chunk_size=1000):
        job = jobs.told(group.kind, row)
        yield (job.person, row.agent.address, job.name, _moment(job.since), group.cause.reason)
