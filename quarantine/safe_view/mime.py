"""The parts of a message, found without copying or decoding them. Pure and bounded."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from quarantine.safe_view import characters, charsets, fields

MAX_PARTS: Final = 300
MAX_DEPTH: Final = 12
# Lines that begin like a boundary, over the whole message: a hostile one has millions.
MAX_BOUNDARY_LINES: Final = 5_000
_PART_HEADER_BYTES = 16_000
_VALUE_CHARACTERS = 4_000
_NAME_CHARACTERS = 400

_TYPE = re.compile(r"\s*([\w!#$&^.+-]{1,60}/[\w!#$&^.+-]{1,100})\s*(?:;|$)")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,60})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_CONTINUED = re.compile(r"([^*]+)(?:\*(\d{1,2}))?(\*)?")
_ESCAPED = re.compile(r"\\(.)")
_WITHOUT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds no other.

    kind: `text/html`; names: of the file, as its fields give them; group: number of the
    multipart/alternative it is a choice of, 0 for none; inside: subject of the attached message it lies in, None for
    the message itself; subject: of the attached message that it is; start, end: where its content lies in the raw
    bytes.
    """

    kind: str
    charset: str
    encoding: str
    disposition: str
    names: tuple[str, ...]
    group: int
    inside: str | None
    subject: str
    start: int
    end: int

    @property
    def is_text(self) -> bool:
        """Whether mail programs show it rather than list it."""
        return self.kind in {"text/plain", "text/html"} and self.disposition != "attachment"


@dataclass(slots=True)
class Structure:
    """parts: in their order. codes: of `quarantine.wording`."""

    parts: list[Part] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    group: int
    inside: str | None
    depth: int


def structure(raw: bytes) -> Structure:
    """The parts of the message, of attached messages too. What goes beyond the bounds is left out and said."""
    walk = _Walk(raw)
    header = fields.read(raw)
    walk.enter(header, _Place(header.body_at, len(raw), 0, None, 0), "text/plain")
    return walk.found


def content(raw: bytes, part: Part, limit: int) -> tuple[bytes, bool]:
    """The first `limit` bytes of the part, decoded, and whether there are more. Wrong encodings give what they can."""
    encoded = raw[part.start : min(part.end, part.start + limit * 2)]
    if part.encoding == "base64":
        plain = encoded.translate(None, _WITHOUT_BASE64)
        # A single letter left over holds no whole byte.
        plain = plain[: len(plain) - (len(plain) % 4 == 1)]
        data = binascii.a2b_base64(plain + b"=" * (-len(plain) % 4))
    elif part.encoding == "quoted-printable":
        data = binascii.a2b_qp(encoded)
    else:
        data = encoded
    return data[:limit], len(data) > limit or part.end > part.start + limit * 2


def size(raw: bytes, part: Part) -> int:
    """Size of the part in bytes once decoded, near enough, without decoding it."""
    length = part.end - part.start
    if part.encoding != "base64":
        return length
    blanks = raw.count(b"\n", part.start, part.end) + raw.count(b"\r", part.start, part.end)
    return (length - blanks) * 3 // 4 - raw.count(b"=", max(part.start, part.end - 6), part.end)


def parameters(value: str) -> dict[str, str]:
    """Parameters of a Content-Type or Content-Disposition; split and encoded ones (RFC 2231) put together."""
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(value[:_VALUE_CHARACTERS]):
        text = match[2].strip()
        if len(text) > 1 and text.startswith('"'):
            text = _ESCAPED.sub(r"\1", text[1:-1])
        name = _CONTINUED.match(match[1].lower())
        if name:
            pieces.setdefault(name[1], []).append((int(name[2] or 0), bool(name[3]), text))
    return {name: _joined(sorted(found, key=lambda one: one[0])) for name, found in pieces.items()}


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """A part of it is percent-encoded bytes, after the name of their charset."""
    if not any(encoded for _, encoded, _ in pieces):
        return fields.decoded("".join(text for _, _, text in pieces) if len(pieces) > 1 else pieces[0][2])
    charset, data = "", b""
    for at, (_, encoded, text) in enumerate(pieces):
        if encoded and at == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    return charsets.decode(data, charset)[0]


class _Walk:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.found = Structure()
        self.groups = 0
        self.boundary_lines = 0
        self.entered = 0

    def enter(self, header: fields.Fields, place: _Place, default: str) -> None:
        self.entered += 1
        if self.entered > MAX_PARTS or place.depth > MAX_DEPTH:
            self.found.codes.add("truncated")
            return
        if header.cut:
            self.found.codes.add("truncated")
        stated = header.first("Content-Type")[:_VALUE_CHARACTERS]
        match = _TYPE.match(stated)
        kind = match[1].lower() if match else default
        values = parameters(stated)
        if kind in _SEALED:
            self.found.codes.add("encrypted")
        if kind.startswith("multipart/"):
            if self._enter_parts(kind, values.get("boundary", ""), place):
                return
            self.found.codes.add("broken")
            kind = "text/plain"
        if kind != "message/rfc822":
            self._add(header, kind, values, place)
        else:
            inner = fields.read(self.raw, place.start, place.end)
            subject = characters.line(fields.decoded(inner.first("Subject")), 120) or "sans objet"
            self._add(header, kind, values, place, subject)
            below = _Place(inner.body_at, place.end, 0, subject, place.depth + 1)
            self.enter(inner, below, "text/plain")

    def _enter_parts(self, kind: str, boundary: str, place: _Place) -> bool:
        """Whether there were any."""
        spans = self._spans(boundary, place) if boundary else []
        group = place.group
        if kind == "multipart/alternative" and not group:
            self.groups += 1
            group = self.groups
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for start, end in spans:
            header = fields.read(self.raw, start, end, _PART_HEADER_BYTES)
            self.enter(header, _Place(header.body_at, end, group, place.inside, place.depth + 1), default)
        return bool(spans)

    def _spans(self, boundary: str, place: _Place) -> list[tuple[int, int]]:
        """Between which bytes each part lies (RFC 2046, 5.1.1). The last one may lack its end."""
        mark = b"--" + boundary.encode("utf-8", "replace")[:200]
        spans: list[tuple[int, int]] = []
        begun: int | None = None
        at = place.start
        while (at := self.raw.find(mark, at, place.end)) >= 0:
            self.boundary_lines += 1
            if self.boundary_lines > MAX_BOUNDARY_LINES or len(spans) > MAX_PARTS:
                self.found.codes.add("truncated")
                break
            line_end = self.raw.find(b"\n", at, min(place.end, at + 1_000))
            rest = self.raw[at + len(mark) : line_end if line_end >= 0 else min(place.end, at + 1_000)].strip()
            if (at == place.start or self.raw[at - 1 : at] == b"\n") and rest in {b"", b"--"}:
                if begun is not None:
                    spans.append((begun, max(begun, at - 1)))
                begun = None if rest else (line_end + 1 if line_end >= 0 else place.end)
                if rest:
                    return spans
            at += len(mark)
        if begun is not None:
            spans.append((begun, place.end))
        return spans

    def _add(self, header: fields.Fields, kind: str, values: dict[str, str], place: _Place, subject: str = "") -> None:
        stated = header.first("Content-Disposition")
        disposition = stated.partition(";")[0].strip().lower()[:40]
        names = [parameters(stated).get("filename", ""), values.get("name", "")]
        self.found.parts.append(
            Part(
                kind=kind,
                charset=values.get("charset", ""),
                encoding=header.first("Content-Transfer-Encoding").strip().lower()[:40],
                disposition=disposition,
                names=tuple(dict.fromkeys(name[:_NAME_CHARACTERS] for name in names if name)),
                group=place.group,
                inside=place.inside,
                subject=subject,
                start=place.start,
                end=place.end,
            )
        )
