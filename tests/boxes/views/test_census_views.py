"""Pages of the census: who sees and does what, the way through them without JavaScript, hard inputs, few queries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, Establishment
from boxes.models import AccountRequest, Box, BoxUse, CensusEntry, CensusSheet, Role
from tests import pages
from tests.each import each
from tests.factories import assign, make_agent, make_box, make_entry, make_establishment, make_moved_agent, make_wave

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Establishment:
    return make_establishment(uai="9740001A")


@pytest.fixture
def head(school: Establishment) -> Agent:
    return make_agent(establishment=school, function="DIR", given_name="Ève", family_name="Boyer")


@pytest.fixture
def box(school: Establishment) -> Box:
    return make_box(address="loge@ac-reunion.fr", name="La loge", establishment=school)


def sign_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def text(response) -> str:
    assert response.status_code in (200, 422), response.status_code
    return pages.text(pages.parse(response.content))


def said(client: Client, response) -> str:
    return text(client.get(response["Location"]))


# --- who


def test_every_page_as_everybody(school: Establishment, head: Agent, box: Box) -> None:
    """404 for whom the census does not concern, 403 for what a declared owner sees and may not change."""
    owner, member = make_agent(establishment=school), make_agent(establishment=school)
    entry = make_entry(box, owner, Role.OWNER)
    make_entry(box, member, Role.MEMBER)
    other = make_box(establishment=school)
    request = AccountRequest.objects.create(
        establishment=school, given_name="Luc", family_name="Payet", job="a", employer="b"
    )
    everywhere = make_agent(establishment=make_establishment(), function="DIR")
    own = {
        "census_sheet": [school.uai],
        "census_box": [school.uai, box.pk],
        "census_entry_add": [school.uai, box.pk],
        "census_person_new": [school.uai, box.pk],
        "census_copy": [school.uai, box.pk],
        "census_entry_remove": [school.uai, box.pk, entry.pk],
        "census_lists": [school.uai],
        "census_box_edit": [school.uai, box.pk],
    }
    heads = {
        "census_box_add": [school.uai],
        "census_requests": [school.uai],
        "census_request": [school.uai, request.pk],
        "census_submit": [school.uai],
    }
    for agent, expected in (
        (make_agent(), (404, 404, 404)),
        (member, (404, 404, 404)),
        (everywhere, (404, 404, 404)),
        (owner, (200, 403, 404)),
        (head, (200, 200, 200)),
        (make_agent(is_staff=True), (200, 200, 200)),
    ):
        client = sign_in(agent)
        for name, args in own.items():
            assert client.get(reverse(name, args=args)).status_code == expected[0], (name, agent)
        for name, args in heads.items():
            assert client.get(reverse(name, args=args)).status_code == expected[1], (name, agent)
        assert client.get(reverse("census_box", args=[school.uai, other.pk])).status_code == expected[2]


def test_every_write_as_a_stranger_or_a_member(school: Establishment, head: Agent, box: Box) -> None:
    member = make_agent(establishment=school)
    entry = make_entry(box, member, Role.MEMBER)
    writes = {
        "census_submit": [school.uai],
        "census_reopen": [school.uai],
        "census_validate": [school.uai],
        "census_box_add": [school.uai],
        "census_box_kept": [school.uai, box.pk],
        "census_box_edit": [school.uai, box.pk],
        "census_box_remove": [school.uai, box.pk],
        "census_copy": [school.uai, box.pk],
        "census_users": [school.uai, box.pk],
        "census_entry_add": [school.uai, box.pk],
        "census_entry_role": [school.uai, box.pk, entry.pk],
        "census_entry_remove": [school.uai, box.pk, entry.pk],
        "census_person_new": [school.uai, box.pk],
        "census_list_take": [school.uai],
    }
    for agent in (make_agent(), member):
        client = sign_in(agent)
        for name, args in writes.items():
            assert client.post(reverse(name, args=args), {"role": "owner"}).status_code == 404, name
    assert sign_in(head).post(reverse("census_validate", args=[school.uai])).status_code == 403
    assert [row.role for row in CensusEntry.objects.all()] == [Role.MEMBER]


def test_one_establishment_is_opened_at_once(school: Establishment, head: Agent) -> None:
    assert sign_in(head).get(reverse("census"))["Location"] == reverse("census_sheet", args=[school.uai])
    assert "ne vous concerne" in text(sign_in(make_agent()).get(reverse("census")))
    staff = sign_in(make_agent(is_staff=True))
    assert school.name in text(staff.get(reverse("census")))
    assert "Aucun établissement" in text(staff.get(reverse("census"), {"recherche": "n'importe\0quoi"}))
    assert school.name in text(staff.get(reverse("census"), {"etat": "open"}))


@each("uai", ["0000000X", "9740001A'", "é", "%00", "x" * 400])
def test_places_that_are_not(head: Agent, uai: str) -> None:
    assert sign_in(head).get(f"/recensement/{uai}/").status_code == 404


# --- the sheet


def test_a_census_from_the_first_person_to_validated(school: Establishment, head: Agent, box: Box) -> None:
    client, staff = sign_in(head), sign_in(make_agent(is_staff=True))
    sheet = reverse("census_sheet", args=[school.uai])
    assert "À renseigner" in text(client.get(sheet))
    agent = make_agent(given_name="Zoé", family_name="Técher", establishment=school)
    add = reverse("census_entry_add", args=[school.uai, box.pk])
    assert "Zoé Técher" in text(client.get(add, {"recherche": "techer"}))
    answer = client.post(add, {"personne": agent.pk, "role": "owner", "recherche": "techer"})
    shown = said(client, answer)
    assert "Zoé Técher est dans la liste : propriétaire" in shown
    assert "Déjà dans la liste" in shown
    assert "1 boîte renseignée sur 1" in text(client.get(sheet))
    assert "Rien ne manque" in text(client.get(reverse("census_submit", args=[school.uai])))
    assert "transmis" in said(client, client.post(reverse("census_submit", args=[school.uai])))
    assert "rouvrez-le" in text(client.get(sheet))
    assert "est transmis" in said(client, client.post(add, {"personne": make_agent().pk, "role": "member"}))
    assert box.entries.count() == 1
    assert "Valider le recensement" in text(staff.get(sheet))
    staff.post(reverse("census_validate", args=[school.uai]))
    assert "Validé le" in text(client.get(sheet))
    reopen = reverse("census_reopen", args=[school.uai])
    assert client.get(reopen)["Location"] == sheet
    staff.post(reopen, {"motif": "Il manque la loge"})
    assert "« Il manque la loge »" in text(client.get(sheet))


def test_submitting_tells_what_is_missing(school: Establishment) -> None:
    owner = make_agent(establishment=school)
    make_entry(make_box(establishment=school), owner, Role.OWNER)
    lonely = make_box(establishment=school)
    client = sign_in(make_agent(is_staff=True))
    url = reverse("census_submit", args=[school.uai])
    shown = text(client.get(url))
    assert f"{lonely.address} : Personne n’en serait propriétaire" in shown
    assert "Transmettre le recensement Pas encore" not in shown
    assert "Il manque encore" in said(client, client.post(url))
    assert not CensusSheet.objects.filter(state="submitted").exists()


def test_boxes_are_searched_and_filtered(school: Establishment, head: Agent) -> None:
    for number in range(12):
        make_box(establishment=school, address=f"b{number}@ac-reunion.fr", is_kept=number != 3)
    client, url = sign_in(head), reverse("census_sheet", args=[school.uai])
    shown = pages.parse(client.get(url, {"etat": "not_kept"}).content)
    assert len(pages.select(shown, "table tbody tr")) == 1
    assert len(pages.select(pages.parse(client.get(url, {"recherche": "B11"}).content), "table tbody tr")) == 1
    assert "Aucune boîte ne correspond" in text(client.get(url, {"recherche": "zzz\0"}))


def test_sheet_and_box_of_a_large_place_take_few_queries(
    school: Establishment, head: Agent, django_assert_max_num_queries
) -> None:
    people = Agent.objects.bulk_create(
        Agent(
            address=f"a{n}@ac-reunion.fr",
            given_name=f"Prénom{n}",
            family_name=f"Nom{n}",
            population_id=head.population_id,
        )
        for n in range(100)
    )
    boxes = Box.objects.bulk_create(
        Box(address=f"boite{n}.x@ac-reunion.fr", name=f"Boîte {n}", establishment=school) for n in range(60)
    )
    CensusEntry.objects.bulk_create(
        CensusEntry(box=box, agent=agent, role="owner" if n < 2 else "member")
        for box in boxes
        for n, agent in enumerate(people)
    )
    BoxUse.objects.bulk_create(BoxUse(box=box, agent=head) for box in boxes)
    make_wave("first-degree")
    client = sign_in(head)
    with django_assert_max_num_queries(20):
        assert "60 boîtes renseignées sur 60" in text(client.get(reverse("census_sheet", args=[school.uai])))
    with django_assert_max_num_queries(25):
        assert "(101)" in text(client.get(reverse("census_box", args=[school.uai, boxes[0].pk])))
    with django_assert_max_num_queries(20):
        assert "Nom1" in text(
            client.get(reverse("census_entry_add", args=[school.uai, boxes[0].pk]), {"recherche": "nom"})
        )
    with django_assert_max_num_queries(20):
        assert client.get(reverse("census_submit", args=[school.uai])).status_code == 200


# --- boxes


def test_a_box_is_added_corrected_kept_and_taken_out(school: Establishment, head: Agent) -> None:
    client = sign_in(head)
    url = reverse("census_box_add", args=[school.uai])
    make_box(address="prise@ac-reunion.fr", establishment=make_establishment(name="Lycée secret"))
    refused = client.post(url, {"address": "prise", "name": "La prise"})
    assert refused.status_code == 422
    assert "relève déjà d’un autre établissement" in text(refused)
    assert "secret" not in text(refused)
    for given in (
        {"address": ""},
        {"address": "x", "name": " "},
        {"address": "a\0b", "name": "x"},
        {"address": "@", "name": "x" * 999},
    ):
        assert client.post(url, given).status_code == 422
    client.post(url, {"address": "accueil", "name": "Accueil"})
    box = Box.objects.get(address="accueil@ac-reunion.fr")
    client.post(reverse("census_box_edit", args=[school.uai, box.pk]), {"name": "L’accueil"})
    client.post(reverse("census_box_kept", args=[school.uai, box.pk]), {"sert": "0"})
    box.refresh_from_db()
    assert (box.name, box.is_kept) == ("L’accueil", False)
    assert "ne servant plus" in text(client.get(reverse("census_box", args=[school.uai, box.pk])))
    client.post(reverse("census_box_kept", args=[school.uai, box.pk]), {"sert": "1"})
    remove = reverse("census_box_remove", args=[school.uai, box.pk])
    assert "du recensement" in text(client.get(remove))
    client.post(remove)
    assert not Box.objects.filter(pk=box.pk).exists()


def test_a_box_of_the_directory_is_not_taken_out(school: Establishment, head: Agent, box: Box) -> None:
    client, url = sign_in(head), reverse("census_box_remove", args=[school.uai, box.pk])
    assert client.get(url).status_code == 302
    assert "vient de l’annuaire" in said(client, client.post(url))
    assert Box.objects.filter(pk=box.pk).exists()


# --- people


def test_people_are_shown_with_where_they_stand(school: Establishment, head: Agent, box: Box) -> None:
    moved = make_moved_agent(establishment=make_establishment(name="Lycée du Nord"))
    waiting, gone = make_agent(), make_agent(is_active=False)
    for agent in (moved, waiting, gone):
        make_entry(box, agent)
    assign(waiting, make_wave())
    shown = text(sign_in(head).get(reverse("census_box", args=[school.uai, box.pk])))
    assert f"Transfert fait le {timezone.localdate().day}" in shown
    assert "Transfert prévu début mars" in shown
    assert "Compte désactivé" in shown
    assert "Lycée du Nord" in shown
    assert "Ève Boyer" in shown
    assert "d’office (direction)" in shown


def test_people_are_searched_and_filtered(school: Establishment, head: Agent, box: Box) -> None:
    for letter in "abcdefghijklmno":
        make_entry(box, make_agent(family_name=f"Técher {letter * 3}"), Role.OWNER if letter == "d" else Role.MEMBER)
    make_entry(box, make_moved_agent(family_name="Payet"))
    client, url = sign_in(head), reverse("census_box", args=[school.uai, box.pk])

    def rows(**wanted: str) -> int:
        return len(pages.select(pages.parse(client.get(url, wanted).content), "table tbody tr"))

    assert (rows(recherche="techer mmm"), rows(qui="owner"), rows(qui="waiting")) == (1, 1, 15)
    assert rows(recherche="payet", qui="waiting") == 0
    assert rows(recherche="\0", qui="nonsense", page="zz") == 17


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"personne": "x", "role": "member"},
        {"personne": "9" * 30, "role": "member"},
        {"personne": "²", "role": "member"},
    ],
)
def test_rubbish_adds_nobody(school: Establishment, head: Agent, box: Box, given: dict) -> None:
    client = sign_in(head)
    url = reverse("census_entry_add", args=[school.uai, box.pk])
    assert "Choisissez une personne" in said(client, client.post(url, given))
    assert "Choisissez une personne" in said(client, client.post(url, {"personne": head.pk, "role": "chef"}))
    assert client.get(url, {"recherche": "\0" + "é" * 900}).status_code == 200
    assert client.get(reverse("census_copy", args=[school.uai, box.pk]), {"source": "9" * 40}).status_code == 200
    assert client.get(f"/recensement/{school.uai}/boites/{'9' * 30}/").status_code == 404
    assert not CensusEntry.objects.exists()


def test_a_fragment_of_the_search_holds_the_results_only(school: Establishment, head: Agent, box: Box) -> None:
    make_agent(family_name="Técher")
    url = reverse("census_entry_add", args=[school.uai, box.pk])
    answer = sign_in(head).get(url, {"recherche": "techer"}, headers={"HX-Request": "true"})
    assert answer.content.strip().startswith(b'<div id="_found"')
    assert "Técher" in answer.content.decode()


def test_a_role_is_changed_and_a_person_taken_out(school: Establishment, head: Agent, box: Box) -> None:
    entry = make_entry(box, make_agent())
    client = sign_in(head)
    role = reverse("census_entry_role", args=[school.uai, box.pk, entry.pk])
    answer = client.post(role, {"role": "reader", "retour": "page=2&qui=member&ailleurs=//x"})
    assert answer["Location"].endswith(f"/?qui=member&page=2#personne-{entry.pk}")
    entry.refresh_from_db()
    assert entry.role == Role.READER
    remove = reverse("census_entry_remove", args=[school.uai, box.pk, entry.pk])
    assert "n’aura pas accès" in text(client.get(remove))
    client.post(remove)
    assert client.post(remove).status_code == 404
    assert not CensusEntry.objects.exists()
    elsewhere = make_entry(make_box(), make_agent())
    assert client.post(reverse("census_entry_role", args=[school.uai, box.pk, elsewhere.pk])).status_code == 404


def test_a_declared_owner_who_leaves_is_led_out(school: Establishment, box: Box) -> None:
    owner = make_agent()
    entry = make_entry(box, owner, Role.OWNER)
    client = sign_in(owner)
    url = reverse("census_entry_remove", args=[school.uai, box.pk, entry.pk])
    assert "Il s’agit de vous" in text(client.get(url))
    assert "seule propriétaire" in said(client, client.post(url))
    make_entry(box, make_agent(), Role.OWNER)
    assert client.post(url)["Location"] == reverse("census")


def test_people_who_use_the_box_are_one_click_away(school: Establishment, head: Agent, box: Box) -> None:
    users = [make_agent() for _ in range(3)]
    for agent in users:
        BoxUse.objects.create(box=box, agent=agent)
    client = sign_in(head)
    assert "3 personnes disent utiliser" in text(client.get(reverse("census_box", args=[school.uai, box.pk])))
    url = reverse("census_users", args=[school.uai, box.pk])
    client.post(url, {"personne": users[0].pk})
    assert box.entries.count() == 1
    client.post(url)
    assert box.entries.count() == 3


def test_people_are_taken_over_from_another_box(school: Establishment, head: Agent, box: Box) -> None:
    source = make_box(establishment=school)
    agent = make_agent(family_name="Técher")
    make_entry(source, agent, Role.READER)
    client, url = sign_in(head), reverse("census_copy", args=[school.uai, box.pk])
    assert "Técher" in text(client.get(url, {"source": source.pk}))
    assert not box.entries.exists()
    client.post(url, {"source": source.pk})
    assert box.entries.get().role == Role.READER
    elsewhere = make_box()
    assert "Choisissez la boîte" in said(client, client.post(url, {"source": elsewhere.pk}))


def test_a_transferred_box_offers_no_change(school: Establishment, head: Agent, box: Box) -> None:
    make_entry(box, make_agent())
    Box.objects.filter(pk=box.pk).update(transfer_asked_at=timezone.now())
    page = pages.parse(sign_in(head).get(reverse("census_box", args=[school.uai, box.pk])).content)
    assert "Cette boîte est transférée" in pages.text(page)
    assert not pages.select(page, "#content form")


# --- people without account


def test_a_person_without_account_from_the_form_to_the_answer(school: Establishment, head: Agent, box: Box) -> None:
    client = sign_in(head)
    url = reverse("census_person_new", args=[school.uai, box.pk])
    given = {"given_name": "Luc", "family_name": "Payet", "job": "Agent", "employer": "Région", "role": "reader"}
    assert client.post(url, given | {"role": "owner"}).status_code == 422
    assert client.post(url, given | {"job": ""}).status_code == 422
    assert client.post(url, given | {"employer": "x\0y"}).status_code == 422
    client.post(url, given)
    request = AccountRequest.objects.get()
    assert "déjà dans la liste" in text(client.post(url, given))
    detail = reverse("census_request", args=[school.uai, request.pk])
    assert "Employeur : Région" in text(client.get(detail))
    client.post(reverse("census_submit", args=[school.uai]))
    assert "Envoyée à l’assistance" in text(client.get(reverse("census_requests", args=[school.uai])))
    agent = make_agent(given_name="Luc", family_name="Payet", establishment=school)
    assert "existe maintenant" in text(client.get(reverse("census_requests", args=[school.uai])))
    assert "Recopiez" in said(client, client.post(detail, {"action": "refus", "reponse": ""}))
    assert "Choisissez une personne" in said(client, client.post(detail, {"personne": "zz"}))
    assert "prend la place" in said(client, client.post(detail, {"personne": agent.pk}))
    assert box.entries.get().agent == agent
    other = AccountRequest.objects.create(
        establishment=make_establishment(), given_name="A", family_name="B", job="a", employer="b"
    )
    assert client.get(reverse("census_request", args=[school.uai, other.pk])).status_code == 404


def test_a_request_serves_several_boxes(school: Establishment, head: Agent, box: Box) -> None:
    request = AccountRequest.objects.create(
        establishment=school, given_name="Luc", family_name="Payet", job="a", employer="b"
    )
    client = sign_in(head)
    url = reverse("census_person_new", args=[school.uai, box.pk])
    assert "Luc Payet" in text(client.get(url))
    client.post(url, {"demande": request.pk, "role": "reader"})
    assert box.entries.get().request == request
