"""Neither half opens anything alone."""

from __future__ import annotations

import pytest

from accounts import sealing
from bascule.devices import browser_seal
from bascule.devices.browser_seal import WrongKey
from tests.each import each

SECRET = "ABCDEFGHIJKLMNOP"


def test_the_private_key_opens_what_the_public_one_sealed() -> None:
    keys = browser_seal.key_pair()
    sealed = browser_seal.seal(SECRET, public=keys.public, purpose="app-password:1:2")
    assert browser_seal.unseal(sealed, private=keys.private, purpose="app-password:1:2") == SECRET


def test_no_half_shows_the_secret() -> None:
    """With the portal's own keys too: what they open is sealed still, and the public key does not help."""
    keys = browser_seal.key_pair()
    sealed = browser_seal.seal(SECRET, public=keys.public, purpose="p")
    opened = sealing.unseal(sealed)
    assert SECRET.encode() not in sealed + opened
    assert len(opened) == 32 + len(SECRET) + 16
    assert keys.private not in repr(keys)
    assert sealed != browser_seal.seal(SECRET, public=keys.public, purpose="p")


_KEYS = browser_seal.key_pair()


@each(
    ("private", "purpose", "spoil"),
    [
        (browser_seal.key_pair().private, "p", False),
        (_KEYS.private, "q", False),
        (_KEYS.private, "p", True),
        ("", "p", False),
        ("not a key é", "p", False),
        ("AAAA", "p", False),
    ],
)
def test_anything_else_opens_nothing(private: str, purpose: str, spoil: bool) -> None:
    sealed = browser_seal.seal(SECRET, public=_KEYS.public, purpose="p")
    if spoil:
        opened = bytearray(sealing.unseal(sealed))
        opened[-1] ^= 1
        sealed = sealing.seal(bytes(opened))
    with pytest.raises(WrongKey):
        browser_seal.unseal(sealed, private=private, purpose=purpose)


def test_a_row_without_a_sealed_half_opens_nothing() -> None:
    with pytest.raises(WrongKey):
        browser_seal.unseal(b"", private=_KEYS.private, purpose="p")
    with pytest.raises(WrongKey):
        browser_seal.unseal(sealing.seal(b"short"), private=_KEYS.private, purpose="p")
