"""Lists of establishments: added and changed, never taken away."""

from __future__ import annotations

import pytest

from accounts.directory.kinds import Action
from accounts.directory.states import State
from accounts.models import Establishment
from tests.accounts.directory.lists import bring_in, codes, hand_in, keys, listed
from tests.factories import make_establishment

pytestmark = pytest.mark.django_db


def test_establishments_are_added_and_changed_and_stay() -> None:
    make_establishment(uai="9740001A", name="Avant", city="Le Port")
    make_establishment(uai="9740009Z", name="Absent")
    row = bring_in(
        listed("Saint-Paul,Après,974 0001 a", 'Saint-Leu,"École, dite « du Bas »",9740002B', titles="Commune,Nom,RNE"),
        "establishments",
        complete=True,
    )
    assert row.state == State.DONE
    assert keys(row, Action.MISSING) == ["9740009Z"]
    assert list(Establishment.objects.order_by("uai").values_list("uai", "name", "city")) == [
        ("9740001A", "Après", "Saint-Paul"),
        ("9740002B", "École, dite « du Bas »", "Saint-Leu"),
        ("9740009Z", "Absent", "Saint-Denis"),
    ]


def test_people_handed_in_as_establishments_are_refused() -> None:
    make_establishment(uai="9740001A", name="Collège Bourbon")
    row = hand_in(listed("a@ac-reunion.fr;Ana;Payet;first-degree;9740001A;"), "establishments")
    assert (row.state, row.note) == (State.REFUSED, "other_kind")


def test_wrong_lines_of_establishments() -> None:
    row = hand_in(listed("974;Nom", "9740001A;", "9740002B;Un", "9740002B;Deux", titles="UAI;Nom"), "establishments")
    assert codes(row) == [(2, "bad_uai"), (3, "empty"), (5, "twice")]
