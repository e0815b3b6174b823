"""What several contract tests send."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PIXEL = base64.b64decode(
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def event(uid: str, summary: str = "Réunion", start: str = "20260105T090000Z", more: str = "") -> str:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\nSUMMARY:{summary}\r\n{more}"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def task(uid: str) -> str:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\nBEGIN:VTODO\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Bulletins\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    )


def message(subject: str, sender: str = "marie@exterieur.example", to: str = "a@b.fr", body: str = "Bonjour.") -> bytes:
    """A message as it travels (RFC 5322)."""
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n"
        f"Message-ID: <{abs(hash(subject))}@exterieur.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=us-ascii\r\n\r\n{body}\r\n"
    ).encode()


def soon(look: Callable[[], T], seconds: float = 30.0) -> T:
    """What `look` finds, as soon as it is something: a real server delivers and indexes a while after it answers."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
