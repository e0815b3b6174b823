"""Establishments out of a text: codes or names, one or many a line, as they come out of a spreadsheet."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from accounts.list_text import records
from accounts.models import Establishment
from accounts.plain_text import plain
from bascule.waves.editing import Refused

MOST_LINES = 80_000
_UAI = re.compile(r"(?<![0-9A-Za-z])(\d{7}[A-Za-z])(?![0-9A-Za-z])")
_HEADINGS = {"uai", "rne", "code uai", "etablissement", "etablissements", "nom", "code"}
_BATCH = 2_000
# Lines that are told one by one.
_MOST_TOLD = 100


@dataclass
class Places:
    """found: in the order of the text, each once. troubles: line and French sentence; there may be more (`wrong`)."""

    found: list[Establishment] = field(default_factory=list)
    troubles: list[tuple[int, str]] = field(default_factory=list)
    wrong: int = 0

    def _trouble(self, number: int, sentence: str) -> None:
        self.wrong += 1
        if len(self.troubles) < _MOST_TOLD:
            self.troubles.append((number, sentence))


def read(text: str) -> Places:
    """The establishments that `text` names. Raises Refused for a text that is too long."""
    lines = list(records(text.replace("\0", " ")))
    if len(lines) > MOST_LINES:
        raise Refused(f"Cette liste a plus de {MOST_LINES} lignes.")
    codes: dict[int, list[str]] = {}
    names: dict[int, str] = {}
    for number, line in lines:
        in_line = [code.upper() for code in _UAI.findall(line)]
        if in_line:
            codes[number] = in_line
        elif not {plain(cell) for cell in re.split(r"[;,\t]", line)} <= _HEADINGS:
            names[number] = line
    by_code = _by_code({code for some in codes.values() for code in some})
    by_name = _by_name(names)
    places, seen = Places(), set()
    for number, line in lines:
        for place in _of_line(number, line, codes, by_code, by_name if number in names else {}, places):
            if place.pk not in seen:
                seen.add(place.pk)
                places.found.append(place)
    return places


def _of_line(
    number: int,
    line: str,
    codes: dict[int, list[str]],
    by_code: dict[str, Establishment],
    by_name: dict[str, list[Establishment]],
    places: Places,
) -> list[Establishment]:
    if number in codes:
        for code in codes[number]:
            if code not in by_code:
                places._trouble(number, f"le répertoire ne connaît pas l’UAI {code}")
        return [by_code[code] for code in codes[number] if code in by_code]
    if not by_name:
        return []
    close = by_name[plain(line)]
    if len(close) == 1:
        return close
    shown = line.strip()[:60]
    if close:
        which = ", ".join(place.uai for place in close[:5])
        places._trouble(number, f"« {shown} » est le nom de plusieurs établissements ({which}) : écrivez l’UAI")
    else:
        places._trouble(number, f"« {shown} » n’est ni un UAI ni le nom d’un établissement du répertoire")
    return []


def _by_code(codes: set[str]) -> dict[str, Establishment]:
    ordered = sorted(codes)
    found: dict[str, Establishment] = {}
    for at in range(0, len(ordered), _BATCH):
        found |= {one.uai: one for one in Establishment.objects.filter(uai__in=ordered[at : at + _BATCH])}
    return found


def _by_name(names: dict[int, str]) -> dict[str, list[Establishment]]:
    """Establishments by their plain name, alone and with the town; only looked through when a line needs it."""
    wanted = {plain(name) for name in names.values()}
    found: dict[str, list[Establishment]] = defaultdict(list)
    if wanted:
        for place in Establishment.objects.iterator(chunk_size=_BATCH):
            for key in {plain(place.name), plain(f"{place.name} {place.city}")}:
                if key in wanted:
                    found[key].append(place)
        found.setdefault("", [])
    return found
