"""A list of who is to go with which wave: a line for each person (address;wave;reason) or establishment (UAI;wave).

Looked at line by line, written whole or not at all. An establishment is moved by the rule where the wave names
establishments: it is added there, and taken from the planned waves that it was named by. Where the wave takes whole
populations, naming an establishment would narrow it: there, the people of the establishment are moved one by one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

from accounts.list_text import cells_of, delimiter_of, records
from accounts.models import Agent, Establishment
from accounts.plain_text import plain
from bascule import standings
from bascule.models import Wave
from bascule.standings import Move
from bascule.waves import editing, members
from bascule.waves.editing import Refused, need_staff

Row = TypeVar("Row", bound=Model)

MOST_LINES = 5_000
# Values of one statement.
_BATCH = 1_000
_UAI = re.compile(r"\d{7}[A-Z]")
_HEADINGS = {"adresse", "mail", "courriel", "agent", "uai", "rne", "etablissement", "personne", "e mail"}


@dataclass
class Line:
    """number: from 1. effect: what it would do; trouble: what is wrong; both in French, one of them empty."""

    number: int
    text: str
    wave: Wave | None = None
    person: Agent | None = None
    place: Establishment | None = None
    reason: str = ""
    # People of the establishment who are moved one by one.
    persons: list[Agent] = field(default_factory=list)
    effect: str = ""
    trouble: str = ""


@dataclass
class Applied:
    """What the list did: how many persons were moved by hand, how many were told, and who went where."""

    persons: int = 0
    told: int = 0
    places: int = 0
    moves: list[Move] = field(default_factory=list)


def read(text: str) -> list[Line]:
    """Each line and what it means now. Raises Refused for a list that is too long, or empty."""
    found = list(records(text.replace("\0", " ")))
    if not found:
        raise Refused("Collez une liste, ou choisissez un fichier.")
    if len(found) > MOST_LINES + 1:
        raise Refused(f"Cette liste a plus de {MOST_LINES} lignes : partagez-la, ou passez par les établissements.")
    delimiter = delimiter_of([line for _, line in found[:50]])
    rows = [(number, line, cells_of(line, delimiter)) for number, line in found]
    if plain(rows[0][2][0]) in _HEADINGS:
        rows = rows[1:]
    keys = [cells[0] for _, _, cells in rows]
    people = {one.address: one for one in _in(Agent.objects.all(), "address", {key.lower() for key in keys})}
    places = {one.uai: one for one in _in(Establishment.objects.all(), "uai", {key.upper() for key in keys})}
    waves: dict[str, list[Wave]] = defaultdict(list)
    for wave in Wave.objects.prefetch_related("populations"):
        waves[plain(wave.name)].append(wave)
    lines, seen = [], dict[str, int]()
    for number, line, cells in rows:
        one = Line(number, line[:200], reason=(cells[2] if len(cells) > 2 else "")[: members.MOST_REASON])
        _fill(one, cells, people, places, waves)
        key = cells[0].lower()
        if not one.trouble and key in seen:
            one.trouble = f"déjà nommé ligne {seen[key]}"
        seen.setdefault(key, number)
        lines.append(one)
    _say(lines)
    return lines


def _in(rows: QuerySet[Row], name: str, values: set[str]) -> list[Row]:
    """Those of `rows` whose field `name` is one of `values`."""
    ordered = sorted(values)
    return [
        one
        for at in range(0, len(ordered), _BATCH)
        for one in rows.filter(**{f"{name}__in": ordered[at : at + _BATCH]})
    ]


def _fill(
    line: Line,
    cells: list[str],
    people: dict[str, Agent],
    places: dict[str, Establishment],
    waves: dict[str, list[Wave]],
) -> None:
    key = cells[0]
    line.person, line.place = people.get(key.lower()), places.get(key.upper())
    if line.person is None and line.place is None:
        kind = "cet UAI" if _UAI.fullmatch(key.upper()) else "cette adresse"
        line.trouble = f"le répertoire ne connaît pas {kind} : {key or 'case vide'}"
        return
    if line.person is not None and not line.person.is_active:
        line.trouble = f"le compte de {line.person.full_name} est désactivé"
    elif line.person is not None and line.person.has_migrated:
        line.trouble = f"{line.person.full_name} a déjà basculé"
    name = cells[1] if len(cells) > 1 else ""
    close = waves.get(plain(name), [])
    if line.trouble:
        return
    if len(close) != 1:
        line.trouble = "la vague manque" if not name else f"aucune vague ne s’appelle « {name} »"
        return
    line.wave = close[0]
    if line.wave.state == Wave.State.DONE:
        line.trouble = f"« {line.wave.name} » est terminée"
    elif line.place is not None and line.wave.state != Wave.State.PLANNED:
        line.trouble = (
            f"« {line.wave.name} » est {line.wave.get_state_display().lower()} : elle ne prend que des personnes"
        )


def _say(lines: list[Line]) -> None:
    """Fill in `effect`, and the people of establishments that are moved one by one."""
    of_places = [line for line in lines if line.place is not None and not line.trouble]
    naming = set(Wave.establishments.through.objects.values_list("wave_id", flat=True).distinct())
    there: dict[int, list[Agent]] = defaultdict(list)
    by_hand = [line for line in of_places if line.wave and line.wave.pk not in naming and line.wave.populations.all()]
    numbers = [line.place.pk for line in by_hand if line.place]
    for at in range(0, len(numbers), 1_000):
        some = numbers[at : at + 1_000]
        for agent in Agent.objects.filter(establishment__in=some, is_active=True, migrated_at=None):
            there[agent.establishment_id or 0].append(agent)
    for line in lines:
        if line.trouble or line.wave is None:
            continue
        if line.person is not None:
            line.effect = f"{line.person.full_name} ira avec « {line.wave.name} »"
        elif line in by_hand and line.place is not None:
            line.persons = there[line.place.pk]
            count = len(line.persons)
            line.effect = (
                f"{line.place.name} : {count} personne{'s' if count > 1 else ''} à la main vers « {line.wave.name} », "
                "qui prend des populations entières"
            )
        elif line.place is not None:
            line.effect = f"{line.place.name} s’ajoute aux établissements de « {line.wave.name} »"


@transaction.atomic
def apply(text: str, *, by: Agent, confirmed: bool = False) -> Applied:
    """Do what the list says. confirmed: also where people were told a date already.

    Raises states.WaveError: Refused while a line is wrong, editing.NeedsConfirmation.
    """
    standings.lock_planning()
    need_staff(by)
    lines = read(text)
    if any(line.trouble for line in lines):
        raise Refused("Des lignes sont en erreur : rien n’a été enregistré.")
    applied = Applied()
    places: dict[int, list[int]] = defaultdict(list)
    persons: dict[tuple[int, str], list[Agent]] = defaultdict(list)
    for line in lines:
        assert line.wave is not None
        if line.person is not None:
            persons[line.wave.pk, line.reason].append(line.person)
        elif line.persons:
            persons[line.wave.pk, line.reason or "Établissement déplacé"].extend(line.persons)
        elif line.place is not None and not _by_hand(line):
            places[line.wave.pk].append(line.place.pk)
    for wave_id, numbers in places.items():
        applied.moves += _move_places(wave_id, numbers, by)
        applied.places += len(numbers)
    for (wave_id, reason), agents in persons.items():
        moved = members.move(persons=agents, wave_id=wave_id, reason=reason, by=by, confirmed=confirmed)
        applied.persons += len(moved.moved)
        applied.told += len(moved.told)
    return applied


def _by_hand(line: Line) -> bool:
    """An establishment of a wave of whole populations in which nobody is left to be moved."""
    wave = line.wave
    return wave is not None and wave.populations.exists() and not wave.establishments.exists()


def _move_places(wave_id: int, numbers: list[int], by: Agent) -> list[Move]:
    """Name the establishments in that wave, and in no other planned wave that would take the same people there."""
    wave = Wave.objects.get(pk=wave_id)
    mine = set(wave.populations.values_list("pk", flat=True))
    moves: list[Move] = []
    rivals = Wave.objects.filter(state=Wave.State.PLANNED, establishments__in=numbers).exclude(pk=wave_id).distinct()
    for other in rivals.prefetch_related("populations"):
        theirs = {row.pk for row in other.populations.all()}
        if (not mine and not theirs) or mine & theirs:
            if not other.establishments.exclude(pk__in=numbers).exists() and theirs:
                raise Refused(
                    f"« {other.name} » perdrait son dernier établissement et prendrait ses populations partout : "
                    "changez d’abord cette vague."
                )
            moves += editing.change_places(wave_id=other.pk, version=other.version, add=[], remove=numbers, by=by).moves
    return moves + editing.change_places(wave_id=wave_id, version=wave.version, add=numbers, remove=[], by=by).moves
