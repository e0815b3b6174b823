from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from bascule import standings
from bascule.help_desk import search
from bascule.help_desk.search import Asked
from tests.factories import make_agent, make_establishment, make_wave, population
from tests.pages import parse, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Two of a wave, one moved, one gone, one elsewhere."""
    wave = make_wave("teachers", name="Second degré")
    place = make_establishment(name="Lycée des Bougainvilliers", city="Le Tampon")
    made = {
        "zoe": make_agent("zoe.hoarau@ac-reunion.fr", given_name="Zoé", family_name="Hoarau", population="teachers"),
        "moved": make_agent(
            given_name="Paul",
            family_name="Hoarau",
            population="teachers",
            migrated_at=timezone.now(),
            establishment=place,
        ),
        "gone": make_agent(given_name="Rose", family_name="Hoarau", is_active=False, population="teachers"),
        "other": make_agent(given_name="Hoarau", family_name="Técher", population="others", establishment=place),
    }
    standings.refresh()
    return made, wave, place


def found(people, **asked) -> set[str]:
    names = {agent.pk: name for name, agent in people.items()}
    return {names[key] for key in search.find(Asked(**asked)).keys}


def test_people_are_found_by_all_that_was_asked(people) -> None:
    people, wave, place = people
    teachers = population("teachers").pk
    cases: list[tuple[dict[str, object], set[str]]] = [
        ({"text": "hoarau"}, {"zoe", "moved", "other"}),
        ({"text": "HOARAU zoe"}, {"zoe"}),
        ({"text": "techer"}, {"other"}),
        ({"text": "hoarau", "with_gone": True}, {"zoe", "moved", "gone", "other"}),
        ({"wave": wave.pk}, {"zoe", "moved"}),
        ({"wave": wave.pk, "moved": "oui"}, {"moved"}),
        ({"wave": wave.pk, "moved": "non"}, {"zoe"}),
        ({"wave": wave.pk, "place": place.uai, "population": teachers}, {"moved"}),
        ({"place": place.uai.lower()}, {"moved", "other"}),
        ({"place": "bougainv"}, {"moved", "other"}),
        ({"place": "le tampon", "text": "técher"}, {"other"}),
        ({"population": teachers}, {"zoe", "moved"}),
        ({"wave": 10**17}, set()),
        ({"text": "personne de ce nom"}, set()),
    ]
    for asked, expected in cases:
        assert found(people, **asked) == expected, asked


def test_a_whole_address_finds_its_owner_first_and_even_gone(people) -> None:
    people, _, _ = people
    assert search.find(Asked(text="Zoe.Hoarau@ac-reunion.fr")).exact == people["zoe"].pk
    gone = search.find(Asked(text=people["gone"].address))
    assert gone.keys == [people["gone"].pk]


@pytest.mark.parametrize(
    "asked", [{"text": "ho"}, {"text": "%_"}, {"text": "zo ho"}, {"moved": "oui"}, {"place": "nulle part"}]
)
def test_what_would_list_half_of_all_is_asked_to_be_said_better(people, asked) -> None:
    assert search.find(Asked(**asked)).hint


def test_more_than_are_shown_is_said_and_not_counted(people, monkeypatch) -> None:
    monkeypatch.setattr(search, "MOST", 2)
    some = search.find(Asked(text="hoarau"))
    assert (len(some.keys), some.has_more) == (2, True)
    assert not search.find(Asked(text="zoe hoarau")).has_more


def test_page_and_table_show_what_was_found(desk, people, django_assert_max_num_queries) -> None:
    _, wave, _ = people
    way = reverse("help_desk")
    with django_assert_max_num_queries(9):
        page = desk.get(way, {"vague": wave.pk})
    assert "2 personnes" in text(parse(page.content))
    assert wave.name in text(parse(page.content), "#content table")
    table = b"".join(desk.get(way, {"vague": wave.pk, "format": "csv"}).streaming_content).decode()
    assert '"zoe.hoarau@ac-reunion.fr";"Hoarau";"Zoé"' in table
    assert len(table.splitlines()) == 3
    for rubbish in ("x", "9" * 30, "\0", "-1"):
        assert desk.get(way, {"vague": rubbish, "population": rubbish, "recherche": rubbish}).status_code == 200
