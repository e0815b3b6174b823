"""The lines of a file that comes in pieces, however large it is: never more than a piece and a line in memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

# Longer lines are handed on in parts, as LDIF folds them; who puts them together again has a bound of their own.
LONGEST = 1_000_000

_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Physical lines with their ends (LF, CRLF or CR), as `ldif_rules.entries` takes them; UTF-16 becomes UTF-8."""
    rest = b""
    is_continued = False
    for piece in _narrow(pieces):
        lines = (rest + piece).splitlines(keepends=True)
        # A CR may be the first half of a CRLF.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        for line in lines:
            yield b" " + line if is_continued else line
            is_continued = False
        if len(rest) > LONGEST:
            yield b" " + rest if is_continued else rest
            rest, is_continued = b"", True
    if rest:
        yield b" " + rest if is_continued else rest


def _narrow(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder: codecs.IncrementalDecoder | None = None
    for number, piece in enumerate(pieces):
        if number == 0 and (encoding := _wide(piece)):
            decoder = codecs.getincrementaldecoder(encoding)("replace")
        yield piece if decoder is None else decoder.decode(piece).lstrip("\ufeff").encode("utf-8", "replace")


def _wide(head: bytes) -> str:
    """The encoding of a file in two bytes a letter, by its mark or by its zero bytes; "" for any other."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    start = head[:8]
    if len(start) == 8 and start[1::2] == b"\0\0\0\0" and all(start[::2]):
        return "utf-16-le"
    return "utf-16-be" if len(start) == 8 and start[::2] == b"\0\0\0\0" and all(start[1::2]) else ""
