"""Postfix's policy delegation protocol, pure: bytes to requests.

A request is lines `name=value`, ended by an empty line; the answer is one line `action=...` and an empty line. Requests
of one connection may follow one another without waiting. Source: SMTPD_POLICY_README of Postfix, "Protocol
description". Names and values are bytes that somebody else chose; nothing in here is trusted.
"""

from __future__ import annotations

from collections.abc import Iterator

# Postfix sends about 1 kB; what clients choose in it is cut by Postfix at 2 kB a value (line_length_limit), and the
# fields of a client's certificate are the longest of the rest.
MAX_REQUEST_BYTES = 65_536
_END = b"\n\n"

Attributes = dict[bytes, bytes]


class ProtocolError(Exception):
    """What came is no request of this protocol: the connection is of no more use. `str()` says why, never with what
    came."""


class RequestReader:
    """Cuts what comes in over one connection into requests, however it was cut on its way."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The requests that are complete with `data`, each without its empty line; to be read to the end. Raises
        ProtocolError, after those that came before: one is too long."""
        rest = self._rest
        if not rest and data.endswith(_END):
            found = data[:-2].split(_END)
        else:
            # What was there has no end but perhaps in its last byte: it is not looked through again.
            start = max(len(rest) - 1, 0)
            rest += data
            found = []
            if rest.find(_END, start) >= 0:
                *found, last = bytes(rest).split(_END)
                self._rest = bytearray(last)
        for request in found:
            if len(request) > MAX_REQUEST_BYTES:
                raise ProtocolError("request too long")
            yield request
        if len(self._rest) > MAX_REQUEST_BYTES:
            raise ProtocolError("request too long")


def attributes(request: bytes) -> Attributes:
    """The attributes of a request as `feed` gives it; of a name given twice the last. Raises ProtocolError."""
    try:
        found = dict([line.split(b"=", 1) for line in request.split(b"\n")])
    except ValueError:
        raise ProtocolError("line without =") from None
    if found.get(b"request") != b"smtpd_access_policy":
        raise ProtocolError("not a request=smtpd_access_policy")
    return found
