"""Finding people and lists in the directory of addresses."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.simulated import Server
from zimbra.client import ZimbraClient


@dataclass
class People:
    """Three people of one odd surname: Alix, Basile and Chloe."""

    surname: str
    addresses: list[str]


@pytest.fixture
def people(server: Server) -> People:
    surname = f"Zq{secrets.token_hex(5)}"
    addresses = [
        server.create_account(
            f"{first.lower()}.{surname.lower()}@{server.domain}",
            givenName=first,
            sn=surname,
            displayName=f"{first} {surname}",
        )
        for first in ("Alix", "Basile", "Chloe")
    ]
    return People(surname, addresses)


@pytest.fixture
def team(server: Server, people: People) -> Iterator[str]:
    with server.admin() as admin:
        made = admin.create_list(
            f"equipe.{people.surname.lower()}@{server.domain}",
            people.addresses,
            {"displayName": f"Équipe {people.surname}"},
        )
        yield made.address
        admin.delete_list(made.id)


def test_people_are_found_by_part_of_their_name(client: ZimbraClient, people: People) -> None:
    found = client.search_people(people.surname, kind="account")
    # How they are ordered depends on how the server keeps its directory.
    by_address = {person.address: person for person in found.people}
    assert set(by_address) == set(people.addresses)
    assert not found.more
    first = by_address[people.addresses[0]]
    assert (first.first_name, first.last_name, first.kind) == ("Alix", people.surname, "account")
    assert first.name == f"Alix {people.surname}"


def test_nobody_is_found_for_a_name_nobody_has(client: ZimbraClient) -> None:
    assert client.search_people(f"nobody-{secrets.token_hex(8)}").people == ()


def test_a_page_says_when_there_are_more(client: ZimbraClient, people: People) -> None:
    page = client.search_people(people.surname, kind="account", limit=2)
    assert (len(page.people), page.more) == (2, True)
    assert {person.address for person in client.all_people(people.surname, page=10)} == set(people.addresses)


def test_completion_by_the_beginning(client: ZimbraClient, people: People) -> None:
    found = client.complete_person(f"basile.{people.surname}"[:10], kind="account")
    assert people.addresses[1] in {person.address for person in found.people}


def test_person_by_address(client: ZimbraClient, people: People) -> None:
    found = client.person(people.addresses[2].upper())
    assert found is not None
    assert found.address == people.addresses[2]
    assert client.person(f"nobody-{secrets.token_hex(6)}@example.fr") is None


def test_lists_are_told_from_people(client: ZimbraClient, people: People, team: str) -> None:
    groups = client.search_people(people.surname, kind="group")
    assert [(one.address, one.kind) for one in groups.people] == [(team, "group")]
    everybody = {one.address: one.kind for one in client.search_people(people.surname).people}
    assert everybody == {**dict.fromkeys(people.addresses, "account"), team: "group"}
