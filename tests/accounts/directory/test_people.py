"""Lists of agents, compared with the people that are there."""

from __future__ import annotations

import pytest

from accounts.directory.states import State
from accounts.models import Agent, JournalEntry
from tests.accounts.directory.lists import TITLES, bring_in, carry, codes, hand_in, keys, listed
from tests.factories import make_agent, make_establishment, population

pytestmark = pytest.mark.django_db


def test_people_are_added_changed_deactivated_and_brought_back() -> None:
    place = make_establishment(uai="9740001A")
    same = make_agent("same@ac-reunion.fr", given_name="Sam", family_name="Ebo", establishment=place)
    moved = make_agent("moved@ac-reunion.fr", given_name="Mo", family_name="Ved", function="DIR")
    back = make_agent("back@ac-reunion.fr", given_name="Ba", family_name="Ck", is_active=False)
    gone = make_agent("gone@ac-reunion.fr", password="x" * 12)
    row = hand_in(
        listed(
            "same@ac-reunion.fr;Sam;Ebo;premier degré;974-0001a;",
            "moved@ac-reunion.fr;Mo;Ved;first-degree;9740001A;Chef d’établissement",
            "BACK@ac-reunion.fr;Ba;Ck;Premier Degré;;",
            "new@ac-reunion.fr;Zoé;Œuvre;Equipes DSI;9740001A;DIR",
        ),
        complete=True,
    )
    assert row.state == State.READY
    assert {name: count for name, count in row.counts.items() if count} == {
        "same": 1, "changed": 1, "back": 1, "added": 1, "gone": 1
    }
    assert Agent.objects.filter(address="new@ac-reunion.fr").count() == 0
    from accounts.directory import decisions

    decisions.confirm(row=row, by=None)
    row = carry(row)
    assert row.state == State.DONE
    new = Agent.objects.get(address="new@ac-reunion.fr")
    assert (new.full_name, new.population.code, new.function, new.is_staff) == ("Zoé Œuvre", "dsi", "DIR", False)
    assert not new.has_usable_password()
    assert new.search_text == new.text_to_search()
    for agent in (same, moved, back, gone):
        agent.refresh_from_db()
    assert moved.establishment == place
    assert (back.is_active, gone.is_active) == (True, False)
    assert gone.has_usable_password()
