"""Lists of boxes: added, renamed, moved to another establishment; never taken away."""

from __future__ import annotations

import pytest

from accounts.directory.kinds import Action
from accounts.directory.states import State
from accounts.models import JournalEntry
from boxes.models import Box
from tests.accounts.directory.lists import bring_in, carry, codes, hand_in, keys, listed
from tests.factories import make_agent, make_box, make_establishment

pytestmark = pytest.mark.django_db

TITLES = "Boîte;Nom;UAI;Propriétaire"


def test_boxes_are_added_renamed_moved_and_stay() -> None:
    place = make_establishment(uai="9740001A")
    make_box(address="a@ac-reunion.fr", name="Avant")
    make_box(address="b@ac-reunion.fr", name="Absente")
    row = bring_in(
        listed("A@ac-reunion.fr;Après;9740001A;x@y.fr", "vie-scolaire;Vie scolaire;;", titles=TITLES),
        "boxes",
        complete=True,
    )
    assert (row.state, keys(row, Action.MISSING)) == (State.DONE, ["b@ac-reunion.fr"])
    assert row.look["ignored"] == ["Propriétaire"]
    assert list(Box.objects.order_by("address").values_list("address", "name", "establishment")) == [
        ("a@ac-reunion.fr", "Après", place.pk),
        ("b@ac-reunion.fr", "Absente", None),
        ("vie-scolaire@ac-reunion.fr", "Vie scolaire", None),
    ]
    told = set(JournalEntry.objects.filter(action__startswith="box.").values_list("action", "target_label"))
    assert told == {
        ("box.registered", "vie-scolaire@ac-reunion.fr"),
        ("box.renamed", "a@ac-reunion.fr"),
        ("box.moved", "a@ac-reunion.fr"),
    }


def test_wrong_lines_of_boxes() -> None:
    make_agent("ana@ac-reunion.fr")
    lines = ("ana@ac-reunion.fr;Ana;;", "x@exemple.fr;X;;", "c@ac-reunion.fr;;;", "d@ac-reunion.fr;D;9749999Z;")
    row = hand_in(listed(*lines, titles=TITLES), "boxes")
    assert codes(row) == [(2, "address_of_person"), (3, "outside_domain"), (4, "empty"), (5, "unknown_uai")]


def test_box_changed_since_the_preview_makes_the_list_stale() -> None:
    from accounts.directory import decisions

    box = make_box(address="a@ac-reunion.fr", name="Avant")
    row = hand_in(listed("a@ac-reunion.fr;Après;;", titles=TITLES), "boxes")
    decisions.confirm(row=row, by=None)
    Box.objects.filter(pk=box.pk).update(name="Entre")
    row = carry(row)
    assert (row.state, row.note) == (State.READY, "stale")
    assert Box.objects.get().name == "Entre"
