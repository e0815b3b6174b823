"""A secret on its way from a worker to one browser, which neither the database nor the browser alone can open.

The page that asks makes a pair of keys. The private one goes to the browser, as a cookie, and is kept nowhere else; the
public one lies in a row, where the worker finds it. What the worker seals with it (X25519 with a key made for this one
message, HKDF-SHA256, ChaCha20-Poly1305) is sealed once more with the portal's keys. So a worker needs nothing secret to
go on with what another one left, the queue carries a number only, and whoever reads the database, all keys of the
portal in hand, learns nothing.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from accounts import sealing

_KEY_BYTES = 32
# Each message has a key of its own, so that one number used once is enough.
_NONCE = bytes(12)


class WrongKey(Exception):
    """This browser does not hold the key, or the sealed bytes belong to something else."""


@dataclass(frozen=True)
class KeyPair:
    """private: text for a cookie. public: 32 bytes for a row."""

    private: str
    public: bytes

    def __repr__(self) -> str:
        return "KeyPair(…)"


def key_pair() -> KeyPair:
    private = X25519PrivateKey.generate()
    return KeyPair(
        base64.urlsafe_b64encode(private.private_bytes_raw()).decode(), private.public_key().public_bytes_raw()
    )


def seal(secret: str, *, public: bytes, purpose: str) -> bytes:
    """Only whoever holds the private key of `public` opens it, and only for the same `purpose`."""
    once = X25519PrivateKey.generate()
    shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    once_public = once.public_key().public_bytes_raw()
    inner = ChaCha20Poly1305(_derived(shared, once_public + public, purpose)).encrypt(_NONCE, secret.encode(), None)
    return sealing.seal(once_public + inner)


def unseal(sealed: bytes, *, private: str, purpose: str) -> str:
    """Reverse of `seal`. Raises WrongKey."""
    try:
        own = X25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(private.encode()))
        opened = sealing.unseal(sealed)
        once_public, inner = opened[:_KEY_BYTES], opened[_KEY_BYTES:]
        shared = own.exchange(X25519PublicKey.from_public_bytes(once_public))
        key = _derived(shared, once_public + own.public_key().public_bytes_raw(), purpose)
        return ChaCha20Poly1305(key).decrypt(_NONCE, inner, None).decode()
    except (InvalidTag, sealing.CannotOpen, binascii.Error, ValueError) as error:
        raise WrongKey from error


def _derived(shared: bytes, keys: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=keys, info=purpose.encode()).derive(shared)
