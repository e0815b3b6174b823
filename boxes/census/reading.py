"""Lists of people as they come out of a spreadsheet or a message, read into rows. Bytes in, rows out; no database.

Taken: commas, semicolons or tabs; UTF-8 with or without its mark, UTF-16 with it ("Unicode text" of Excel),
Windows-1252; quotes; a line of headings or none; columns in any order; one address or name per line; addresses one
after the other, as a mail program writes them.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from accounts.plain_text import plain
from boxes.models import Role

MAX_ROWS = 5_000
# What is read of one cell and shown of one line.
MAX_CELL = 300
MAX_LINE = 500


class CannotRead(Exception):
    """The list is not taken; `str()` is a French sentence that says what to do."""


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
# Spreadsheets that are no text, and what else is handed in by mistake.
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
# A quoted cell may run over as many lines.
_MAX_JOINED = 5


def read(data: bytes, *, boxes: Collection[str] = ()) -> list[Row]:
    """The rows of a list, blank lines left out.

    boxes: what boxes may be called in it, in lower case (whole address, part before the @) or plain (name); where no
    heading says which column is which, these are taken for the box, other addresses for the person.
    Raises CannotRead.
    """
    records = list(_records(decoded(data)))
    if not records:
        raise CannotRead("Cette liste est vide.")
    delimiter = _delimiter([text for _, text in records[:50]])
    first = _cells(records[0][1], delimiter)
    columns = [_HEADINGS.get(plain(cell), "") for cell in first]
    has_headings = any(columns) and not any("@" in cell for cell in first)
    rows: list[Row] = []
    for number, text in records[1:] if has_headings else records:
        cells = _cells(text, delimiter)
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


def decoded(data: bytes) -> str:
    """The text of a list, whatever program wrote it. Raises CannotRead for what is no text."""
    if data.startswith(_NOT_TEXT):
        raise CannotRead(
            "Ce fichier n’est pas du texte. Dans votre tableur, choisissez « Enregistrer sous », format CSV, "
            "puis déposez ce fichier-là."
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return text.replace("\0", " ").replace("\N{NO-BREAK SPACE}", " ").replace("\ufeff", "")


def _records(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers and lines; a quoted cell that runs over some lines stays in one piece, a quote that is never closed
    swallows nothing."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        record, used = lines[at], 1
        if record.count('"') % 2:
            for more in range(2, _MAX_JOINED + 1):
                joined = " ".join(lines[at : at + more])
                if len(lines) >= at + more and joined.count('"') % 2 == 0:
                    record, used = joined, more
                    break
        if record.strip(" \t;,"):
            yield at + 1, record
        at += used


def _delimiter(lines: Sequence[str]) -> str:
    """The separator that most lines have; "" for one cell a line. A comma within a cell does not outdo a semicolon."""
    for delimiter in "\t;,":
        if sum(delimiter in line for line in lines) * 2 >= len(lines):
            return delimiter
    return max("\t;,", key=lambda one: sum(one in line for line in lines)) if len(lines) > 1 else ""


def _cells(text: str, delimiter: str) -> list[str]:
    if not delimiter:
        return [_clean(text)]
    if text.count('"') % 2:
        text = text.replace('"', "")
    try:
        cells = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        cells = text.split(delimiter)
    return [_clean(cell) for cell in cells]


def _clean(cell: str) -> str:
    # What a spreadsheet is kept from computing by a sign in front (see `accounts.tables`) is meant without it.
    return " ".join(cell.strip().removeprefix("'").split())[:MAX_CELL].strip('"').strip()


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
