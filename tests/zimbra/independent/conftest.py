"""People for clients that others wrote: nothing here knows how those clients work."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pytest

from tests.simulated import PASSWORD, Server


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox, and the word that opens it."""

    address: str
    password: str = PASSWORD


@pytest.fixture
def person(server: Server) -> Person:
    return Person(server.create_account())


@pytest.fixture
def colleague(server: Server) -> Person:
    return Person(server.create_account())


@pytest.fixture
def unique() -> str:
    """A word that stands nowhere else."""
    return "mot" + secrets.token_hex(6)
