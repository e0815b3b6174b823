"""Passwords as they are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets

# A modest cost, some 2 ms: enough for a simulator whose passwords are made up.
SCRYPT = {"n": 1024, "r": 8, "p": 1}


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, **SCRYPT)
    return f"{salt.hex()}${digest.hex()}"


def hash_matches(stored: str, password: str) -> bool:
    salt, _, digest = stored.partition("$")
    if not digest:
        return False
    found = hashlib.scrypt(password.encode("utf-8", "replace"), salt=bytes.fromhex(salt), **SCRYPT)
    return hmac.compare_digest(found.hex(), digest)
