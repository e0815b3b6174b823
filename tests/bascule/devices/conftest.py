"""A made-up account behind the door to Zimbra, which keeps application passwords and can be told to fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from accounts.models import Agent
from bascule import zimbra_door
from bascule.devices import inventory
from bascule.devices.inventory import Wishes
from bascule.models import Device
from tests.factories import make_moved_agent
from zimbra.errors import ZimbraError
from zimbra.types import AppPassword, AppPasswords, NewAppPassword

SECRET = "ABCDEFGHIJKLMNOP"


@dataclass
class Account:
    """names: those that are there. lists, makes, revokes: raised at the next call of that kind; `made_all_the_same`:
    and the password is there nevertheless."""

    names: list[str] = field(default_factory=list)
    limit: int = 25
    lists: ZimbraError | None = None
    makes: ZimbraError | BaseException | None = None
    revokes: ZimbraError | None = None
    made_all_the_same: bool = False
    asked: list[str] = field(default_factory=list)

    def app_passwords(self) -> AppPasswords:
        if self.lists:
            raise self.lists
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return AppPasswords(tuple(AppPassword(name, at) for name in self.names), self.limit)

    def create_app_password(self, name: str) -> NewAppPassword:
        self.asked.append(name)
        if self.makes is None or self.made_all_the_same:
            self.names.append(name)
        if self.makes:
            raise self.makes
        return NewAppPassword(name, SECRET)

    def revoke_app_password(self, name: str) -> None:
        if self.revokes:
            raise self.revokes
        if name in self.names:
            self.names.remove(name)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """Whoever's mailbox is opened, it is this one. Nobody works unless the test does."""
    made_up = Account()

    @contextmanager
    def door(agent: Agent) -> Iterator[Account]:
        yield made_up

    monkeypatch.setattr(zimbra_door, "mailbox_of", door)
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)
    return made_up


@pytest.fixture
def person(db: None) -> Agent:
    return make_moved_agent()


@pytest.fixture
def device(person: Agent) -> Device:
    return inventory.add(agent=person, wishes=Wishes("ios", "Mon iPhone"), by=person)
