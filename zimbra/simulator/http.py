"""The few things about HTTP that every route needs: a request read once, an answer, who is on the other side."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

Environ = dict[str, Any]

# Nothing longer is read: the largest body a default Zimbra takes is some 15 MB.
MAX_BODY = 64 * 1024 * 1024

REASONS = {
    200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 413: "Content Too Large", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip


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
