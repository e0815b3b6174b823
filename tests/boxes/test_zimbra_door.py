"""Tokens that a worker keeps from one box to the next."""

from __future__ import annotations

import pytest

from boxes import zimbra_door
from boxes.zimbra_door import Tokens
from tests.simulated import Simulated
from zimbra.admin import AdminClient
from zimbra.errors import NotFound
from zimbra.session import Token

KEYS = [("https://zimbra.example", "admin@example", f"{one}@example") for one in "abc"]


def test_a_token_is_found_with_what_is_left_of_its_life_until_it_ends() -> None:
    now = [100.0]
    tokens = Tokens(clock=lambda: now[0])
    tokens.keep(KEYS[0], Token("secret", 60.0))
    now[0] += 45
    found = tokens.find(KEYS[0])
    assert found is not None
    assert (found.value, found.lifetime) == ("secret", 15.0)
    now[0] += 15
    assert tokens.find(KEYS[0]) is None
    assert tokens.find(KEYS[1]) is None


def test_a_token_of_unknown_life_is_not_kept() -> None:
    tokens = Tokens()
    tokens.keep(KEYS[0], Token("secret", 60.0))
    tokens.keep(KEYS[0], Token("other"))
    assert tokens.find(KEYS[0]) is None


def test_no_more_than_so_many_are_kept_and_those_in_use_stay() -> None:
    tokens = Tokens(most=2, clock=lambda: 0.0)
    tokens.keep(KEYS[0], Token("a", 60.0))
    tokens.keep(KEYS[1], Token("b", 60.0))
    tokens.find(KEYS[0])
    tokens.keep(KEYS[2], Token("c", 60.0))
    assert [tokens.find(key) is not None for key in KEYS] == [True, False, True]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses for which a token was asked of the administration."""
    found: list[str] = []
    ask = AdminClient.delegate_auth

    def delegate_auth(self: AdminClient, address: str) -> Token:
        found.append(address)
        return ask(self, address)

    monkeypatch.setattr(AdminClient, "delegate_auth", delegate_auth)
    return found


def test_the_next_door_opens_with_the_same_token(door: Simulated, asked: list[str]) -> None:
    address = door.create_account()
    for _ in range(3):
        with zimbra_door.opened() as one:
            one.mailbox(address).noop()
    assert asked == [address]


def test_a_kept_token_that_has_ended_is_replaced_once(door: Simulated, asked: list[str]) -> None:
    address = door.create_account()
    with zimbra_door.opened() as one:
        one.mailbox(address).sign_out()
    with zimbra_door.opened() as one:
        one.mailbox(address).folders_and_identities()
        one.mailbox(address).noop()
    assert asked == [address, address]


def test_a_mailbox_that_is_gone_is_told_by_the_first_request(door: Simulated) -> None:
    address = door.create_account()
    with zimbra_door.opened() as one:
        one.mailbox(address).noop()
        one.admin.delete_account(one.admin.get_account(address).id)
        with pytest.raises(NotFound):
            one.mailbox(address).folders_and_identities()
        with pytest.raises(NotFound):
            one.mailbox(address)
