"""Passwords as they are kept: `cost$salt$digest`, the latter two in hexadecimal."""

from __future__ import annotations

import hashlib
import hmac
import secrets

# The lowest there is, some 0.1 ms: passwords of a simulator are made up, and tests sign in thousands of people.
COST = 2
# What was kept before the cost was written beside it.
_UNWRITTEN_COST = "1024"


def hash_password(password: str) -> str:
    salt = secrets.token_hex(16)
    return f"{COST}${salt}${_digest(password, salt, COST)}"


def hash_matches(stored: str, password: str) -> bool:
    """Whether `stored` was made of `password`; nothing matches "", an account without a password."""
    if not stored:
        return False
    cost, salt, digest = [_UNWRITTEN_COST, *stored.split("$")][-3:]
    return hmac.compare_digest(_digest(password, salt, int(cost)), digest)


def _digest(password: str, salt: str, cost: int) -> str:
    found = hashlib.scrypt(password.encode("utf-8", "replace"), salt=bytes.fromhex(salt), n=cost, r=8, p=1)
    return found.hex()
