"""Bytes of a list of any length into records, one after the other: at no time is more than a piece of it in memory.

Taken: UTF-8 with or without its mark, UTF-16 with it or recognised by its zeros, Windows-1252 (and so Latin-1); lines
that end in any way, mixed; cells in quotes that run over some lines; the "sep=;" that Excel writes.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accounts.list_text import CannotRead, refuse_no_text

# Characters of one line, and of what is looked at in search of its end.
MAX_LINE = 20_000
_MAX_PENDING = 2_000_000
# A quoted cell may run over as many lines.
_MAX_JOINED = 5
_HEAD = 4096
_CONTROLS = frozenset(range(32)) - set(b"\t\r\n\x0b\x0c\x1a")
# Marks that some programs leave and nobody sees.
_INVISIBLE = {ord(letter): None for letter in "\ufeff\u200b\u200c\u200d\u200e\u200f\u00ad\u2060"}

UNCLOSED = "unclosed_quote"
TOO_LONG = "line_too_long"


@dataclass(slots=True)
class Record:
    """One record: the line of the file it begins at, from 1, and its text. problem: a code, or ""."""

    number: int
    text: str
    problem: str = ""
    is_cut: bool = False


def encoding_of(pieces: Iterable[bytes]) -> str:
    """The Python name of the encoding of a file, which is read to its end. Raises CannotRead for what is no text, and
    for an empty file."""
    head = b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    for piece in pieces:
        if not head:
            head = piece[:_HEAD]
            wide = _wide(head)
            if wide:
                return wide
            _refuse_controls(head)
        if is_utf8:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                is_utf8 = False
    if not head:
        raise CannotRead("Ce fichier est vide. Refaites l’export, puis déposez-le de nouveau.")
    # A character that is cut off at the very end is told with its line, not by another encoding for all others.
    return "utf-8-sig" if is_utf8 else "cp1252"


def _wide(head: bytes) -> str:
    refuse_no_text(head)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    half = len(head) // 2
    if half > 8:
        if head[1::2].count(0) > half * 0.7:
            return "utf-16-le"
        if head[::2].count(0) > half * 0.7:
            return "utf-16-be"
    return ""


def _refuse_controls(head: bytes) -> None:
    if sum(octet in _CONTROLS for octet in head) * 20 > len(head):
        raise CannotRead(
            "Ce fichier n’est pas une liste en texte. Dans votre tableur, choisissez « Enregistrer sous », format CSV "
            "(séparateur point-virgule), puis déposez ce fichier-là."
        )


def records(pieces: Iterable[bytes], encoding: str) -> Iterator[Record]:
    """The records of a file that hold something. Raises CannotRead when no line ends."""
    ahead = deque[tuple[int, str, bool]]()
    numbered = _lines(pieces, encoding)
    while True:
        if not ahead:
            following = next(numbered, None)
            if following is None:
                return
            ahead.append(following)
        number, text, is_last = ahead.popleft()
        if len(text) > MAX_LINE:
            yield Record(number, text[:200], TOO_LONG)
            continue
        if '"' in text and text.count('"') % 2:
            joined = _joined(text, ahead, numbered)
            if joined is None:
                yield Record(number, text, UNCLOSED)
                continue
            text = joined
        if text.strip(" \t;,|\x1a"):
            yield Record(number, text, is_cut=is_last)


def _joined(text: str, ahead: deque[tuple[int, str, bool]], numbered: Iterator[tuple[int, str, bool]]) -> str | None:
    """The record with the lines its quoted cell runs over, which are taken; None: the quote is never closed."""
    while len(ahead) < _MAX_JOINED - 1:
        following = next(numbered, None)
        if following is None:
            break
        ahead.append(following)
    for index, (_, more, _) in enumerate(ahead):
        text = f"{text} {more}"
        if more.count('"') % 2:
            for _ in range(index + 1):
                ahead.popleft()
            return text
    return None


def _lines(pieces: Iterable[bytes], encoding: str) -> Iterator[tuple[int, str, bool]]:
    """Number, text, and whether it is a last line that nothing ends."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    number, pending = 0, ""
    for piece in pieces:
        pending += decoder.decode(piece)
        *whole, pending = pending.split("\n")
        for text in whole:
            number += 1
            yield number, text, False
        if len(pending) > _MAX_PENDING:
            raise CannotRead(
                "Ce fichier n’a pas de fins de ligne : ce n’est sans doute pas une liste. Refaites l’export en CSV."
            )
    pending += decoder.decode(b"", True)
    for text in pending.split("\n"):
        number += 1
        if text:
            yield number, text, True


def cells_of(text: str, delimiter: str) -> list[str]:
    """The cells of one record, blanks around and doubled taken away."""
    if '"' in text:
        try:
            cells = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:
            cells = text.split(delimiter)
    else:
        cells = text.split(delimiter)
    return [_clean(cell) for cell in cells]


def _clean(cell: str) -> str:
    if not cell.isascii():
        cell = cell.translate(_INVISIBLE)
    # What a spreadsheet is kept from computing by a sign in front (see `accounts.tables`) is meant without it.
    if cell.startswith("'"):
        cell = cell[1:]
    return " ".join(cell.split())
