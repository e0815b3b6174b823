"""The few things about HTTP that every route needs: a request read once, an answer, who is on the other side."""

from __future__ import annotations

import codecs
import ipaddress
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

Environ = dict[str, Any]

# Far beyond what any request may hold (some 15 MB on a default Zimbra): what is too long is read to its end, into a
# file, so that whoever sent it gets the refusal and not a connection cut in the middle. Only beyond this is it cut.
MAX_BODY = 256 * 1024 * 1024


@dataclass(frozen=True)
class Response:
    status: int
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


def text_response(status: int, text: str) -> Response:
    return Response(status, body=text.encode("utf-8", "replace"))


def json_response(status: int, value: object) -> Response:
    return Response(status, "application/json", json.dumps(value, ensure_ascii=False).encode())


class Request:
    """A WSGI environment with names."""

    def __init__(self, environ: Environ) -> None:
        self._environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        raw = environ.get("PATH_INFO", "")
        self.path: str = raw.encode("latin-1", "replace").decode("utf-8", "replace")
        self.query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        self.content_type: str = environ.get("CONTENT_TYPE", "")
        length = environ.get("CONTENT_LENGTH") or "0"
        self.content_length = int(length) if length.isdecimal() else 0

    @property
    def body(self) -> bytes:
        body: bytes = self._environ["wsgi.input"].read(self.content_length)
        return body

    def header(self, name: str) -> str:
        value: str = self._environ.get("HTTP_" + name.upper().replace("-", "_"), "")
        return value

    def cookie(self, name: str) -> str:
        for part in self.header("Cookie").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return unquote(value.strip('"'))
        return ""

    @property
    def from_this_machine(self) -> bool:
        try:
            address = ipaddress.ip_address(self._environ.get("REMOTE_ADDR", "").partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return bool((mapped or address).is_loopback)


@dataclass(frozen=True)
class FormPart:
    """A field of a form; `filename` is "" unless it is a file."""

    field: str
    filename: str
    content_type: str
    data: bytes


def form_parts(body: bytes, content_type: str) -> list[FormPart]:
    """The fields and files of a multipart/form-data body; nothing when it is no such thing."""
    boundary = parameter(content_type, "boundary")
    if not boundary:
        return []
    parts: list[FormPart] = []
    for section in (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))[1:]:
        head, blank, data = section.partition(b"\r\n\r\n")
        if not blank:
            continue
        headers = {}
        for line in head.decode("utf-8", "replace").split("\r\n"):
            key, _, value = line.partition(":")
            headers[key.strip().lower()] = value.strip()
        disposition = headers.get("content-disposition", "")
        parts.append(
            FormPart(
                parameter(disposition, "name") or "",
                parameter(disposition, "filename") or "",
                headers.get("content-type", "application/octet-stream"),
                data,
            )
        )
    return parts


def parameter(header: str, name: str) -> str | None:
    """A parameter of a header's value, its quotes undone."""
    found = re.search(rf';\s*{name}=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', header, re.IGNORECASE)
    if found is None:
        return None
    return re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]


def charset_of(content_type: str, default: str = "utf-8") -> str:
    """The charset a Content-Type names, when there is such a thing."""
    name = parameter(content_type, "charset") or default
    try:
        codecs.lookup(name)
    except LookupError:
        return default
    return name
