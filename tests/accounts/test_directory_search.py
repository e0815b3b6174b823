"""Search of people: accents, capitals, order of words, bounds; the column it reads, kept by every way of writing."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps

from accounts import directory_search
from accounts.models import Agent
from accounts.plain_text import plain
from tests.each import each
from tests.factories import make_agent, make_establishment, population

pytestmark = pytest.mark.django_db


def names(text: str, **bounds: int) -> list[str]:
    return [agent.full_name for agent in directory_search.find(text, **bounds)]


@each(
    "text",
    [
        "Hélène",
        "helene",
        "HÉLÈNE",
        "He\u0301le\u0300ne",
        "lacroix-d’œuvre",
        "LACROIX D'OEUVRE",
        "oeuvre helene",
        "helene.lacroix@ac-reunion.fr",
        " Helene.Lacroix@AC-REUNION.FR ",
        "lacr hel",
        "h lacroix",
        "hélène\0lacroix",
        "Hélène_Lacroix",
    ],
)
def test_find_ignores_accents_capitals_signs_and_order(text: str) -> None:
    Agent.objects.all().delete()
    make_agent("helene.lacroix@ac-reunion.fr", given_name="Hélène", family_name="Lacroix-d’Œuvre")
    make_agent(given_name="Jean", family_name="Payet")
    assert names(text) == ["Hélène Lacroix-d’Œuvre"]


@each("text", ["", " ", "h", "%", "_", "%%%%", "' OR 1=1", "\0", "--", "@", "hélène payet", "x" * 9000])
def test_find_of_what_names_nobody(text: str) -> None:
    make_agent(given_name="Hélène", family_name="Hoarau")
    make_agent(given_name="Jean", family_name="Payet")
    assert names(text) == []


def test_find_is_bounded_and_leaves_out_who_has_gone() -> None:
    for number in range(5):
        make_agent(given_name="Marie", family_name=f"Grondin {number}")
    make_agent(given_name="Marie", family_name="Grondin 0 partie", is_active=False)
    assert names("grondin", limit=3) == [f"Marie Grondin {number}" for number in range(3)]
    assert names("grondin", limit=0) == []


def test_find_puts_the_closest_first() -> None:
    make_agent("anne.abarnaud@ac-reunion.fr", given_name="Anne", family_name="Abarnaud")
    make_agent("zoe.arnaud2@ac-reunion.fr", given_name="Zoé", family_name="Arnaud")
    make_agent("zoe.arnaud@ac-reunion.fr", given_name="Zoé", family_name="Arnaud-Z")
    assert names("arnaud") == ["Zoé Arnaud", "Zoé Arnaud-Z", "Anne Abarnaud"]
    assert names("zoe.arnaud@ac-reunion.fr")[0] == "Zoé Arnaud-Z"


def test_find_is_one_query(django_assert_num_queries) -> None:
    for _ in range(3):
        make_agent(family_name="Técher", establishment=make_establishment())
    with django_assert_num_queries(1):
        found = directory_search.find("techer")
        assert len({agent.establishment.name for agent in found if agent.establishment}) == 3


def test_search_text_follows_every_way_of_writing() -> None:
    agent = make_agent(given_name="Zoé", family_name="Técher")
    agent.family_name = "Rivière"
    agent.save()
    assert names("zoe riviere")
    agent.family_name = "Fontaine"
    agent.save(update_fields=["family_name"])
    assert names("zoe fontaine")
    assert not names("riviere")
    agent.family_name = "Bègue"
    Agent.objects.bulk_update([agent], ["family_name"])
    assert names("zoe begue")
    one = Agent(address="x.y@ac-reunion.fr", given_name="Éloïse", family_name="Boyer", population=population())
    Agent.objects.bulk_create([one])
    assert names("eloise boyer")
    one = Agent(address="x.y@ac-reunion.fr", given_name="Éloïse", family_name="Çava", population=population())
    Agent.objects.bulk_create(
        [one], update_conflicts=True, unique_fields=["address"], update_fields=["given_name", "family_name"]
    )
    assert names("eloise cava")


def test_a_name_is_not_changed_behind_the_search() -> None:
    make_agent()
    with pytest.raises(TypeError):
        Agent.objects.update(family_name="Hoarau")
    assert Agent.objects.update(is_active=True) == 1


def test_people_known_before_are_filled_in() -> None:
    agent = make_agent(given_name="Zoé", family_name="Técher")
    Agent.objects.update(search_text="")
    importlib.import_module("accounts.migrations.0005_fill_agent_search_text").fill(apps, None)
    agent.refresh_from_db()
    assert agent.search_text == plain(f"Zoé Técher {agent.address}")
