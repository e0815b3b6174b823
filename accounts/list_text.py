"""Lists as they come out of a spreadsheet or a message: bytes into lines and cells, whatever program wrote them.

Taken: commas, semicolons or tabs; UTF-8 with or without its mark, UTF-16 with it ("Unicode text" of Excel),
Windows-1252; quotes.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence

# What is read of one cell.
MAX_CELL = 300
# Spreadsheets that are no text, and what else is handed in by mistake.
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
# A quoted cell may run over as many lines.
_MAX_JOINED = 5


class CannotRead(Exception):
    """The list is not taken; `str()` is a French sentence that says what to do."""


def refuse_no_text(head: bytes) -> None:
    """Raises CannotRead for a file that begins as a spreadsheet's own format does, a PDF, or a picture."""
    if head.startswith(_NOT_TEXT):
        raise CannotRead(
            "Ce fichier n’est pas du texte. Dans votre tableur, choisissez « Enregistrer sous », format CSV, "
            "puis déposez ce fichier-là."
        )


def decoded(data: bytes) -> str:
    """The text of a list, whatever program wrote it. Raises CannotRead for what is no text."""
    refuse_no_text(data)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return text.replace("\0", " ").replace("\N{NO-BREAK SPACE}", " ").replace("\ufeff", "")


def records(text: str) -> Iterator[tuple[int, str]]:
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


def delimiter_of(lines: Sequence[str]) -> str:
    """The separator that most lines have; "" for one cell a line. A comma within a cell does not outdo a semicolon."""
    for delimiter in "\t;,":
        if sum(delimiter in line for line in lines) * 2 >= len(lines):
            return delimiter
    return max("\t;,", key=lambda one: sum(one in line for line in lines)) if len(lines) > 1 else ""


def cells_of(text: str, delimiter: str) -> list[str]:
    """The cells of one line, each cleaned and cut; `delimiter` as `delimiter_of` gives it."""
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
