"""The way to Zimbra through a seat: each request waits for its moment, and each answer says how the server is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bascule.bulk.servers import Seat
from zimbra.errors import AnswerLost, Unavailable
from zimbra.transport import HttpRequest, HttpResponse, HttpStream, Transport


class PacedTransport:
    """A `zimbra.transport.Transport` around another, which must not repeat requests by itself: those would not be
    counted."""

    def __init__(self, inner: Transport, seat: Seat) -> None:
        self._inner, self._seat = inner, seat

    def send(self, request: HttpRequest) -> HttpResponse:
        self._seat.wait()
        with self._watched():
            return self._inner.send(request)

    @contextmanager
    def stream(self, request: HttpRequest) -> Iterator[HttpStream]:
        self._seat.wait()
        with self._watched(), self._inner.stream(request) as stream:
            yield stream

    def close(self) -> None:
        self._inner.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        except (Unavailable, AnswerLost) as error:
            self._seat.troubled(error)
            raise
        self._seat.well(time.monotonic() - began)
