"""Lists of agents: their columns, and each line compared with the person it is about.

A person is found by the identifier, where the list has one, or else by the address; so an address may change where
there are identifiers. What the list does not have as a column stays as it is. Passwords and the right to the pages of
staff are never touched.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from accounts.directory import cells, kinds
from accounts.directory.kinds import SAME, Action, Comparer, Field, Line, Verdict, either
from accounts.directory.problems import Problem
from accounts.models import Agent, Establishment, Population
from accounts.plain_text import plain

ADDRESS, GIVEN, FAMILY = "address", "given_name", "family_name"
POPULATION, PLACE, FUNCTION, IDENTIFIER = "population_id", "establishment_id", "function", "external_id"
ACTIVE = "is_active"


FIELDS = (
    Field(
        ADDRESS,
        "adresse",
        "adresse de messagerie complète ; c’est elle qui dit de qui il s’agit",
        either(
            "adresse|mail|mel|mele|email|e mail|courriel|adresse mail|adresse mel|adresse email|adresse e mail|"
            "adresse electronique|adresse de messagerie|adresse courriel|messagerie|address|mail professionnel|"
            "mel professionnel|adresse professionnelle|mail pro|identifiant messagerie"
        ),
        need="always",
        examples=("marie.payet@ac-reunion.fr", "jean-noel.hoarau@ac-reunion.fr"),
    ),
    Field(
        GIVEN,
        "prénom",
        "obligatoire pour ajouter quelqu’un",
        either("prenom|prenoms|prenom usuel|givenname|given name|first name|firstname"),
        need="to_add",
        limit=100,
        examples=("Marie", "Jean-Noël"),
    ),
    Field(
        FAMILY,
        "nom",
        "obligatoire pour ajouter quelqu’un",
        either("nom|nom de famille|nom usuel|nom d usage|patronyme|sn|surname|family name|last name|lastname"),
        need="to_add",
        limit=100,
        examples=("Payet", "Hoarau"),
    ),
    Field(
        POPULATION,
        "population",
        "code ou libellé d’une population ; obligatoire pour ajouter quelqu’un",
        either("population|populations|categorie|code population|type de personnel|groupe|public"),
        need="to_add",
        examples=("Premier degré", "second-degree-management"),
    ),
    Field(
        PLACE,
        "UAI",
        "code de l’établissement ou du service ; vide : aucun",
        either(
            "uai|rne|code uai|code rne|code etablissement|etablissement|numero uai|numero rne|uai etablissement|"
            "code etab|etab|etablissement uai|uai d affectation|uai affectation|affectation|rne etablissement"
        ),
        examples=("9740001A", "9740002B"),
    ),
    Field(
        FUNCTION,
        "fonction",
        "DIR ou « direction » pour qui dirige l’établissement ou le service ; les autres fonctions ne comptent pas",
        either("fonction|fonctions|code fonction|role|function"),
        examples=("", "DIR"),
    ),
    Field(
        IDENTIFIER,
        "identifiant",
        "numéro qui ne change jamais ; avec lui, un changement d’adresse est reconnu",
        either("identifiant|uid|id|matricule|identifiant unique|identifiant academique|external id|numero agent"),
        limit=64,
        examples=("mpayet", "jhoarau4"),
    ),
    Field(
        ACTIVE,
        "actif",
        "oui ou non ; « non » désactive la personne",
        either("actif|active|en poste|en activite|compte actif|present|etat du compte"),
        examples=("oui", "oui"),
    ),
)
BY_CODE = {one.code: one for one in FIELDS}
_HEADS = either(
    "dir|direction|directeur|directrice|principal|principale|proviseur|proviseure|chef|cheffe|perdir|"
    "chef d etablissement|cheffe d etablissement|chef etablissement|chef de service|cheffe de service|"
    "chef d etablissement ou de service|direction d etablissement|direction d etablissement ou de service|"
    "directeur d ecole|directrice d ecole|personnel de direction"
)
_NO_FUNCTION = frozenset({"", "aucune", "aucun", "neant", "sans"})


class Known(NamedTuple):
    """A person as the directory has them; the names are those of the columns."""

    pk: int
    address: str
    external_id: str
    given_name: str
    family_name: str
    population_id: int
    establishment_id: int | None
    function: str
    is_active: bool
    is_staff: bool

    @property
    def label(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


def twin_of(given_name: str, family_name: str, place: int | None) -> str:
    """The same for people of the same name at the same establishment, whatever their address."""
    name = plain(f"{given_name} {family_name}")
    return hashlib.blake2b(f"{name}|{place}".encode(), digest_size=16).hexdigest()


def gone(known: Known, number: int | None = None) -> Verdict:
    """That person has left."""
    return Verdict(
        Action.STAFF if known.is_staff else Action.GONE,
        number,
        key=known.address,
        label=known.label,
        row_id=known.pk,
        twin=twin_of(known.given_name, known.family_name, known.establishment_id),
        before={ACTIVE: True},
        after={ACTIVE: False},
    )


class PeopleComparer(Comparer):
    def __init__(self, columns: Collection[str]) -> None:
        self.columns = frozenset(columns)
        self.places: dict[str, int] = dict(Establishment.objects.values_list("uai", "pk").iterator(chunk_size=5000))
        populations = list(Population.objects.all())
        self.known_populations = ", ".join(f"{one.label} ({one.code})" for one in populations)
        self.labels = {plain(one.label): one for one in populations}
        self.populations = {plain(one.code): one.pk for one in populations} | {
            word: one.pk for word, one in self.labels.items()
        }
        self.populations |= {_singular(word): pk for word, pk in self.populations.items()}
        self._population_cells: dict[str, int | None] = {}

    def compare(self, lines: Sequence[Line]) -> list[Verdict]:
        read = [self._read(line) for line in lines]
        by_address = self._find("address", {values[ADDRESS] for values, _, _ in read if values.get(ADDRESS)})
        by_number = self._find("external_id", {values[IDENTIFIER] for values, _, _ in read if values.get(IDENTIFIER)})
        new = {values[ADDRESS] for values, _, _ in read if values.get(ADDRESS) and values[ADDRESS] not in by_address}
        taken = kinds.taken(new)
        verdicts = []
        for line, (values, problems, remarks) in zip(lines, read, strict=True):
            if problems:
                verdict = Verdict(Action.ERROR, problems=problems)
            else:
                verdict = self._judge(values, remarks, by_address, by_number, taken)
            verdict.number = line.number
            verdict.remarks = remarks if verdict.action != Action.ERROR else []
            verdict.digest = hash(tuple(values.items()))
            verdicts.append(verdict)
        return verdicts

    def _find(self, name: str, wanted: Collection[str]) -> dict[str, Known]:
        if not wanted:
            return {}
        rows = Agent.objects.filter(**{f"{name}__in": wanted}).values_list(*_columns()).order_by()
        return {getattr(known, name): known for known in map(Known._make, rows)}

    def _read(self, line: Line) -> tuple[dict[str, Any], list[Problem], list[Problem]]:
        """The values of a line as they are stored, what is wrong with it, what is to be said of it."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        remarks: list[Problem] = []
        for code, cell in line.cells.items():
            field = BY_CODE[code]
            problem = cells.problem_of(field, cell)
            if problem is None:
                values[code], problem = self._value(field, cell, remarks)
            if problem is not None:
                problems.append(problem)
        return values, problems, remarks

    def _value(self, field: Field, cell: str, remarks: list[Problem]) -> tuple[Any, Problem | None]:
        code = field.code
        if code == ADDRESS:
            address = cells.address_of(cell) if cell else ""
            return address, None if address else (
                ("bad_address", {"value": cell[:80]}) if cell else ("empty", {"column": field.label})
            )
        if code in {GIVEN, FAMILY}:
            return cell, None if cell else ("empty", {"column": field.label})
        if code == POPULATION:
            return self._population(field, cell)
        if code == PLACE:
            return cells.place_of(field, cell, self.places)
        if code == FUNCTION:
            return self._function(cell, remarks), None
        if code == ACTIVE:
            said = cells.is_yes(cell, empty=True)
            return said, None if said is not None else ("bad_yes_no", {"value": cell[:40], "column": field.label})
        return cell, None

    def _population(self, field: Field, cell: str) -> tuple[int | None, Problem | None]:
        if not cell:
            return None, ("empty", {"column": field.label})
        if cell not in self._population_cells:
            # Of a column that is none, every cell may differ.
            if len(self._population_cells) > 1000:
                self._population_cells.clear()
            word = plain(cell.replace("1er", "premier").replace("2nd", "second").replace("2d ", "second "))
            found = self.populations.get(word) or self.populations.get(_singular(word))
            if found is None:
                near = difflib.get_close_matches(word, self.labels, n=1, cutoff=0.9)
                found = self.labels[near[0]].pk if near else None
            self._population_cells[cell] = found
        found = self._population_cells[cell]
        problem = ("unknown_population", {"value": cell[:80], "known": self.known_populations})
        return found, None if found else problem

    def _function(self, cell: str, remarks: list[Problem]) -> str:
        if not cell:
            return str(Agent.Function.NONE)
        word = plain(cell)
        if word in _HEADS:
            return str(Agent.Function.HEAD)
        if word not in _NO_FUNCTION:
            remarks.append(("unknown_function", {"value": cell[:60]}))
        return str(Agent.Function.NONE)

    def _judge(
        self,
        values: dict[str, Any],
        remarks: list[Problem],
        by_address: dict[str, Known],
        by_number: dict[str, Known],
        taken: dict[str, str],
    ) -> Verdict:
        address, number = values[ADDRESS], values.get(IDENTIFIER) or ""
        holder, known = by_address.get(address), by_number.get(number) if number else None
        if known is not None and holder is not None and holder.pk != known.pk:
            return _error("address_taken", value=address, name=holder.label)
        if known is None and holder is not None:
            if number and holder.external_id and holder.external_id != number:
                return _error("other_identifier", value=address, known=holder.external_id)
            known = holder
        leaves = not values.get(ACTIVE, True)
        if known is None and leaves:
            remarks.append(("unknown_leaver", {"value": address}))
            return Verdict(SAME, key=address)
        if holder is None and not leaves and address in taken:
            return _error("address_of_other_kind", value=address, what=taken[address])
        if known is None:
            return self._added(values)
        if leaves:
            return gone(known) if known.is_active else Verdict(SAME, row_id=known.pk, key=address)
        return _changed(known, values, remarks)

    def _added(self, values: dict[str, Any]) -> Verdict:
        for field in FIELDS:
            if field.need == "to_add" and field.code not in self.columns:
                return _error("column_needed", value=values[ADDRESS], column=field.label)
        after = {code: value for code, value in values.items() if code != ACTIVE and value not in ("", None)}
        return Verdict(
            Action.ADDED,
            key=values[ADDRESS],
            label=f"{values[GIVEN]} {values[FAMILY]}",
            second_key=values.get(IDENTIFIER) or "",
            twin=twin_of(values[GIVEN], values[FAMILY], values.get(PLACE)),
            after=after,
        )


def _changed(known: Known, values: dict[str, Any], remarks: list[Problem]) -> Verdict:
    # An identifier is not forgotten because a list lacks it.
    after = {
        code: value
        for code, value in values.items()
        if code != ACTIVE and value != getattr(known, code) and (value or code != IDENTIFIER)
    }
    if not known.is_active:
        after[ACTIVE] = True
        if known.is_staff:
            remarks.append(("staff_back", {"value": known.label}))
    if not after:
        return Verdict(SAME, row_id=known.pk, key=known.address)
    return Verdict(
        Action.CHANGED if known.is_active else Action.BACK,
        key=values[ADDRESS],
        label=known.label,
        row_id=known.pk,
        second_key=after.get(IDENTIFIER, ""),
        before={code: getattr(known, code) for code in after},
        after=after,
    )


def _error(code: str, **values: Any) -> Verdict:
    return Verdict(Action.ERROR, problems=[(code, values)])


def _singular(words: str) -> str:
    return " ".join(word.removesuffix("s") for word in words.split())


def _columns() -> Iterable[str]:
    return ("pk", *Known._fields[1:])
