"""Header fields of a message or of one of its parts, from bytes that anybody may have written. Pure and bounded.

The library's parser is made for mail that follows the rules; on hostile mail it takes minutes (a million empty lines)
or recurses (comments within comments). This one reads the header in one pass and stops at its bounds.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from quarantine.safe_view import charsets

# A header beyond these is read up to there. Postfix itself stops at 100 kB (header_size_limit).
MAX_BYTES = 256_000
MAX_FIELDS = 1_000
MAX_VALUE_BYTES = 64_000
# Encoded words within one value.
MAX_WORDS = 500

_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
# The first line that is no field ends the header, as it does for Postfix; but for the mark of a mailbox file on top.
_NO_FIELD = re.compile(rb"^(?![!-9;-~]{1,100}[ \t]*:|[ \t])[^\n]", re.MULTILINE)
_MARK = re.compile(rb">?From [^\n]*\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_END_OF_LINE = re.compile(rb"\r?\n")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
# White space between two encoded words is not part of the text (RFC 2047, 6.2).
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")


@dataclass(frozen=True, slots=True)
class Field:
    """name: as written; value: unfolded, encoded words as they stand."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields in their order, the topmost first. body_at: where the body begins; cut: some were not read."""

    all: tuple[Field, ...]
    body_at: int
    cut: bool

    def every(self, name: str) -> list[str]:
        """Values of all fields of that name, the topmost first."""
        wanted = name.lower()
        return [field.value for field in self.all if field.name.lower() == wanted]

    def first(self, name: str) -> str:
        """Value of the topmost field of that name, "" without one."""
        return next(iter(self.every(name)), "")


def read(raw: bytes, start: int = 0, end: int | None = None, limit: int = MAX_BYTES) -> Fields:
    """The header that begins at `start`, its first `limit` bytes. A part that begins with an empty line has none."""
    end = len(raw) if end is None else end
    blank = _END_OF_LINE.match(raw, start, end)
    if blank:
        return Fields((), blank.end(), cut=False)
    header_end, body_at = _end_of_header(raw, start, end)
    mark = _MARK.match(raw, start, header_end)
    start = mark.end() if mark else start
    text = _NO_FIELD.search(raw, start, min(header_end, start + limit))
    if text:
        header_end = body_at = text.start()
    readable_end = min(header_end, start + limit)
    block = _FOLD.sub(b"", raw[start:readable_end])
    fields = []
    lines = block.split(b"\n", MAX_FIELDS)
    for one in lines[:MAX_FIELDS]:
        match = _NAME.match(one)
        if match:
            value = one[match.end() : match.end() + MAX_VALUE_BYTES].strip()
            fields.append(Field(match[1].decode("ascii"), _text(value)))
    return Fields(tuple(fields), body_at, cut=readable_end < header_end or len(lines) > MAX_FIELDS)


def decoded(value: str) -> str:
    """`value` with its encoded words (RFC 2047) in clear. A word that cannot be decoded stays as it is."""
    if "=?" not in value:
        return value
    value = _BETWEEN_WORDS.sub(r"\1", value)
    pieces: list[str] = []
    waiting, waiting_charset, at, words = b"", "", 0, 0
    for match in _WORD.finditer(value):
        content = _word_bytes(match[2], match[3])
        charset = match[1].partition("*")[0].lower()
        words += 1
        if content is None or words > MAX_WORDS:
            continue
        between = value[at : match.start()]
        if waiting and (between or charset != waiting_charset):
            pieces.append(charsets.decode(waiting, waiting_charset)[0])
            waiting = b""
        pieces.append(between)
        # A character of several bytes may be split over two words, against the rule: they are joined first.
        waiting, waiting_charset, at = waiting + content, charset, match.end()
    pieces.append(charsets.decode(waiting, waiting_charset)[0] if waiting else "")
    return "".join(pieces) + value[at:]


def _end_of_header(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header ends and where the body begins."""
    found = (end, end)
    for blank in (b"\n\r\n", b"\n\n"):
        # No further than what was found already: the body may be long.
        at = raw.find(blank, start, found[0])
        if at >= 0:
            found = (at, at + len(blank))
    return found


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", errors="replace")


def _word_bytes(encoding: str, text: str) -> bytes | None:
    if not text.isascii():
        return None
    data = text.encode("ascii")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return None
