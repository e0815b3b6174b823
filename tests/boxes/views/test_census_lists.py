"""Pages of lists handed in: paste or file, preview, confirmation, original, deletion; bounds while it streams in."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Agent, Establishment
from boxes.census import handed_in
from boxes.models import Box, CensusEntry, CensusImport
from tests import pages
from tests.each import each
from tests.factories import make_agent, make_box, make_entry, make_establishment

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Establishment:
    return make_establishment()


@pytest.fixture
def head(school: Establishment) -> Agent:
    return make_agent(establishment=school, function="DIR")


@pytest.fixture
def box(school: Establishment) -> Box:
    return make_box(address="loge@ac-reunion.fr", establishment=school)


@pytest.fixture
def page(head: Agent) -> Client:
    client = Client()
    client.force_login(head)
    return client


def text(response) -> str:
    assert response.status_code == 200, response.status_code
    return pages.text(pages.parse(response.content))


def take(page: Client, school: Establishment, **given: object):
    return page.post(reverse("census_list_take", args=[school.uai]), given)


def test_a_pasted_list_is_looked_at_then_confirmed(page: Client, school: Establishment, box: Box) -> None:
    agent = make_agent("anne.abar@ac-reunion.fr")
    names = [make_agent(given_name="Marie", family_name="Grondin") for _ in range(2)]
    answer = take(
        page, school, boite=box.pk, texte=f"{agent.address};propriétaire\nGrondin Marie\nqui@ac-reunion.fr;<b>"
    )
    url = answer["Location"]
    shown = text(page.get(url))
    assert "1 accès sera ajouté ou changé" in shown
    assert "Plusieurs personnes portent ce nom" in shown
    assert "Demander un compte" in shown
    assert "<b>" in shown
    assert not CensusEntry.objects.exists()
    after = page.post(url, {"choix-1": names[1].pk, "choix-x": "1", "choix-2": "²", "role": "reader"})
    assert "2 accès ajoutés" in text(page.get(after["Location"]))
    assert set(box.entries.values_list("agent", "role")) == {(agent.pk, "owner"), (names[1].pk, "reader")}
    assert "Rien n’est à ajouter tel quel" in text(page.get(url))
    assert text(page.get(url, {"etat": "there"})).count("Déjà dans la liste") >= 2


def test_a_file_of_a_spreadsheet_is_taken_and_given_back(page: Client, school: Establishment, box: Box) -> None:
    agent = make_agent(given_name="Zoé", family_name="Técher")
    data = "Prénom;Nom;Rôle;Boîte\r\nZoé;Técher;Lecture seule;loge\r\n".encode("cp1252")
    answer = take(page, school, fichier=SimpleUploadedFile("C:\\mes listes\\liste.csv", data))
    kept = CensusImport.objects.get()
    assert kept.name == "liste.csv"
    page.post(answer["Location"])
    assert list(box.entries.values_list("agent", "role")) == [(agent.pk, "reader")]
    original = page.get(reverse("census_list_original", args=[school.uai, kept.pk]))
    assert original.content == data
    assert original["Content-Disposition"].startswith("attachment")
    delete = reverse("census_list_delete", args=[school.uai, kept.pk])
    assert "restent dans le recensement" in text(page.get(delete))
    page.post(delete)
    assert not CensusImport.objects.exists()
    assert box.entries.count() == 1


@pytest.mark.parametrize("size", [handed_in.MAX_BYTES + 1, 2 * handed_in.MAX_BYTES + 1])
def test_a_file_over_the_bound_is_not_stored(page: Client, school: Establishment, box: Box, size: int) -> None:
    answer = take(page, school, boite=box.pk, fichier=SimpleUploadedFile("gros.csv", b"x" * size))
    assert "dépasse 1 Mo" in text(page.get(answer["Location"]))
    assert not CensusImport.objects.exists()


@each(
    ("given", "sentence"),
    [
        ({}, "Collez une liste"),
        ({"texte": " \n"}, "Collez une liste"),
        ({"texte": ";;;\n"}, "vide"),
        ({"fichier": SimpleUploadedFile("a.xlsx", b"PK\x03\x04" + b"x" * 99)}, "format CSV"),
        ({"texte": "a b\n" * 5001}, "5 000 lignes"),
        ({"texte": "a b", "boite": "9" * 40}, ""),
        ({"texte": "a\0b", "boite": "zz"}, ""),
    ],
)
def test_what_is_handed_in_is_judged(page: Client, school: Establishment, box: Box, given: dict, sentence: str) -> None:
    answer = take(page, school, **given)
    assert answer.status_code == 302
    assert sentence in text(page.get(answer["Location"]))
    assert CensusImport.objects.exists() is (not sentence)


def test_a_list_is_its_authors_only(page: Client, school: Establishment, box: Box) -> None:
    take(page, school, texte="a b", boite=box.pk)
    kept = CensusImport.objects.get()
    owner = make_agent()
    make_entry(box, owner, "owner")
    for agent in (owner, make_agent(is_staff=True), make_agent()):
        other = Client()
        other.force_login(agent)
        for name in ("census_list", "census_list_original", "census_list_delete"):
            url = reverse(name, args=[school.uai, kept.pk])
            assert (other.get(url).status_code, other.post(url).status_code) in ((404, 404), (404, 405))
    assert CensusImport.objects.exists()


def test_handing_in_needs_the_token(school: Establishment, head: Agent, box: Box) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(head)
    assert take(strict, school, texte="a b").status_code == 403
    assert not CensusImport.objects.exists()


def test_a_list_that_can_no_longer_be_opened_is_told(page: Client, school: Establishment, box: Box, settings) -> None:
    take(page, school, texte="a b", boite=box.pk)
    settings.SEAL_KEYS = ["MTIzNDU2Nzg5MGFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
    kept = CensusImport.objects.get()
    for name in ("census_list", "census_list_original"):
        answer = page.get(reverse(name, args=[school.uai, kept.pk]))
        assert "ne peut plus être ouverte" in text(page.get(answer["Location"]))
