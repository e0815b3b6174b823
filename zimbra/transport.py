"""HTTP under the client: one pool of kept-alive connections, time-outs, and repeats of what may be repeated.

A `Transport` is anything with `send`, `stream` and `close`. What it raises: `Unavailable` when nothing was done or
nothing can have changed, `AnswerLost` when a request that may not be repeated left and its outcome is unknown,
`Garbled` when an answer is larger than any honest one.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from zimbra.errors import LOST, AnswerLost, Garbled, Refused, Unavailable, ZimbraError

Answer = TypeVar("Answer")

CHUNK = 1 << 16

# What a proxy or an overloaded server answers in the service's place. 429 and 503 say that nothing was done; after
# 502 and 504 the service may have done it all the same.
NOT_DONE = frozenset({429, 503})
NO_WORD = frozenset({502, 504})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """repeatable: sending it twice does no more than sending it once, so that the transport may try again.

    sent: called when the last byte has been handed to the network, at each attempt; a transport may leave it out.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    repeatable: bool = False
    sent: Callable[[], None] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpStream:
    """An answer whose body is read by the caller, inside the `with` that opened it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    chunks: Iterator[bytes] = field(repr=False)


class Transport(Protocol):
    def send(self, request: HttpRequest) -> HttpResponse: ...

    def stream(self, request: HttpRequest) -> AbstractContextManager[HttpStream]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. read is the longest silence; whole the longest answer from first to last byte, answer the
    largest; streamed the longest of those a caller reads in pieces, which may be of any size: whole mailboxes are.

    attempts: how often a repeatable request is sent in all. first_wait doubles from one attempt to the next.
    longest_wait: a server that asks to wait longer (Retry-After) is not waited for here but reported.
    connections: to one server at a time, for all threads; a thread waits up to `read` for one to be free.
    """

    connect: float = 5.0
    read: float = 120.0
    whole: float = 900.0
    streamed: float = 21_600.0
    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 20.0
    connections: int = 8
    answer: int = 256 << 20


class HttpTransport:
    """Transport over urllib3. Certificates are always verified, redirects never followed. Safe to share by threads.

    certificates: path of a PEM file of authorities, for a service with a private one; without it the system's, or
    those of the file SSL_CERT_FILE names. ValueError: no such file, or none of certificates.
    plain_http: let addresses in http:// lead to other machines, where passwords and contents can be read on the way;
    without it they are for this machine alone.
    pause and chance are handed in by tests: how to wait, and a number in [0, 1).
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        certificates: str | None = None,
        plain_http: bool = False,
        pause: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._limits = limits or Limits()
        self._plain_http = plain_http
        self._pause = pause
        self._chance = chance
        self._pool = urllib3.PoolManager(
            maxsize=self._limits.connections,
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=self._limits.connect, read=self._limits.read),
            cert_reqs="CERT_REQUIRED",
            ssl_context=None if certificates is None else _trusting(certificates),
        )

    def send(self, request: HttpRequest) -> HttpResponse:
        """The whole answer, whatever its status but 429, 502, 503 and 504. Errors: see the module."""

        def attempt() -> HttpResponse:
            response = self._open(request)
            try:
                chunks = self._chunks(request, response, self._limits.whole)
                return HttpResponse(response.status, response.headers, b"".join(bounded(chunks, self._limits.answer)))
            finally:
                _give_back(response)

        return self._persist(request, attempt)

    @contextmanager
    def stream(self, request: HttpRequest) -> Iterator[HttpStream]:
        """The answer with its body still to come. Only opening it is tried again, never what has begun to arrive."""
        response = self._persist(request, lambda: self._open(request))
        try:
            yield HttpStream(response.status, response.headers, self._chunks(request, response, self._limits.streamed))
        finally:
            _give_back(response)

    def close(self) -> None:
        self._pool.clear()

    def _persist(self, request: HttpRequest, attempt: Callable[[], Answer]) -> Answer:
        limits = self._limits
        tried = 0
        while True:
            try:
                return attempt()
            except Unavailable as error:
                tried += 1
                asked = error.retry_after or 0.0
                if not request.repeatable or tried >= limits.attempts or asked > limits.longest_wait:
                    raise
                # Half to one and a half times the doubled wait: workers cut off together do not come back together.
                wait = limits.first_wait * 2 ** (tried - 1) * (0.5 + self._chance())
                self._pause(max(asked, min(wait, limits.longest_wait)))

    def _open(self, request: HttpRequest) -> urllib3.BaseHTTPResponse:
        if not self._plain_http and not is_private(request.url):
            raise Refused("http.not_encrypted")
        headers = dict(request.headers)
        body: bytes | Iterator[bytes] | None = request.body or None
        if body and request.sent:
            headers["Content-Length"] = str(len(request.body))
            body = _telling(request.body, request.sent)
        try:
            response = self._pool.request(
                request.method,
                request.url,
                body=body,
                headers=headers,
                preload_content=False,
                # Nothing compressed was asked for: what comes so is not unpacked, however small it looks.
                decode_content=False,
                redirect=False,
                pool_timeout=self._limits.read,
            )
        except EmptyPoolError as error:
            raise Unavailable("http.busy") from error
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise Unavailable("http.unreachable") from error
        except HTTPError as error:
            if isinstance(error, SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError):
                raise Unavailable("http.certificate") from error
            raise _cut(request, error) from error
        try:
            _check_status(request, response)
        except ZimbraError:
            _give_back(response)
            raise
        return response

    def _chunks(self, request: HttpRequest, response: urllib3.BaseHTTPResponse, seconds: float) -> Iterator[bytes]:
        deadline = time.monotonic() + seconds
        while True:
            try:
                chunk = response.read1(CHUNK)
            except (HTTPError, OSError) as error:
                raise _cut(request, error) from error
            if not chunk:
                return
            if time.monotonic() > deadline:
                raise no_answer(request, "http.too_slow")
            yield chunk


def bounded(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The same, as long as there are no more than `most` bytes. Garbled: there are."""
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > most:
            raise Garbled("answer too large")
        yield chunk


def _trusting(certificates: str) -> ssl.SSLContext:
    """A context that checks names, and certificates by these authorities alone."""
    try:
        return ssl.create_default_context(cafile=certificates)
    except OSError as error:
        raise ValueError("no readable file of certificates") from error


def is_private(url: str) -> bool:
    """Whether nobody on the way can read: TLS, or this machine itself."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _telling(body: bytes, sent: Callable[[], None]) -> Iterator[bytes]:
    yield body
    sent()


def no_answer(request: HttpRequest, code: str) -> ZimbraError:
    """The error for a request that left and got no usable answer; `code` says how it was lost."""
    return Unavailable(code) if request.repeatable else AnswerLost(LOST, code)


def _cut(request: HttpRequest, error: Exception) -> ZimbraError:
    return no_answer(request, "http.timeout" if isinstance(error, ReadTimeoutError) else "http.cut")


def _check_status(request: HttpRequest, response: urllib3.BaseHTTPResponse) -> None:
    code = f"http.{response.status}"
    if response.status in NOT_DONE:
        raise Unavailable(code, retry_after=retry_after(response.headers.get("Retry-After"), time.time()))
    if response.status in NO_WORD:
        raise no_answer(request, code)


def _give_back(response: urllib3.BaseHTTPResponse) -> None:
    # An answer read to its end has given its connection back already; any other connection is closed, and its place
    # in the bounded pool freed.
    response.close()
    response.release_conn()


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait from a `Retry-After` header (seconds or a date, RFC 9110 section 10.2.3); None if unreadable."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None
