"""Eight bytes that stand for a message: keyed (BLAKE2b), so that nobody learns from them which message it is.

The key is made for one census, sealed, and goes with it. Two of 200,000 different messages have the same digest in one
of a thousand million mailboxes.
"""

from __future__ import annotations

import hashlib
import re
import secrets

# What is fetched of every message, and of those that have no identifier.
IDENTIFIER_FIELD = "MESSAGE-ID"
OTHER_FIELDS = ("DATE", "FROM", "TO", "CC", "SUBJECT")

_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_IDENTIFIER = re.compile(rb"^message-id[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(rb"^([a-z-]+)[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def new_key() -> bytes:
    return secrets.token_bytes(16)


def of_identifier(header: bytes, key: bytes) -> int | None:
    """By the Message-ID field in `header`; None when there is none, or nothing in it."""
    found = _IDENTIFIER.search(_FOLD.sub(b"", header))
    value = b"".join(found[1].split()) if found else b""
    return _digest(b"id", value, key) if value.strip(b"<>") else None


def of_others(header: bytes, size: int, key: bytes) -> int:
    """By date, sender, recipients and subject. The size counts only where there is nothing else: two servers do not
    count the bytes of one message alike."""
    fields = sorted((name.lower(), b" ".join(value.split())) for name, value in _FIELD.findall(_FOLD.sub(b"", header)))
    told = b"\n".join(name + b":" + value for name, value in fields if value)
    return _digest(b"fields", told, key) if told else _digest(b"size", str(size).encode(), key)


def _digest(kind: bytes, value: bytes, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(value, digest_size=8, key=key, person=kind).digest(), "little")
