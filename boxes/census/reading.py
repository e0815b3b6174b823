"""Lists of people as they come out of a spreadsheet or a message, read into rows. Bytes in, rows out; no database.

Taken: commas, semicolons or tabs; UTF-8 with or without its mark, UTF-16 with it ("Unicode text" of Excel),
Windows-1252; quotes; a line of headings or none; columns in any order; one address or name per line; addresses one
after the other, as a mail program writes them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from accounts.list_text import MAX_CELL, CannotRead, cells_of, decoded, delimiter_of, records
from accounts.plain_text import plain
from boxes.models import Role

MAX_ROWS = 5_000
# What is shown of one line.
MAX_LINE = 500


@dataclass(frozen=True)
class Row:
    """One person of a list. number: the line in the list, from 1; text: the line as it stands, in one piece.

    role: None where none was named; unknown_role: what was written and is no role.
    """

    number: int
    text: str
    address: str = ""
    name: str = ""
    role: Role | None = None
    unknown_role: str = ""
    box: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.address or self.name)


# What people write for a role, plain (see `accounts.plain_text`).
_ROLE_WORDS = {
    Role.OWNER: "proprietaire|proprietaires|owner|gestionnaire|responsable|administrateur|administratrice|admin",
    Role.MEMBER: "membre|membres|member|ecriture|lecture ecriture|lecture et ecriture|lecture modification|"
    "lecture et modification|modification|utilisateur|utilisatrice|complet|acces complet|editeur",
    Role.READER: "lecture|lecture seule|lecture seulement|en lecture|en lecture seule|lecteur|lectrice|membre lecture|"
    "membre lecture seule|membre en lecture seule|acces en lecture|acces en lecture seule|consultation|"
    "consultation seule|reader|read|read only|readonly",
}
_ROLES = {word: role for role, some in _ROLE_WORDS.items() for word in some.split("|")}
_HEADING_WORDS = {
    "address": "adresse|adresses|mail|mails|email|emails|e mail|mel|courriel|courriels|adresse mail|adresse email|"
    "adresse e mail|adresse electronique|adresse de messagerie|adresse professionnelle|adresse academique|"
    "adresse de la personne|adresse de l agent",
    "box": "boite|boites|bal|bf|boite mail|boite fonctionnelle|boites fonctionnelles|boite aux lettres|nom de la boite|"
    "adresse de la boite|adresse boite|boite partagee",
    "name": "nom et prenom|nom prenom|prenom nom|prenom et nom|nom complet|nom prenoms|agent|agents|personne|personnes|"
    "personnel|identite|utilisateur|nom de l agent|nom affiche",
    "family": "nom|noms|nom de famille|nom d usage|nom usuel|nom patronymique",
    "given": "prenom|prenoms",
    "role": "role|roles|droit|droits|acces|type d acces|niveau|niveau d acces|profil|permission|permissions|statut",
}
_HEADINGS = {word: kind for kind, some in _HEADING_WORDS.items() for word in some.split("|")}
# Begins where a run of such characters begins and takes all of it at once: a line of a million letters without an @
# would otherwise be read again from each of them.
_ADDRESS = re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++@[\w-]++(?:\.[\w-]++)+")


def read(data: bytes, *, boxes: Collection[str] = ()) -> list[Row]:
    """The rows of a list, blank lines left out.

    boxes: what boxes may be called in it, in lower case (whole address, part before the @) or plain (name); where no
    heading says which column is which, these are taken for the box, other addresses for the person.
    Raises CannotRead.
    """
    lines = list(records(decoded(data)))
    if not lines:
        raise CannotRead("Cette liste est vide.")
    delimiter = delimiter_of([text for _, text in lines[:50]])
    first = cells_of(lines[0][1], delimiter)
    columns = [_HEADINGS.get(plain(cell), "") for cell in first]
    has_headings = any(columns) and not any("@" in cell for cell in first)
    rows: list[Row] = []
    for number, text in lines[1:] if has_headings else lines:
        cells = cells_of(text, delimiter)
        if not any(cells):
            continue
        blank = Row(number, text[:MAX_LINE])
        rows += [_by_heading(blank, columns, cells)] if has_headings else _by_look(blank, cells, boxes)
        if len(rows) > MAX_ROWS:
            raise CannotRead("Cette liste a plus de 5 000 lignes : partagez-la en plusieurs.")
    if not rows:
        raise CannotRead("Cette liste n’a que des titres de colonnes : il n’y a personne dedans.")
    return rows


def addresses(data: bytes) -> frozenset[str]:
    """All addresses of a list, in lower case. Raises CannotRead for what is no text."""
    return frozenset(found.lower()[:254] for found in _ADDRESS.findall(decoded(data)))


def _by_heading(row: Row, columns: Sequence[str], cells: Sequence[str]) -> Row:
    found: dict[str, str] = {}
    for kind, cell in zip(columns, cells, strict=False):
        if kind and cell and kind not in found:
            found[kind] = cell
    name = found.get("name") or " ".join(filter(None, (found.get("given"), found.get("family"))))
    typed = found.get("address", "")
    addresses = _ADDRESS.findall(typed)
    if addresses:
        address = addresses[0].lower()
    else:
        # A name in the column of addresses is meant as one.
        address, name = "", name or typed
    if not address and (in_name := _ADDRESS.search(name)):
        address = in_name.group().lower()
    return _with_role(replace(row, address=address, name=name, box=found.get("box", "")), found.get("role", ""))


def _by_look(row: Row, cells: Sequence[str], boxes: Collection[str]) -> list[Row]:
    box = role = ""
    people: list[str] = []
    names: list[str] = []
    for cell in cells:
        if not cell:
            continue
        if not box and (cell.lower() in boxes or plain(cell) in boxes):
            box = cell
        elif "@" in cell:
            for address in _ADDRESS.findall(cell):
                if not box and address.lower() in boxes:
                    box = address
                else:
                    people.append(address.lower())
            if not _ADDRESS.search(cell):
                names.append(cell)
        elif not role and plain(cell) in _ROLES:
            role = cell
        else:
            names.append(cell)
    name = " ".join(names)[:MAX_CELL]
    row = _with_role(replace(row, box=box), role)
    if len(people) > 1:
        return [replace(row, address=address) for address in people]
    return [replace(row, address=people[0] if people else "", name=name)]


def _with_role(row: Row, typed: str) -> Row:
    if not typed:
        return row
    role = _ROLES.get(plain(typed))
    return replace(row, role=role) if role else replace(row, unknown_role=typed)
