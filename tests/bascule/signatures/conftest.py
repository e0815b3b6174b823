"""The simulated Zimbra of the imports, behind the portal's own door."""

from __future__ import annotations

import pytest

from bascule.replays import confirm
from tests.bascule.imports.conftest import agent, door, mailbox

__all__ = ["agent", "door", "mailbox"]


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests drive the engine themselves."""
    monkeypatch.setattr(confirm, "_hand_out", lambda replay: None)
