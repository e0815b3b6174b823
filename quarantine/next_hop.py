"""Handing a message over by LMTP or SMTP, with one thing that must be known at every moment: could it have been taken?

Until the line with a single dot has left, the server has nothing. After it, the server has the message, whether its
answer arrives or not (RFC 5321, 4.2.5). Source: RFC 5321, RFC 2033 (LMTP), RFC 6531 (SMTPUTF8), RFC 6152 (8BITMIME).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 30.0
# Filters, virus scanners and full disks: the RFC grants ten minutes; a mail server behind us waits as long.
ANSWER_SECONDS = 300.0

_CHUNK = 256 << 10
_MAX_LINE = 4096
_MAX_LINES = 200
_PROTOCOLS = ("lmtp", "smtp")


class BadRoute(ValueError):
    """The setting names no server."""


class Unreachable(Exception):
    """The server could not be reached, or broke off before it had the message: nothing was taken. The text is a short
    code for logs and staff."""


@dataclass(frozen=True)
class Route:
    """Where a message goes. protocol: lmtp or smtp; path: of a unix socket, then host and port are not used."""

    protocol: str
    host: str = ""
    port: int = 0
    path: str = ""


@dataclass(frozen=True)
class Letter:
    """What is handed over. raw: lines end with CRLF, dots as they are; options: of MAIL FROM as they came in."""

    mail_from: str
    rcpt_tos: Sequence[str]
    raw: bytes
    options: Sequence[str] = ()


@dataclass(frozen=True)
class Reply:
    """A server's answer; code 0: it was lost, so that the message may have been taken or not."""

    code: int
    text: str = field(default="", repr=False)

    @property
    def taken(self) -> bool:
        return 200 <= self.code < 300

    @property
    def lost(self) -> bool:
        return self.code == 0

    @property
    def refused(self) -> bool:
        """For good."""
        return self.code >= 500

    @property
    def line(self) -> str:
        """As one line of an answer of ours."""
        text = " ".join(self.text.encode("ascii", "replace").decode().split())
        return f"{self.code} {text}"[:480].rstrip()


LOST = Reply(0)
_NO_UTF8 = Reply(553, "5.6.7 The next server does not take addresses with accents (SMTPUTF8)")


def route(url: str) -> Route:
    """lmtp://host:port, smtp://host:port, lmtp:///path/of/a/socket. Raises BadRoute."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadRoute(f"not the address of a server: {url}") from error
    if parts.scheme not in _PROTOCOLS:
        raise BadRoute(f"begins neither with lmtp:// nor with smtp://: {url}")
    if not parts.hostname and parts.path in {"", "/"}:
        raise BadRoute(f"names no server: {url}")
    if not parts.hostname:
        return Route(parts.scheme, path=unquote(parts.path))
    if not port:
        raise BadRoute(f"names no port: {url}")
    return Route(parts.scheme, parts.hostname, port)


def hand_over(where: Route, letter: Letter, *, before_dot: Callable[[], None] | None = None) -> list[Reply]:
    """Hand the letter over; gives a reply for each of its recipients, in their order.

    before_dot is called when all but the last line has been sent: what it raises leaves the server without the message.
    Raises Unreachable.
    """
    try:
        line = _Line(where)
    except OSError as error:
        raise Unreachable(f"connect.{type(error).__name__}") from error
    with line:
        try:
            line.greet(where.protocol)
            replies = line.envelope(letter)
            accepted = [at for at, reply in enumerate(replies) if reply.taken]
            refusal = line.body(letter.raw) if accepted else None
        except (OSError, _Garbled) as error:
            raise Unreachable(f"session.{type(error).__name__}") from error
        if refusal is None and accepted:
            if before_dot is not None:
                before_dot()
            ends = line.end(len(accepted) if where.protocol == "lmtp" else 1)
        else:
            ends = [refusal or LOST]
        for number, at in enumerate(accepted):
            replies[at] = ends[number if len(ends) > 1 else 0]
    return replies


class _Garbled(Exception):
    """Not an answer of such a server."""


class _Line:
    """A connection, line by line."""

    def __init__(self, where: Route) -> None:
        if where.path:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(CONNECT_SECONDS)
            try:
                self._socket.connect(where.path)
            except OSError:
                self._socket.close()
                raise
        else:
            self._socket = socket.create_connection((where.host, where.port), CONNECT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(COMMAND_SECONDS)
        self._file = self._socket.makefile("rb")
        self._offers: set[str] = set()

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def greet(self, protocol: str) -> None:
        greeting = self._reply()
        if greeting.code != 220:
            raise _Garbled(greeting.line)
        hello = "LHLO" if protocol == "lmtp" else "EHLO"
        answer = self._ask(f"{hello} {socket.gethostname()}")
        if not answer.taken:
            raise _Garbled(answer.line)
        self._offers = {one.split()[0].upper() for one in answer.text.splitlines()[1:] if one.split()}

    def envelope(self, letter: Letter) -> list[Reply]:
        """The replies to the recipients; taken: the server wants the message for them."""
        wanted = {option.upper() for option in letter.options}
        options = ""
        if "SMTPUTF8" in wanted:
            if "SMTPUTF8" not in self._offers:
                return [_NO_UTF8] * len(letter.rcpt_tos)
            options += " SMTPUTF8"
        if "8BITMIME" in self._offers and ("BODY=8BITMIME" in wanted or not letter.raw.isascii()):
            options += " BODY=8BITMIME"
        if "SIZE" in self._offers:
            options += f" SIZE={len(letter.raw)}"
        answer = self._ask(f"MAIL FROM:<{letter.mail_from}>{options}")
        if not answer.taken:
            return [answer] * len(letter.rcpt_tos)
        return [self._ask(f"RCPT TO:<{one}>") for one in letter.rcpt_tos]

    def body(self, raw: bytes) -> Reply | None:
        """All but the last line; the reply when the server does not want it."""
        answer = self._ask("DATA")
        if answer.code != 354:
            return answer if answer.code >= 400 else Reply(451, "4.3.0 not understood")
        stuffed = raw.replace(b"\r\n.", b"\r\n..")
        if raw.startswith(b"."):
            stuffed = b"." + stuffed
        if raw and not raw.endswith(b"\r\n"):
            stuffed += b"\r\n"
        view = memoryview(stuffed)
        for start in range(0, len(view), _CHUNK):
            self._socket.sendall(view[start : start + _CHUNK])
        return None

    def end(self, answers: int) -> list[Reply]:
        """The last line, and what the server says: LOST for each answer that does not come."""
        replies: list[Reply] = []
        try:
            self._socket.settimeout(ANSWER_SECONDS)
            self._socket.sendall(b".\r\n")
            while len(replies) < answers:
                replies.append(self._reply())
        except (OSError, _Garbled):
            return replies + [LOST] * (answers - len(replies))
        with suppress(OSError):
            self._socket.sendall(b"QUIT\r\n")
        return replies

    def _ask(self, command: str) -> Reply:
        if "\r" in command or "\n" in command:
            return Reply(553, "5.1.3 not an address")
        self._socket.sendall(command.encode("utf-8", "surrogateescape") + b"\r\n")
        return self._reply()

    def _reply(self) -> Reply:
        lines: list[str] = []
        while len(lines) < _MAX_LINES:
            line = self._file.readline(_MAX_LINE)
            if not line.endswith(b"\n"):
                raise _Garbled("cut off")
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text[:3].isdigit() or text[3:4] not in {"", " ", "-"}:
                raise _Garbled("no reply")
            lines.append(text[4:])
            if text[3:4] != "-":
                return Reply(int(text[:3]), "\n".join(lines))
        raise _Garbled("too long")
