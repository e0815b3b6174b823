"""People, and the directory's file with their rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import Agent
from tests.factories import make_agent


@pytest.fixture(autouse=True)
def deposit_dir(tmp_path: Path, settings) -> Path:
    settings.DEPOSIT_DIR = tmp_path / "deposits"
    settings.MAIL_DOMAIN = "ac-reunion.fr"
    return tmp_path / "deposits"


@pytest.fixture(autouse=True)
def handed_out(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was put on the queue; nobody works on it."""
    listed: list[tuple[str, int]] = []
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda task, pk, **kwargs: listed.append((task.name, pk)))
    return listed


@pytest.fixture
def staff(db: None) -> Agent:
    return make_agent("dsi@ac-reunion.fr", is_staff=True)


@pytest.fixture
def marie(db: None) -> Agent:
    return make_agent("marie.payet@ac-reunion.fr", given_name="Marie", family_name="Payet")
