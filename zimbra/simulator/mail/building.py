"""Writing a message part by part: texts in quoted-printable where they must be, files in base64."""

from __future__ import annotations

import base64
import quopri
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from email.header import Header
from email.utils import encode_rfc2231

from zimbra.simulator.mail.compose import one_line

# SMTP's longest line is 998 bytes.
MAX_LINE = 990

_TYPE = re.compile(r"[\w!#$&^.+-]{1,60}/[\w!#$&^.+-]{1,100}\Z", re.ASCII)
_TOKEN = re.compile(r"[\w!#$&^.+-]{1,100}\Z", re.ASCII)

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Piece:
    """A part as written: its header fields and its body."""

    fields: tuple[tuple[str, str], ...]
    body: bytes

    def written(self) -> bytes:
        return head(self.fields) + b"\r\n" + self.body


def head(fields: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("utf-8", "replace")


def text_value(text: str) -> str:
    """A text as a header field holds it."""
    line = one_line(text)
    if line.isascii() and len(line) < MAX_LINE:
        return line
    return Header(line, "utf-8", maxlinelen=75).encode(linesep="\r\n")


def clean_type(content_type: str) -> str:
    """Type and parameters of a Content-Type that can stand in a header; a file of bytes when it makes no sense."""
    kind, _, rest = content_type.partition(";")
    if not _TYPE.match(kind.strip()):
        return "application/octet-stream"
    kept = [kind.strip().lower()]
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        value = value.strip().strip('"')
        if _TOKEN.match(name.strip()) and _TOKEN.match(value) and name.strip().lower() not in ("charset", "boundary"):
            kept.append(f"{name.strip()}={value}")
    return "; ".join(kept)


def text(content_type: str, content: str, more: Fields | None = None) -> Piece:
    """A part of text."""
    data = content.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    plain = data.isascii() and b"\0" not in data and all(len(line) < MAX_LINE for line in data.split(b"\n"))
    way = "7bit" if plain else "quoted-printable"
    body = data if plain else quopri.encodestring(data)
    fields = [
        ("Content-Type", f"{clean_type(content_type)}; charset=utf-8"),
        ("Content-Transfer-Encoding", way),
        *(more or []),
    ]
    return Piece(tuple(fields), body.replace(b"\n", b"\r\n"))


def file(content_type: str, data: bytes, filename: str, *, inline: bool = False, content_id: str = "") -> Piece:
    """A part that is a file; a message is attached as it stands."""
    kind = clean_type(content_type)
    disposition = "inline" if inline else "attachment"
    named = ""
    if filename:
        name = one_line(filename).replace('"', "'").replace("\\", "_")
        named = f'; filename="{name}"' if name.isascii() else f"; filename*={encode_rfc2231(name, 'utf-8')}"
    fields = [("Content-Type", kind), ("Content-Disposition", disposition + named)]
    if content_id:
        fields.append(("Content-ID", f"<{one_line(content_id).strip('<>')}>"))
    if kind == "message/rfc822":
        return Piece(tuple(fields), data)
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return Piece((*fields, ("Content-Transfer-Encoding", "base64")), encoded)


def frame(subtype: str, pieces: list[Piece]) -> Piece:
    """A multipart around some parts."""
    boundary = f"=_{uuid.uuid4()}"
    body = b"".join(f"--{boundary}\r\n".encode() + piece.written() + b"\r\n" for piece in pieces)
    kind = subtype if _TOKEN.match(subtype) else "mixed"
    if kind == "report":
        kind += "; report-type=disposition-notification"
    return Piece((("Content-Type", f'multipart/{kind}; boundary="{boundary}"'),), body + f"--{boundary}--\r\n".encode())


def message(fields: Fields, content: Piece) -> bytes:
    """The whole message: its own fields, then those of its content."""
    return head([*fields, ("MIME-Version", "1.0"), *content.fields]) + b"\r\n" + content.body


def with_fields(raw: bytes, changes: dict[str, str | None]) -> bytes:
    """The message with header fields replaced, added, or left out (None)."""
    end = re.search(rb"\r?\n\r?\n", raw)
    top, rest = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    gone = {name.lower().encode() for name in changes}
    kept: list[bytes] = []
    dropped = False
    for line in top.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] not in (b" ", b"\t"):
            dropped = line.partition(b":")[0].strip().lower() in gone
        if not dropped and line:
            kept.append(line)
    added = head((name, value) for name, value in changes.items() if value is not None)
    return added + b"".join(line + b"\r\n" for line in kept) + b"\r\n" + rest
