"""Lists of establishments and services: code, name, town. None is ever taken away: people and boxes hang on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Count, Q

from accounts.directory import cells
from accounts.directory.kinds import SAME, Action, Comparer, Field, Kind, Line, Stale, Verdict, either
from accounts.directory.problems import Problem
from accounts.models import Agent, DirectoryImport, DirectoryLine, Establishment

_TOGETHER = 5000

FIELDS = (
    Field(
        "uai",
        "UAI",
        "sept chiffres et une lettre ; c’est lui qui dit de quel établissement il s’agit",
        either(
            "uai|rne|code uai|code rne|code etablissement|numero uai|numero rne|code|code etab|"
            "numero etablissement|identifiant|uai etablissement"
        ),
        need="always",
        examples=("9740001A", "9740002B"),
    ),
    Field(
        "name",
        "nom",
        "obligatoire pour ajouter un établissement",
        either(
            "nom|etablissement|libelle|denomination|nom etablissement|nom de l etablissement|appellation|"
            "appellation officielle|name|nom du service|service"
        ),
        need="to_add",
        limit=200,
        examples=("École primaire Les Badamiers", "Collège Le Dimitile"),
    ),
    Field(
        "city",
        "ville",
        "commune",
        either("ville|commune|localite|city|nom commune|libelle commune"),
        limit=120,
        examples=("Saint-Denis", "L’Entre-Deux"),
    ),
)
BY_CODE = {one.code: one for one in FIELDS}


class PlacesComparer(Comparer):
    def __init__(self, columns: Collection[str]) -> None:
        self.columns = frozenset(columns)

    def compare(self, lines: Sequence[Line]) -> list[Verdict]:
        read = [self._read(line) for line in lines]
        wanted = {values["uai"] for values, _ in read if values.get("uai")}
        known = {place.uai: place for place in Establishment.objects.filter(uai__in=wanted).order_by()}
        verdicts = []
        for line, (values, problems) in zip(lines, read, strict=True):
            if problems:
                verdict = Verdict(Action.ERROR, problems=problems)
            else:
                verdict = self._judge(values, known.get(values["uai"]))
            verdict.number, verdict.digest = line.number, hash(tuple(values.items()))
            verdicts.append(verdict)
        return verdicts

    def _read(self, line: Line) -> tuple[dict[str, str], list[Problem]]:
        values: dict[str, str] = {}
        problems: list[Problem] = []
        for code, cell in line.cells.items():
            field = BY_CODE[code]
            problem = cells.problem_of(field, cell)
            if problem is None and not cell and field.need:
                problem = "empty", {"column": field.label}
            if problem is None and code == "uai":
                values[code] = cells.uai_of(cell)
                if not values[code]:
                    problem = "bad_uai", {"value": cell[:40]}
            elif problem is None:
                values[code] = cell
            if problem is not None:
                problems.append(problem)
        return values, problems

    def _judge(self, values: dict[str, str], known: Establishment | None) -> Verdict:
        uai = values["uai"]
        if known is None:
            if "name" not in self.columns:
                problem = "column_needed", {"value": uai, "column": BY_CODE["name"].label}
                return Verdict(Action.ERROR, problems=[problem])
            return Verdict(Action.ADDED, key=uai, label=values["name"], after=dict(values))
        after = {code: value for code, value in values.items() if getattr(known, code) != value}
        before = {code: getattr(known, code) for code in after}
        action = Action.CHANGED if after else SAME
        return Verdict(action, key=uai, label=known.name, row_id=known.pk, before=before, after=after)


class PlacesKind(Kind):
    code: ClassVar[str] = "establishments"
    title: ClassVar[str] = "Établissements et services"
    one: ClassVar[str] = "établissement"
    several: ClassVar[str] = "établissements"
    fields = FIELDS
    missing_explained: ClassVar[str] = (
        "Ceux qui n’y sont pas vous sont montrés, et restent en place : des personnes et des boîtes en dépendent."
    )

    def comparer(self, columns: Collection[str]) -> Comparer:
        return PlacesComparer(columns)

    def missing(self, is_seen: Callable[[int], bool]) -> Iterator[tuple[int, list[Verdict]]]:
        last = 0
        while rows := list(Establishment.objects.filter(pk__gt=last).order_by("pk")[:_TOGETHER]):
            last = rows[-1].pk
            yield (
                len(rows),
                [
                    Verdict(Action.MISSING, key=place.uai, label=place.name, row_id=place.pk)
                    for place in rows
                    if not is_seen(place.pk)
                ],
            )

    def write(self, action: str, lines: Sequence[DirectoryLine], *, of: DirectoryImport, by: Agent | None) -> None:
        if action == Action.ADDED:
            Establishment.objects.bulk_create(Establishment(**line.after) for line in lines)
            return
        rows = Establishment.objects.select_for_update().filter(pk__in=[line.row_id for line in lines]).order_by("pk")
        by_id = {place.pk: place for place in rows}
        for line in lines:
            place = by_id.get(line.row_id or 0)
            if place is None or any(getattr(place, name) != value for name, value in line.before.items()):
                raise Stale
            for name, value in line.after.items():
                setattr(place, name, value)
        Establishment.objects.bulk_update(by_id.values(), ["name", "city"], batch_size=200)

    def count(self) -> dict[str, int]:
        people = Agent.objects.filter(is_active=True, establishment__isnull=False)
        with_people = people.values("establishment").distinct().count()
        counted = Establishment.objects.aggregate(total=Count("pk"), nowhere=Count("pk", filter=Q(city="")))
        return {
            "connus": counted["total"],
            "sans personne active": counted["total"] - with_people,
            "sans ville": counted["nowhere"],
        }

    def shown(self, values: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        return [{code: str(value) or "–" for code, value in one.items()} for one in values]
