"""A simulated Zimbra behind the portal's own door, and workers that the tests drive themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from boxes import zimbra_door
from tests.simulated import Simulated
from zimbra.transport import HttpTransport


@pytest.fixture(autouse=True)
def by_hand(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEPOSIT_DIR = tmp_path / "deposits"
    # Nobody answers there.
    settings.ZIMBRA_URL = settings.ZIMBRA_ADMIN_URL = "http://127.0.0.1:9"
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)
    monkeypatch.setattr(zimbra_door, "HttpTransport", partial(HttpTransport, pause=lambda seconds: None))


@pytest.fixture
def zimbra(simulated: Simulated, settings: Any) -> Iterator[Simulated]:
    settings.ZIMBRA_URL = settings.ZIMBRA_ADMIN_URL = simulated.url
    settings.ZIMBRA_ADMIN_ADDRESS = simulated.admin_address
    settings.ZIMBRA_ADMIN_PASSWORD = simulated.admin_password
    simulated.disturb()
    yield simulated
    simulated.disturb()


def state_of(zimbra: Simulated) -> dict[str, list[str]]:
    """All rows of the simulator's store, in their order, without the sessions of whoever signs in."""
    (path,) = [one for one in zimbra.data.glob("*") if one.suffix in {".db", ".sqlite", ".sqlite3"}]
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))
            for name in tables
            if not any(word in name for word in ("session", "token", "sqlite_"))
        }
