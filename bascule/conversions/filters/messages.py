"""A mail message as filter rules see it: decoded headers, addresses, size, text, attachments.

Both engines that try rules on a message look at it through this. Whatever the octets are, nothing here raises: a
message of rubbish has no headers, and a body. Formats: RFC 5322, 2045 to 2047, 2231. Nesting and the number of parts
are bounded.
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as _Parameters
from functools import cached_property
from typing import NamedTuple

from bascule.conversions.lines import decode_mixed

_MAX_DEPTH = 20
_MAX_PARTS = 200
# Text that is shown or searched. A longer one is cut: rules look for words that stand in what a person reads.
_MAX_TEXT = 500_000

_BLANK_LINE = re.compile(rb"(?:^|\n)\r?\n|\A\r?\n")
_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_WORD = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([bqBQ])\?([^?\n]*)\?=")
_ADDRESS = re.compile(r'("(?:[^"\\]|\\.)*+"|[^\s@"<>:,;()]++)\s*+@\s*+(\[[^\]\s]*+\]|[^\s@<>",;:()\[\]]++)')
_ROUTE = re.compile(r"@[^:]*:")
_QUOTED_PAIR = re.compile(r"\\(.)")
_TAG = re.compile(r"<(/?)([A-Za-z!?][A-Za-z0-9]*)?[^<>]*>")


class Part(NamedTuple):
    """A leaf of the message, or (without name and text) what stands around the parts of a multipart.

    kind: media type in lower case. text: decoded, "" when it is no text. octets: decoded. name: of the file.
    """

    kind: str
    text: str
    octets: bytes
    name: str
    attached: bool


@dataclass(frozen=True, eq=False)
class Message:
    """headers: (name as written, raw value unfolded and stripped), in order. body: the octets after them."""

    raw: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Message:
        headers, body = _split(raw)
        return cls(raw, headers, body)

    @property
    def size(self) -> int:
        """Octets, headers included, as they came."""
        return len(self.raw)

    def raw_values(self, name: str) -> list[str]:
        """The values of a header, encoded words as they are, in order; [] when there is none of that name."""
        wanted = name.lower()
        return [value for header, value in self.headers if header.lower() == wanted]

    def values(self, name: str) -> list[str]:
        """The values of a header as a person reads them."""
        return [decoded_words(value) for value in self.raw_values(name)]

    def value(self, name: str) -> str:
        """The first value, "" without one."""
        return next(iter(self.values(name)), "")

    def addresses(self, name: str) -> list[str]:
        """All addresses in the headers of that name, "local@domain", without the names of people."""
        return [address for value in self.raw_values(name) for address in addresses_of(value)]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """In order, each multipart before the parts in it."""
        return tuple(_leaves(self.headers, self.body))

    @property
    def text(self) -> str:
        """What a person reads: the plain text, else the text of the HTML."""
        shown = [part for part in self.parts if part.kind.startswith("text/") and not part.attached]
        plain = [part.text for part in shown if part.kind == "text/plain"]
        found = plain or [text_of_html(part.text) for part in shown if part.kind == "text/html"]
        return "\n".join(text.strip() for text in found)[:_MAX_TEXT]

    @property
    def attachments(self) -> list[str]:
        """Names of the attached files, "" for one without a name."""
        return [part.name for part in self.parts if part.attached]

    @cached_property
    def raw_body(self) -> str:
        """The body with its encodings and boundaries, as text."""
        return _unified(decode_mixed(self.body[:_MAX_TEXT]))


def decoded_words(value: str) -> str:
    """A header value with its encoded words (RFC 2047) decoded; those that cannot be stay as they are."""
    if "=?" not in value:
        return value
    pieces: list[str] = []
    pending, charset, end = b"", "", 0
    for found in _WORD.finditer(value):
        octets = _word_octets(found[2], found[3])
        gap = value[end : found.start()]
        if not (pending and not gap.strip()):
            pieces += (_charset_text(pending, charset), gap)
            pending = b""
        elif found[1].lower() != charset:
            pieces.append(_charset_text(pending, charset))
            pending = b""
        if octets is None:
            pieces += (_charset_text(pending, charset), found[0])
            pending = b""
        else:
            pending, charset = pending + octets, found[1].lower()
        end = found.end()
    pieces += (_charset_text(pending, charset), value[end:])
    return "".join(pieces)


def addresses_of(value: str) -> list[str]:
    """The addresses of a header value: "local@domain", quotation marks around the local part undone."""
    found = []
    for piece in _mailboxes(value):
        start = piece.rfind("<")
        if start >= 0:
            stop = piece.find(">", start)
            inside = piece[start + 1 : stop].strip() if stop > start else ""
            if route := _ROUTE.match(inside):
                inside = inside[route.end() :]
            match = _ADDRESS.fullmatch(inside)
        else:
            match = _ADDRESS.match(piece.strip())
        if match:
            local = match[1]
            if local[0] == '"':
                local = _QUOTED_PAIR.sub(r"\1", local[1:-1])
            found.append(f"{local}@{match[2]}")
    return found


def text_of_html(markup: str) -> str:
    """The words of an HTML text: tags become blanks, scripts and styles are gone, entities are characters."""
    words: list[str] = []
    last, end, skipped = " ", 0, ""
    for found in _TAG.finditer(markup):
        name = (found[2] or "").lower()
        piece = "" if skipped else markup[end : found.start()]
        end = found.end()
        if piece:
            words.append(piece)
            last = piece[-1]
        if not last.isspace():
            words.append(" ")
            last = " "
        if name in ("script", "style"):
            skipped = "" if found[1] else name
    if not skipped:
        words.append(markup[end:])
    return html.unescape("".join(words))


# ------------------------------------------------------------------------------------------------ headers and body


def _split(raw: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    blank = _BLANK_LINE.search(raw)
    head, body = (raw[: blank.start()], raw[blank.end() :]) if blank else (raw, b"")
    unfolded: list[list[bytes]] = []
    for line in head.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t") and unfolded:
            unfolded[-1].append(b" " + line[1:])
        else:
            unfolded.append([line])
    lines = (b"".join(pieces).replace(b"\0", b"").replace(b"\r", b"") for pieces in unfolded)
    found = (match for line in lines if (match := _HEADER.fullmatch(line)))
    return tuple((match[1].decode("ascii"), decode_mixed(match[2]).strip(" \t\n")) for match in found), body


def _word_octets(encoding: str, text: str) -> bytes | None:
    raw = text.encode("ascii", "replace")
    if encoding in "qQ":
        return quopri.decodestring(raw.replace(b"_", b"=20"))
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return None


def _charset_text(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset or "utf-8").replace("\r", "").replace("\n", "").replace("\0", "")
    except (LookupError, UnicodeError, ValueError):
        return decode_mixed(octets)


def _mailboxes(value: str) -> Iterator[str]:
    """The pieces between commas, semicolons and the colons of groups; comments in parentheses left out."""
    piece: list[str] = []
    depth = 0
    quoted = angle = False
    escaped = False
    for character in value:
        if escaped:
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif quoted:
            quoted = character != '"'
        elif character == '"' and not depth:
            quoted = True
        elif character == "(" and not angle:
            depth += 1
        elif character == ")" and depth:
            depth -= 1
            continue
        elif not depth and character in "<>":
            angle = character == "<"
        elif not depth and not angle and character in ",;:":
            yield "".join(piece)
            piece = []
            continue
        if not depth:
            piece.append(character)
    yield "".join(piece)


# ----------------------------------------------------------------------------------------------------------- parts


def _leaves(headers: tuple[tuple[str, str], ...], body: bytes) -> Iterator[Part]:
    waiting = [(headers, body, 0)]
    seen = 0
    while waiting and seen < _MAX_PARTS:
        headers, body, depth = waiting.pop()
        seen += 1
        about = _Parameters()
        for name, value in headers:
            key = name.lower()
            if key in ("content-type", "content-disposition", "content-transfer-encoding") and key not in about:
                about[key] = value
        boundary = about.get_boundary() if about.get_content_maintype() == "multipart" else None
        if boundary and depth < _MAX_DEPTH:
            around, pieces = _pieces(body, boundary)
            yield Part(about.get_content_type(), "", around, "", False)
            waiting.extend((*_split(piece), depth + 1) for piece in reversed(pieces))
        else:
            yield _leaf(about, body)


def _pieces(body: bytes, boundary: str) -> tuple[bytes, list[bytes]]:
    """The text before the first line of a boundary with that after the last; what stands between these lines."""
    mark = re.escape(b"--" + boundary.encode("utf-8", "replace"))
    around, *pieces = re.split(rb"(?:\A|\r?\n)" + mark + rb"(?=--|[ \t\r\n]|\Z)", body, maxsplit=_MAX_PARTS)
    found = []
    for piece in pieces:
        if piece.startswith(b"--"):
            around += piece[2:]
            break
        _, _, content = piece.partition(b"\n")
        found.append(content)
    return around, found


def _leaf(about: _Parameters, body: bytes) -> Part:
    kind = about.get_content_type()
    encoding = str(about.get("content-transfer-encoding", "")).strip().lower()
    if encoding == "quoted-printable":
        body = quopri.decodestring(body)
    elif encoding == "base64":
        digits = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
        body = base64.b64decode(digits[: len(digits) - (len(digits) % 4 == 1)] + b"=" * (-len(digits) % 4))
    name = decoded_words(about.get_filename("") or "")
    attached = about.get_content_disposition() == "attachment" or bool(name)
    text = ""
    if kind.startswith("text/"):
        text = _unified(_charset_text_of_body(body[:_MAX_TEXT], about.get_content_charset("") or ""))
    return Part(kind, text, body, name, attached)


def _charset_text_of_body(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset or "utf-8")
    except (LookupError, UnicodeError, ValueError):
        return decode_mixed(octets)


def _unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\0", "")
