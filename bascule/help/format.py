"""A page of help as a file: a head of `key: value` lines between two `---`, then Markdown.

Pure: text in, values and faults out. What the values may be is listed in docs/help.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bascule.help.sections import BY_CODE

MOST_CHARACTERS = 60_000
MOST_TITLE = 150
MOST_SUMMARY = 400
MOST_ORDER = 9_999
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
MOST_SLUG = 80
# Addresses below /aide/ that are no pages.
RESERVED = frozenset({"diagnostic", "dessins", "imprimer", "recherche", "rubriques"})

_FENCE = "---"
_NEEDED = ("title", "section", "order", "summary", "keywords")
_KEYS = frozenset({*_NEEDED, "steps", "see", "question"})


@dataclass(frozen=True)
class Fault:
    """What is wrong with a text. line: counted from 1 in the whole file; 0 for the file as a whole.

    is_grave: such a page is not accepted from the editor; the rest is advice there.
    """

    line: int
    sentence: str
    is_grave: bool = True


@dataclass(frozen=True)
class PageText:
    """A page as written, placeholders and all. body_line: the line of the file on which `body` begins."""

    slug: str
    title: str
    section: str
    order: int
    summary: str
    keywords: tuple[str, ...]
    body: str
    body_line: int
    steps: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    is_question: bool = False


@dataclass
class Reading:
    """What came of a file. page: None when its head does not say enough; lines: of the keys that were found."""

    page: PageText | None
    faults: list[Fault] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


def slug_fault(slug: str) -> str:
    """Why `slug` cannot be the name of a page, in French; "" when it can."""
    if not SLUG.match(slug) or len(slug) > MOST_SLUG:
        return (
            f"Le nom de la page est fait de minuscules sans accent, de chiffres et de traits d’union "
            f"({MOST_SLUG} caractères au plus)."
        )
    if slug in RESERVED:
        return f"« {slug} » est déjà l’adresse d’une autre page de l’aide."
    return ""


def read(slug: str, text: str) -> Reading:
    """The page that `text` holds. Faults of its head only (see `checking` for those of its body)."""
    reading = Reading(None)
    if sentence := slug_fault(slug):
        reading.faults.append(Fault(0, sentence))
    if len(text) > MOST_CHARACTERS:
        reading.faults.append(Fault(0, f"La page dépasse {MOST_CHARACTERS} caractères : partagez-la."))
        return reading
    if "\0" in text:
        reading.faults.append(Fault(text[: text.index("\0")].count("\n") + 1, "Caractère nul dans le texte."))
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    lines = text.lstrip("\N{BYTE ORDER MARK}").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].strip() != _FENCE:
        reading.faults.append(Fault(1, "La première ligne doit être « --- », suivie de l’en-tête."))
        return reading
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == _FENCE), None)
    if end is None:
        reading.faults.append(Fault(1, "L’en-tête n’est pas fermé par une ligne « --- »."))
        return reading
    values = _values(lines[1:end], reading)
    _check_needed(values, reading, end + 1)
    order = _order(values, reading)
    if not values.get("title") or values.get("section") not in BY_CODE:
        return reading
    reading.page = PageText(
        slug=slug,
        title=values["title"],
        section=values["section"],
        order=order or 0,
        summary=values.get("summary", ""),
        keywords=_listed(values.get("keywords", "")),
        body="\n".join(lines[end + 1 :]),
        body_line=end + 2,
        steps=_listed(values.get("steps", "")),
        see=_listed(values.get("see", "")),
        is_question=values.get("question") == "yes",
    )
    return reading


def _values(lines: list[str], reading: Reading) -> dict[str, str]:
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not colon:
            reading.faults.append(Fault(number, "Une ligne de l’en-tête s’écrit « clé: valeur »."))
        elif key not in _KEYS:
            reading.faults.append(Fault(number, f"Clé inconnue dans l’en-tête : « {key} »."))
        elif key in values:
            reading.faults.append(Fault(number, f"La clé « {key} » est donnée deux fois."))
        else:
            values[key], reading.lines[key] = value, number
    return values


def _check_needed(values: dict[str, str], reading: Reading, end: int) -> None:
    for key in _NEEDED:
        if not values.get(key):
            reading.faults.append(Fault(reading.lines.get(key, end), f"Il manque « {key} » dans l’en-tête."))
    for key, most in (("title", MOST_TITLE), ("summary", MOST_SUMMARY)):
        if len(values.get(key, "")) > most:
            reading.faults.append(Fault(reading.lines[key], f"« {key} » dépasse {most} caractères."))
    section = values.get("section")
    if section and section not in BY_CODE:
        reading.faults.append(
            Fault(reading.lines["section"], f"Rubrique inconnue : « {section} ». Au choix : {', '.join(BY_CODE)}.")
        )
    if values.get("question", "yes") != "yes":
        reading.faults.append(Fault(reading.lines["question"], "« question » ne prend que la valeur « yes »."))


def _order(values: dict[str, str], reading: Reading) -> int | None:
    given = values.get("order", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit()) or int(given[:6]) > MOST_ORDER:
        reading.faults.append(Fault(reading.lines["order"], f"« order » est un nombre de 0 à {MOST_ORDER}."))
        return None
    return int(given)


def _listed(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in value.split(",") if one.strip()))
