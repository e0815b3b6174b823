"""Requests of Postfix out of bytes, however they were cut."""

from __future__ import annotations

import random

import pytest

from quarantine.gateway.policy_protocol import MAX_REQUEST_BYTES, ProtocolError, RequestReader, attributes
from tests.each import each

FIRST = b"request=smtpd_access_policy\nprotocol_state=END-OF-MESSAGE\nsender=a=b@academie.example\nrecipient_count=3"
SECOND = b"request=smtpd_access_policy\nrecipient=\nnext_year=unknown\nhelo_name=\xc3\xa9l\xe8ve\nrecipient_count=4"
STREAM = FIRST + b"\n\n" + SECOND + b"\n\n" + FIRST + b"\n\n"


@each("sizes", [[len(STREAM)], [1] * len(STREAM), [len(FIRST) + 1, 1, 7], [len(FIRST) + 3]])
def test_requests_are_the_same_however_they_are_cut(sizes: list[int]) -> None:
    reader, found, start = RequestReader(), [], 0
    for size in [*sizes, len(STREAM)]:
        found += reader.feed(STREAM[start : start + size])
        start += size
    assert found == [FIRST, SECOND, FIRST]


def test_requests_are_the_same_cut_at_random() -> None:
    chance = random.Random(6)
    for _ in range(50):
        reader, found, rest = RequestReader(), [], STREAM * 3
        while rest:
            size = chance.randrange(1, 200)
            found += reader.feed(rest[:size])
            rest = rest[size:]
        assert found == [FIRST, SECOND, FIRST] * 3


def test_attributes_keep_what_stands_after_the_first_equals_sign() -> None:
    found = attributes(FIRST)
    assert found[b"sender"] == b"a=b@academie.example"
    assert attributes(SECOND)[b"helo_name"] == b"\xc3\xa9l\xe8ve"
    assert attributes(SECOND)[b"next_year"] == b"unknown"


@each(
    "request_",
    [
        b"",
        b"request=junk\nsender=a",
        b"sender=a@b.example",
        b"request=smtpd_access_policy\nsender",
        b"GET / HTTP/1.1\r\nHost: x",
        b"\0" * 100,
    ],
)
def test_what_is_no_request_is_told(request_: bytes) -> None:
    with pytest.raises(ProtocolError):
        attributes(request_)


@each("cut", [MAX_REQUEST_BYTES + 100, 1000])
@each("ending", [b"", b"\n\n", b"\n\nrequest="])
def test_request_without_measure_is_refused(cut: int, ending: bytes) -> None:
    """Whether it ever ends or not, and without what it holds being told."""
    data = b"sender=secret" + b"x" * MAX_REQUEST_BYTES + ending
    reader = RequestReader()
    with pytest.raises(ProtocolError) as caught:  # noqa: PT012
        for start in range(0, len(data), cut):
            list(reader.feed(data[start : start + cut]))
    assert "secret" not in str(caught.value)


def test_many_small_requests_at_once_are_no_long_one() -> None:
    data = STREAM * (2 * MAX_REQUEST_BYTES // len(STREAM))
    assert len(list(RequestReader().feed(data))) == data.count(b"\n\n")
    assert len(list(RequestReader().feed(data + b"request="))) == data.count(b"\n\n")
