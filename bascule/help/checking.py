"""What is wrong with a page of help, by line: for the command `check_help`, and for staff who write one.

Pure: what exists around the page is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from markdown_it.token import Token

from bascule.help import format as page_format
from bascule.help import placeholders, words
from bascule.help.format import Fault, PageText, Reading
from bascule.help.markdown import Surroundings, link

# Keywords may say these as people do. Ports, and the domain inside of other values, are too short to look for.
_WRITTEN_OUT = ("portal", "old", "imap_host", "smtp_host", "sync_host", "old_imap_host", "help_desk", "alert_address")


@dataclass(frozen=True)
class Known:
    """What a page may name. portal_page: whether a page of the portal of that name can be linked to."""

    slugs: Collection[str]
    drawings: Collection[str]
    steps: Collection[str]
    portal_page: Callable[[str], bool]
    names: Mapping[str, str]


def check(slug: str, text: str, known: Known) -> Reading:
    """`text` read, with all that is wrong with it, in the order of its lines."""
    reading = page_format.read(slug, text)
    page = reading.page
    if page is not None:
        reading.faults.extend(_head(page, reading.lines, known))
        reading.faults.extend(_body(page, known))
    reading.faults = sorted(set(reading.faults), key=lambda fault: (fault.line, fault.sentence))
    return reading


def _head(page: PageText, lines: Mapping[str, int], known: Known) -> Iterator[Fault]:
    for key in ("title", "summary"):
        yield from _braces(getattr(page, key), lines.get(key, 1), known)
        yield from _written_out(getattr(page, key), lines.get(key, 1), known)
    yield from _braces(", ".join(page.keywords), lines.get("keywords", 1), known)
    for step in page.steps:
        if step not in known.steps:
            yield Fault(lines["steps"], f"Étape inconnue : « {step} ».")
    for slug in page.see:
        if slug not in known.slugs:
            yield Fault(lines["see"], f"Page d’aide inconnue : « {slug} ».")
        if slug == page.slug:
            yield Fault(lines["see"], "La page se cite elle-même dans « see ».")
    for key in ("title", "summary"):
        if re.search(r"<[a-zA-Z/!]", getattr(page, key)):
            yield Fault(lines.get(key, 1), f"HTML dans « {key} » : il s’afficherait tel quel.")


def _body(page: PageText, known: Known) -> Iterator[Fault]:
    lines = page.body.split("\n")
    for number, line in enumerate(lines, page.body_line):
        yield from _braces(line, number, known)
        yield from _written_out(line, number, known)
    for number in words.raw_html(page.body):
        yield Fault(page.body_line + number, "HTML dans le texte : il s’afficherait tel quel. Écrivez-le en Markdown.")
    tokens = words.parse(page.body)
    if not any(token.type == "inline" for token in tokens):
        yield Fault(page.body_line, "La page n’a pas de texte.")
    yield from _headings(page, tokens)
    anchors = {heading.anchor for heading in words.headings(tokens, known.names)}
    for token in tokens:
        for child in token.children or ():
            begins = token.map[0] if token.map else 0
            if child.type == "link_open":
                yield from _link(page, str(child.attrGet("href") or ""), begins, known, anchors)
            elif child.type == "image":
                yield from _picture(page, child, begins, known)


def _headings(page: PageText, tokens: list[Token]) -> Iterator[Fault]:
    above = 1
    for place, token in enumerate(tokens):
        if token.type != "heading_open" or token.map is None:
            continue
        level, line = int(token.tag[1]), page.body_line + token.map[0]
        if level == 1:
            yield Fault(line, "Le titre « # » est celui de la page, donné dans l’en-tête : commencez à « ## ».")
        elif level > above + 1:
            yield Fault(line, f"Titre de niveau {level} sans titre de niveau {level - 1} au-dessus.", is_grave=False)
        if not tokens[place + 1].content.strip():
            yield Fault(line, "Titre vide.")
        above = level


def _link(page: PageText, address: str, begins: int, known: Known, anchors: set[str]) -> Iterator[Fault]:
    line = _line_of(page, address, begins)
    filled = placeholders.fill(address, known.names).strip()
    scheme, _, rest = filled.partition(":")
    if scheme == "aide":
        if rest.partition("#")[0] not in known.slugs:
            yield Fault(line, f"Lien vers une page d’aide inconnue : « {rest} ».")
    elif scheme == "page":
        if not known.portal_page(rest):
            yield Fault(line, f"Lien vers une page du portail inconnue, ou qui veut un numéro : « {rest} ».")
    elif filled.startswith("#"):
        if filled[1:] not in anchors:
            yield Fault(line, f"Lien vers un titre qui n’est pas dans la page : « {filled} ».")
    elif not filled:
        yield Fault(line, "Lien sans adresse.")
    elif link(filled, _nowhere(known)) is None:
        yield Fault(line, f"Lien refusé : « {filled[:100]} ». Sont permis aide:, page:, https: et mailto:.")


def _picture(page: PageText, token: Token, begins: int, known: Known) -> Iterator[Fault]:
    address = str(token.attrGet("src") or "")
    line = _line_of(page, address, begins)
    scheme, _, name = address.partition(":")
    if scheme != "dessin":
        yield Fault(line, f"Image refusée : « {address[:100]} ». Seuls les dessins de l’aide (dessin:nom) sont permis.")
    elif name not in known.drawings:
        yield Fault(line, f"Dessin inconnu : « {name} ».")
    if not token.content.strip():
        yield Fault(line, "Image sans texte de remplacement : dites en mots ce qu’elle montre.")


def _nowhere(known: Known) -> Surroundings:
    return Surroundings(lambda slug, anchor: None, lambda name: None, lambda name: None, known.names)


def _line_of(page: PageText, wanted: str, begins: int) -> int:
    """Tokens know the line on which their paragraph begins; the address itself may stand some lines further."""
    lines = page.body.split("\n")
    for number in range(begins, len(lines)):
        if wanted and wanted in lines[number]:
            return page.body_line + number
    return page.body_line + begins


def _braces(text: str, line: int, known: Known) -> Iterator[Fault]:
    for one in placeholders.unknown(text, known.names):
        if len(one) > 1:
            yield Fault(line, f"Repère inconnu : {one}. Au choix : {', '.join(sorted(known.names))}.")
        else:
            yield Fault(line, f"Accolade seule : « {one} » s’écrit « {one}{one} ».")


def _written_out(text: str, line: int, known: Known) -> Iterator[Fault]:
    for name in _WRITTEN_OUT:
        value = known.names.get(name, "")
        if value and re.search(rf"(?<![\w.@-]){re.escape(value)}(?![\w@-])", text):
            yield Fault(line, f"« {value} » se règle ailleurs : écrivez {{{name}}}.", is_grave=False)
