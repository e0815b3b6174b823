"""Imports of the directory alone: what other applications do after one is tried with them."""

from __future__ import annotations

import pytest

from accounts.directory import after


@pytest.fixture(autouse=True)
def nobody_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(after, "_followers", [])
