"""A person, two of staff, and a file that has been read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Agent
from bascule import deposits, reading
from bascule.models import Deposit
from tests.factories import make_agent

SECRET = "Marie-Rose Grondin"
CARDS = (
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Grondin;Marie-Rose\r\nFN:Marie-Rose Grondin\r\n"
    b"EMAIL:mr.grondin@example.org\r\nEND:VCARD\r\n"
)


@pytest.fixture(autouse=True)
def nobody_works(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEPOSIT_DIR = tmp_path / "deposits"
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


@pytest.fixture
def person() -> Agent:
    return make_agent("luc.payet@ac-reunion.fr", given_name="Luc", family_name="Payet")


@pytest.fixture
def staff() -> Agent:
    return make_agent("eva.dijoux@ac-reunion.fr", given_name="Eva", family_name="Dijoux", is_staff=True)


@pytest.fixture
def colleague() -> Agent:
    return make_agent(is_staff=True)


@pytest.fixture
def deposit(person: Agent) -> Deposit:
    return hand_over(person)


@pytest.fixture
def desk(staff: Agent) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def hand_over(agent: Agent, data: bytes = CARDS, name: str = "carnet.vcf") -> Deposit:
    """A file of `agent`, read."""
    (received,) = deposits.receive(agent=agent, name=name, file=io.BytesIO(data), by=agent).new
    reading.read(received.pk)
    received.refresh_from_db()
    return received


def signed_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client
