"""Lists of agents, compared with the people that are there, and written."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts import sentences
from accounts.directory.kinds import Action
from accounts.directory.states import State
from accounts.models import Agent, DirectoryImport, JournalEntry, Population
from accounts.sign_in import LocalBackend
from tests.accounts.directory.lists import TITLES, bring_in, codes, hand_in, keys, listed
from tests.factories import make_agent, make_box, make_establishment

pytestmark = pytest.mark.django_db


def counts(row: DirectoryImport) -> dict[str, int]:
    return {name: count for name, count in row.counts.items() if count}


def test_people_are_added_changed_deactivated_and_brought_back() -> None:
    place = make_establishment(uai="9740001A")
    make_agent("same@ac-reunion.fr", given_name="Sam", family_name="Ebo", establishment=place)
    moved = make_agent("moved@ac-reunion.fr", given_name="Mo", family_name="Ved")
    back = make_agent("back@ac-reunion.fr", given_name="Ba", family_name="Ck", is_active=False)
    gone = make_agent("gone@ac-reunion.fr", password="x" * 12)
    data = listed(
        "same@ac-reunion.fr;Sam;Ebo;premier degré;974-0001a;",
        "moved@ac-reunion.fr;Mo;Ved;first-degree;9740001A;Chef d’établissement",
        "BACK@ac-reunion.fr;Ba;Ck;1er degré;;",
        "new@ac-reunion.fr;Zoé;Œuvre;Equipe DSI;9740001A;DIR",
    )
    row = hand_in(data, complete=True)
    assert row.state == State.READY
    assert counts(row) == {"same": 1, "changed": 1, "back": 1, "added": 1, "gone": 1}
    assert not Agent.objects.filter(address="new@ac-reunion.fr").exists()
    assert LocalBackend().get_user(gone.pk) is not None

    row = bring_in(data, complete=True)
    assert row.state == State.DONE
    new = Agent.objects.get(address="new@ac-reunion.fr")
    assert (new.full_name, new.population.code, new.function, new.is_staff) == ("Zoé Œuvre", "dsi", "DIR", False)
    assert not new.has_usable_password()
    assert new.search_text == new.text_to_search()
    moved.refresh_from_db()
    assert (moved.establishment, moved.function) == (place, "DIR")
    assert moved.search_text == moved.text_to_search()
    back.refresh_from_db()
    gone.refresh_from_db()
    assert (back.is_active, gone.is_active) == (True, False)
    # Sessions end with that; the password is there when the person comes back.
    assert LocalBackend().get_user(gone.pk) is None
    assert gone.has_usable_password()
    said = {(entry.action, entry.subject) for entry in JournalEntry.objects.exclude(action="directory.confirmed")}
    assert said == {
        ("directory.deactivated", gone.address),
        ("directory.reactivated", back.address),
        ("directory.imported", ""),
    }
    whole = JournalEntry.objects.get(action="directory.imported")
    assert "ajouts 1, modifications 1, retours 1, départs 1" in sentences.sentence(whole)
    assert counts(hand_in(data, complete=True)) == {"same": 4}


def test_sessions_of_who_left_stay_closed_when_they_are_back(client: Client) -> None:
    gone = make_agent("gone@ac-reunion.fr", given_name="G", family_name="One")
    client.force_login(gone)
    notices = reverse("notices")
    assert client.get(notices).status_code == 200
    bring_in(listed("gone@ac-reunion.fr;non", titles="adresse;actif"))
    assert client.get(notices).status_code == 302
    bring_in(listed("gone@ac-reunion.fr;oui", titles="adresse;actif"))
    gone.refresh_from_db()
    assert (gone.is_active, client.get(notices).status_code) == (True, 302)


def test_partial_list_leaves_others_and_columns_it_lacks() -> None:
    agent = make_agent("a@ac-reunion.fr", given_name="Ana", family_name="Avant", function="DIR", is_staff=True)
    make_agent("b@ac-reunion.fr")
    row = bring_in(listed("a@ac-reunion.fr;Après", titles="Mél;NOM"))
    assert (row.state, counts(row)) == (State.DONE, {"changed": 1})
    after = Agent.objects.get(pk=agent.pk)
    assert (after.full_name, after.function, after.is_staff) == ("Ana Après", "DIR", True)
    row = hand_in(listed("c@ac-reunion.fr;Inconnu", titles="Mél;NOM"))
    assert codes(row) == [(2, "column_needed")]


def test_active_column_deactivates_whoever_it_names() -> None:
    make_agent("a@ac-reunion.fr", given_name="A", family_name="A")
    make_agent("chief@ac-reunion.fr", given_name="A", family_name="A", is_staff=True)
    titles = "courriel,actif,autre"
    row = hand_in(
        listed("a@ac-reunion.fr,non,x", "chief@ac-reunion.fr,Parti,", "nobody@ac-reunion.fr,0,", titles=titles)
    )
    assert counts(row) == {"gone": 1, "staff": 1, "same": 1, "remark": 1}
    assert codes(row, Action.REMARK) == [(4, "unknown_leaver")]
    assert row.look["ignored"] == ["autre"]
    assert codes(hand_in(listed("a@ac-reunion.fr,peut-être,", titles=titles))) == [(2, "bad_yes_no")]


def test_staff_who_come_back_are_remarked_on() -> None:
    make_agent("chief@ac-reunion.fr", given_name="A", family_name="A", is_staff=True, is_active=False)
    row = hand_in(listed("chief@ac-reunion.fr;A;A;first-degree;;"))
    assert (counts(row), codes(row, Action.REMARK)) == ({"back": 1, "remark": 1}, [(2, "staff_back")])


def test_identifier_follows_a_person_to_another_address() -> None:
    ana = make_agent("ana.avant@ac-reunion.fr", given_name="Ana", family_name="Avant", external_id="ana1")
    bob = make_agent("bob@ac-reunion.fr", given_name="Bob", family_name="Bo")
    titles = "uid;mail;prenom;nom;population"
    row = bring_in(
        listed(
            "ana1;ana.apres@ac-reunion.fr;Ana;Après;first-degree",
            "bob7;bob@ac-reunion.fr;Bob;Bo;first-degree",
            titles=titles,
        ),
        complete=True,
    )
    assert counts(row) == {"changed": 2}
    ana.refresh_from_db()
    bob.refresh_from_db()
    assert (ana.address, ana.search_text, bob.external_id) == (
        "ana.apres@ac-reunion.fr",
        ana.text_to_search(),
        "bob7",
    )
    entry = JournalEntry.objects.get(action="directory.address_changed")
    assert (entry.subject, entry.details["before"]) == ("ana.apres@ac-reunion.fr", "ana.avant@ac-reunion.fr")
    wrong = hand_in(
        listed(
            "ana1;bob@ac-reunion.fr;Ana;Après;first-degree",
            "bob8;bob@ac-reunion.fr;Bob;Bo;first-degree",
            "x1;x@ac-reunion.fr;X;X;first-degree",
            "x1;y@ac-reunion.fr;Y;Y;first-degree",
            titles=titles,
        )
    )
    assert codes(wrong) == [(2, "address_taken"), (3, "other_identifier"), (5, "identifier_twice")]


def test_leaver_and_newcomer_of_one_name_and_place_are_told_of_each_other() -> None:
    place = make_establishment(uai="9740001A")
    make_agent("avant@ac-reunion.fr", given_name="Zoé", family_name="D’Été", establishment=place)
    row = hand_in(listed("apres@ac-reunion.fr;ZOE;d'ete;first-degree;9740001A;"), complete=True)
    assert row.counts["twins"] == 1
    assert row.rows.get(action=Action.GONE).twin_key == "apres@ac-reunion.fr"
    assert row.rows.get(action=Action.ADDED).twin_key == "avant@ac-reunion.fr"


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("known@ac-reunion.fr;K;N;first-degree;;", "known@ac-reunion.fr;K;N;first-degree;;", []),
        ("known@ac-reunion.fr;K;N;first-degree;;", "KNOWN@ac-reunion.fr;K;M;first-degree;;", [(3, "twice")]),
        ("new@ac-reunion.fr;K;N;first-degree;;", "new@ac-reunion.fr;K;N;first-degree;;", []),
        ("new@ac-reunion.fr;K;N;first-degree;;", "new@ac-reunion.fr;K;N;first-degree;;DIR", [(3, "twice")]),
    ],
)
def test_same_address_twice(first: str, second: str, found: list[tuple[int, str]]) -> None:
    make_agent("known@ac-reunion.fr", given_name="K", family_name="N")
    row = hand_in(listed(first, second))
    assert codes(row) == found
    if not found:
        assert codes(row, Action.REMARK) == [(3, "same_twice")]
        assert row.state in (State.READY, State.DONE)
    else:
        assert row.rows.get(action=Action.ERROR).original


def test_lines_that_are_wrong_are_told_one_by_one() -> None:
    make_box(address="boite@ac-reunion.fr")
    row = hand_in(
        listed(
            ";Ana;Ana;first-degree;;",
            "pas une adresse;Ana;Ana;first-degree;;",
            "c@ac-reunion.fr;;Ana;first-degree;;",
            "d@ac-reunion.fr;Ana;Ana;Inconnue;;",
            "e@ac-reunion.fr;Ana;Ana;first-degree;9749999Z;",
            "f@ac-reunion.fr;Ana;Ana;first-degree;12;",
            f"g@ac-reunion.fr;{'x' * 300};Ana;first-degree;;",
            "h@ac-reunion.fr;A\0na;Ana;first-degree;;",
            "i@ac-reunion.fr;HervÃ©;Ana;first-degree;;",
            "j@ac-reunion.fr;Herv\ufffd;Ana;first-degree;;",
            'k@ac-reunion.fr;"Ana;Ana;first-degree;;',
            "l@ac-reunion.fr;Ana;Ana;first-degree;;DIR;en trop",
            "boite@ac-reunion.fr;Ana;Ana;first-degree;;",
            "m@ac-reunion.fr;Ana;Ana;first-degree;;Professeur",
        ),
        complete=True,
    )
    assert row.state == State.REFUSED
    assert codes(row) == [
        (2, "empty"),
        (3, "bad_address"),
        (4, "empty"),
        (5, "unknown_population"),
        (6, "unknown_uai"),
        (7, "bad_uai"),
        (8, "cell_too_long"),
        (9, "control_character"),
        (10, "mojibake"),
        (11, "broken_character"),
        (12, "unclosed_quote"),
        (13, "too_many_cells"),
        (14, "address_of_other_kind"),
    ]
    # What it would have done is not kept, nor who would have been missing looked for.
    assert set(row.rows.values_list("action", flat=True)) == {Action.ERROR, Action.REMARK}
    known = row.rows.get(number=5).problems[0][1]["known"]
    assert all(one.label in known for one in Population.objects.all())


def test_titles_are_known_in_many_words_and_any_order() -> None:
    make_establishment(uai="9740001A")
    row = hand_in(
        listed(
            "Direction;9740001A;Hoarau;Équipes DSI;Léa;lea.hoarau@ac-reunion.fr",
            titles="FONCTION;Code établissement;Nom d’usage;Catégorie;Prénom usuel;Adresse e-mail *",
        )
    )
    assert row.rows.get().after == {
        "function": "DIR",
        "establishment_id": row.rows.get().after["establishment_id"],
        "family_name": "Hoarau",
        "population_id": Population.objects.get(code="dsi").pk,
        "given_name": "Léa",
        "address": "lea.hoarau@ac-reunion.fr",
    }
    assert keys(row, Action.ADDED) == ["lea.hoarau@ac-reunion.fr"]


@pytest.mark.parametrize(
    ("titles", "code"),
    [
        ("prénom;nom;population", "column_missing"),
        (f"{TITLES};courriel", "column_twice"),
        ("a.b@ac-reunion.fr;Ana;B", "no_header"),
    ],
)
def test_titles_that_cannot_be_understood(titles: str, code: str) -> None:
    row = hand_in(listed("x;y;z", titles=titles))
    assert (row.state, row.note, row.rows.count()) == (State.REFUSED, code, 0)
