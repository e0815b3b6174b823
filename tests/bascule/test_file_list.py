"""Mes fichiers with many files: searched, filtered, sorted, paged; each person sees only the own ones."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from bascule.models import Deposit
from tests.each import each
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


def deposit(agent: Agent, name: str, kind: str, size: int) -> None:
    Deposit.objects.create(
        agent=agent, name=name, kind=kind, size=size, sha256=f"{agent.pk}{name}", state=Deposit.State.READ
    )


@pytest.fixture
def page(client: Client) -> Client:
    agent = make_agent()
    for number in range(6):
        kind = Deposit.Kind.CONTACTS if number % 2 else Deposit.Kind.CALENDAR
        deposit(agent, f"export-{number}.dat", kind, 100 * (number * 7 % 5 + 1))
    deposit(make_agent(), "export-of-another.dat", Deposit.Kind.CONTACTS, 1)
    client.force_login(agent)
    return client


def names(page: Client, **query: str) -> list[str]:
    return re.findall(r">(export-[^<]+)<", page.get(reverse("files"), query).content.decode())


def test_files_stand_with_the_newest_first(page: Client) -> None:
    assert names(page) == [f"export-{number}.dat" for number in (5, 4, 3, 2, 1, 0)]


@each(
    ("query", "numbers"),
    [
        ({"recherche": "EXPORT-3"}, [3]),
        ({"recherche": "another"}, []),
        ({"nature": "contacts", "tri": "nom"}, [1, 3, 5]),
        ({"nature": "rubbish", "tri": "rubbish"}, [5, 4, 3, 2, 1, 0]),
        ({"tri": "taille", "nature": "calendar"}, [2, 4, 0]),
        ({"recherche": "\x00"}, [5, 4, 3, 2, 1, 0]),
    ],
)
def test_files_are_searched_filtered_and_sorted(page: Client, query: dict[str, str], numbers: list[int]) -> None:
    assert names(page, **query) == [f"export-{number}.dat" for number in numbers]


def test_nothing_found_leads_back_to_all(page: Client) -> None:
    answer = page.get(reverse("files"), {"recherche": "introuvable"}).content.decode()
    assert "Aucun fichier ne correspond" in answer
    assert "Tout afficher" in answer


def test_a_handful_of_files_needs_no_search(client: Client) -> None:
    agent = make_agent()
    deposit(agent, "export-1.dat", Deposit.Kind.CONTACTS, 1)
    client.force_login(agent)
    assert 'role="search"' not in client.get(reverse("files")).content.decode()
