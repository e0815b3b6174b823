"""Passwords of simulated accounts as they are kept."""

from __future__ import annotations

from zimbra.simulator.store.hashing import hash_matches, hash_password


def test_password_matches_what_was_made_of_it_and_nothing_else() -> None:
    kept = hash_password("motdepasse-é")
    assert "motdepasse" not in kept
    assert hash_matches(kept, "motdepasse-é")
    assert not hash_matches(kept, "motdepasse-e")
    assert hash_password("motdepasse-é") != kept


def test_account_without_a_password_matches_none() -> None:
    assert not hash_matches("", "")
    assert not hash_matches("", "motdepasse")


def test_password_kept_before_the_cost_was_written_beside_it_still_matches() -> None:
    digest = (
        "eed6bf9af0a88a24b70f0a5ad04b4ba6dccdf5483a0b67a9596bea28907b4781"
        "2c9308d7f1be6ce826b748ff166fbcfbf3d4eb46bbd4aa3e093b06e5e8ddbf16"
    )
    assert hash_matches(f"00ff${digest}", "ancien")
    assert not hash_matches(f"00ff${digest}", "autre")
