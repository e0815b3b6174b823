"""Sealing of personal contents at rest.

Fernet (AES-128-CBC with HMAC-SHA-256) from `cryptography`, with several keys: the newest seals, all of them open, so
that keys can be changed without a pause. Keys come from PORTAL_SEAL_KEYS.
"""

from __future__ import annotations

import json
import zlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class CannotOpen(Exception):
    """The sealed bytes are damaged, or no configured key fits them."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("PORTAL_SEAL_KEYS is empty: nothing can be stored. See docs/settings.md.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured("PORTAL_SEAL_KEYS: each key is 32 bytes in URL-safe base64.") from error


def seal(data: bytes) -> bytes:
    return _fernet(tuple(settings.SEAL_KEYS)).encrypt(data)


def unseal(sealed: bytes) -> bytes:
    """Reverse of `seal`. Raises CannotOpen."""
    try:
        return _fernet(tuple(settings.SEAL_KEYS)).decrypt(bytes(sealed))
    except InvalidToken as error:
        raise CannotOpen from error


def seal_json(value: Any) -> bytes:
    """Any JSON-able value, compressed before it is sealed."""
    return seal(zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), 1))


def unseal_json(sealed: bytes) -> Any:
    return json.loads(zlib.decompress(unseal(sealed)))
