"""Headers that are shown: whatever a mail program once wrote."""

from __future__ import annotations

import email.header
from typing import Any

import pytest

from bascule.mailbox_check import acts


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"Subject: =?utf-8?q?Ann=C3=A9e?= et r\xc3\xa9union\r\n", "Année et réunion"),
        (b"Subject: r\xe9union\r\n", "réunion"),
        (b"Subject: =?rubbish?q?a=E9?=\r\n", "aé"),
        (b"Subject: =?utf-8?q?=E9?=\r\n", "é"),
        (b"Subject: =?utf-8?b?abc?=\r\n", ""),
        (b"Subject: a\x00b\r\n  c\r\n", "ab c"),
        (b"Subject: " + b"x" * 900, "x" * 200),
        (b"\xff\xfe no header", ""),
    ],
)
def test_any_header_is_told(header: bytes, subject: str) -> None:
    told = acts.Detail(*acts._told(header))
    if subject:
        assert told.subject == subject
    assert not told.is_gone


def test_what_cannot_be_decoded_stands_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(value: str) -> Any:
        raise email.errors.HeaderParseError

    monkeypatch.setattr(email.header, "decode_header", broken)
    assert acts.Detail(*acts._told(b"Subject: =?utf-8?b?x?=\r\n")).subject == "=?utf-8?b?x?="
