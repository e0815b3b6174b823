from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from accounts import sealing


def test_sealed_bytes_hide_their_content_and_open_again() -> None:
    sealed = sealing.seal("Zoé Lefèvre".encode())
    assert b"Lef" not in sealed
    assert sealing.unseal(sealed).decode() == "Zoé Lefèvre"


def test_json_opens_to_the_same_value() -> None:
    value = {"nom": "Émilie", "nombres": [1, 2.5, None, True]}
    assert sealing.unseal_json(sealing.seal_json(value)) == value


def test_older_key_still_opens_and_the_newest_seals(settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SEAL_KEYS = [old]
    sealed_with_old = sealing.seal(b"x")
    settings.SEAL_KEYS = [new, old]
    assert sealing.unseal(sealed_with_old) == b"x"
    sealed_with_new = sealing.seal(b"y")
    settings.SEAL_KEYS = [old]
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(sealed_with_new)


def test_damaged_bytes_are_told_apart() -> None:
    sealed = bytearray(sealing.seal(b"x"))
    sealed[-2] ^= 1
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(bytes(sealed))


@pytest.mark.parametrize("keys", [[], ["too-short"]])
def test_wrong_keys_stop_the_write(settings, keys: list[str]) -> None:
    settings.SEAL_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        sealing.seal(b"x")
