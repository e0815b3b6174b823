"""Lists of functional boxes, for the imports of the directory (see `accounts.directory.kinds`).

A list adds boxes, and corrects their names and establishments. It never takes one away: people have access to it. Who
owns a box is no column: before the transfer the census says it, after it the delegations.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Count, Q

from accounts.directory import cells
from accounts.directory.kinds import SAME, Action, Comparer, Field, Kind, Line, Stale, Verdict, either
from accounts.directory.problems import Problem
from accounts.models import Agent, DirectoryImport, DirectoryLine, Establishment
from boxes import registry
from boxes.models import Box

_TOGETHER = 5000
ADDRESS, NAME, PLACE = "address", "name", "establishment_id"

FIELDS = (
    Field(
        ADDRESS,
        "adresse",
        "adresse de la boîte ; c’est elle qui dit de quelle boîte il s’agit",
        either(
            "adresse|mail|mel|email|e mail|courriel|boite|adresse de la boite|adresse boite|adresse mail|adresse mel|"
            "adresse email|adresse electronique|bal|adresse bal|boite fonctionnelle|address"
        ),
        need="always",
        examples=("ce.9740001a@ac-reunion.fr", "vie-scolaire.9740002b@ac-reunion.fr"),
    ),
    Field(
        NAME,
        "nom",
        "nom du dossier chez chaque membre ; obligatoire pour ajouter une boîte",
        either("nom|libelle|intitule|nom de la boite|nom boite|nom affiche|displayname|name"),
        need="to_add",
        limit=registry.NAME_MAX_CHARACTERS,
        examples=("École Les Badamiers", "Vie scolaire du collège Le Dimitile"),
    ),
    Field(
        PLACE,
        "UAI",
        "code de l’établissement ou du service, dont la direction sera propriétaire ; vide : aucun",
        either(
            "uai|rne|code uai|code rne|etablissement|code etablissement|numero uai|numero rne|"
            "uai etablissement|code etab|rne etablissement|etablissement uai|service"
        ),
        examples=("9740001A", "9740002B"),
    ),
)
BY_CODE = {one.code: one for one in FIELDS}


def boxes_among(addresses: Collection[str]) -> dict[str, str]:
    """Which of `addresses` are those of boxes, and so of nobody."""
    found = Box.objects.filter(address__in=addresses).values_list("address", "name").order_by()
    return {address: f"c’est celle de la boîte fonctionnelle « {name} »" for address, name in found}


class BoxesComparer(Comparer):
    def __init__(self, columns: Collection[str]) -> None:
        self.columns = frozenset(columns)
        self.places: dict[str, int] = dict(Establishment.objects.values_list("uai", "pk").iterator(chunk_size=5000))

    def compare(self, lines: Sequence[Line]) -> list[Verdict]:
        read = [self._read(line) for line in lines]
        wanted = {values[ADDRESS] for values, _ in read if values.get(ADDRESS)}
        known = {box.address: box for box in Box.objects.filter(address__in=wanted).order_by()}
        people = {
            agent.address: agent.full_name for agent in Agent.objects.filter(address__in=wanted - set(known)).order_by()
        }
        verdicts = []
        for line, (values, problems) in zip(lines, read, strict=True):
            if problems:
                verdict = Verdict(Action.ERROR, problems=problems)
            else:
                verdict = self._judge(values, known.get(values[ADDRESS]), people)
            verdict.number, verdict.digest = line.number, hash(tuple(values.items()))
            verdicts.append(verdict)
        return verdicts

    def _read(self, line: Line) -> tuple[dict[str, Any], list[Problem]]:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for code, cell in line.cells.items():
            field = BY_CODE[code]
            problem = cells.problem_of(field, cell)
            if problem is None and not cell and field.need:
                problem = "empty", {"column": field.label}
            if problem is None:
                values[code], problem = self._value(code, cell)
            if problem is not None:
                problems.append(problem)
        return values, problems

    def _value(self, code: str, cell: str) -> tuple[Any, Problem | None]:
        if code == PLACE:
            return cells.place_of(BY_CODE[code], cell, self.places)
        if code == NAME:
            return cell, None
        address = cells.address_of(cell if "@" in cell else f"{cell}@{settings.MAIL_DOMAIN}")
        if not address:
            return "", ("bad_address", {"value": cell[:80]})
        domain = settings.MAIL_DOMAIN.lower()
        problem = ("outside_domain", {"domain": domain, "value": cell[:80]})
        return address, None if address.endswith(f"@{domain}") else problem

    def _judge(self, values: dict[str, Any], known: Box | None, people: Mapping[str, str]) -> Verdict:
        address = values[ADDRESS]
        if known is not None:
            after = {code: value for code, value in values.items() if getattr(known, code) != value}
            return Verdict(
                Action.CHANGED if after else SAME,
                key=address,
                label=known.name,
                row_id=known.pk,
                before={code: getattr(known, code) for code in after},
                after=after,
            )
        if address in people:
            problem: Problem = ("address_of_person", {"value": address, "name": people[address]})
            return Verdict(Action.ERROR, problems=[problem])
        if NAME not in self.columns:
            problem = ("column_needed", {"value": address, "column": BY_CODE[NAME].label})
            return Verdict(Action.ERROR, problems=[problem])
        return Verdict(Action.ADDED, key=address, label=values[NAME], after=dict(values))


class BoxesKind(Kind):
    code: ClassVar[str] = "boxes"
    title: ClassVar[str] = "Boîtes fonctionnelles"
    one: ClassVar[str] = "boîte"
    several: ClassVar[str] = "boîtes"
    fields = FIELDS
    missing_explained: ClassVar[str] = (
        "Celles qui n’y sont pas vous sont montrées, et restent en place : des personnes y ont accès."
    )

    def comparer(self, columns: Collection[str]) -> Comparer:
        return BoxesComparer(columns)

    def missing(self, is_seen: Callable[[int], bool]) -> Iterator[tuple[int, list[Verdict]]]:
        last = 0
        while rows := list(Box.objects.filter(pk__gt=last).order_by("pk")[:_TOGETHER]):
            last = rows[-1].pk
            yield (
                len(rows),
                [
                    Verdict(Action.MISSING, key=box.address, label=box.name, row_id=box.pk)
                    for box in rows
                    if not is_seen(box.pk)
                ],
            )

    def write(self, action: str, lines: Sequence[DirectoryLine], *, of: DirectoryImport, by: Agent | None) -> None:
        places = Establishment.objects.in_bulk({line.after.get(PLACE) for line in lines} - {None})
        if action == Action.ADDED:
            if Agent.objects.filter(address__in=[line.key for line in lines]).exists():
                raise Stale
            registry.create_all(
                (registry.Wanted(line.key, line.after[NAME], places.get(line.after.get(PLACE))) for line in lines),
                by=by,
            )
            return
        rows = Box.objects.select_for_update(of=("self",)).select_related("establishment").order_by("pk")
        by_id = {box.pk: box for box in rows.filter(pk__in=[line.row_id for line in lines])}
        wanted = []
        for line in lines:
            box = by_id.get(line.row_id or 0)
            if box is None or any(getattr(box, name) != value for name, value in line.before.items()):
                raise Stale
            place = places.get(line.after[PLACE]) if PLACE in line.after else box.establishment
            wanted.append(registry.Wanted(box.address, line.after.get(NAME, box.name), place, box))
        registry.change_all(wanted, by=by)

    def count(self) -> dict[str, int]:
        counted = Box.objects.aggregate(
            total=Count("pk"),
            nowhere=Count("pk", filter=Q(establishment=None)),
            transferred=Count("pk", filter=Q(transferred_at__isnull=False)),
        )
        return {
            "connues": counted["total"],
            "sans établissement": counted["nowhere"],
            "transférées": counted["transferred"],
        }

    def shown(self, values: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        wanted = [one[PLACE] for one in values if one.get(PLACE)]
        places = {place.pk: str(place) for place in Establishment.objects.filter(pk__in=wanted)}

        def told(code: str, value: Any) -> str:
            if code == PLACE:
                return places.get(value, "?") if value else "aucun"
            return str(value) or "–"

        return [{code: told(code, value) for code, value in one.items()} for one in values]
