"""The pages of the directory: from the file to the confirmation, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.directory import figures
from accounts.directory.states import State
from accounts.models import Agent, DirectoryImport, Notice
from tests.accounts.directory.lists import bring_in, hand_in, listed
from tests.factories import make_agent, make_establishment

pytestmark = pytest.mark.django_db

LINE = "new@ac-reunion.fr;Léa;Hoarau;first-degree;;"


@pytest.fixture
def staff(client: Client) -> Agent:
    agent = make_agent("chief@ac-reunion.fr", is_staff=True)
    client.force_login(agent)
    return agent


def deposit(client: Client, data: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile("liste.csv", data)
    values = {"sorte": "agents", "etendue": "partielle", "fichier": file} | fields
    return client.post(reverse("directory_receive"), values, follow=True)


def test_list_is_handed_in_read_confirmed_and_written(
    client: Client, staff: Agent, django_capture_on_commit_callbacks: Any
) -> None:
    make_agent("old@ac-reunion.fr", given_name="Ada", family_name="Avant")
    with django_capture_on_commit_callbacks(execute=True):
        deposit(client, listed(LINE, "old@ac-reunion.fr;Ada;Après;first-degree;;"))
    row = DirectoryImport.objects.get()
    assert row.state == State.READY
    assert Notice.objects.get(recipient=staff).link == reverse("directory_import", args=[row.pk])
    page = client.get(reverse("directory_import", args=[row.pk])).content.decode()
    assert "Léa Hoarau" in page
    assert "Confirmer…" in page
    page = client.get(reverse("directory_import", args=[row.pk]), {"liste": "changed"}).content.decode()
    assert "<del>Avant</del>" in page
    assert "Après</ins>" in page
    confirm = reverse("directory_confirm", args=[row.pk])
    assert "<strong>1</strong> ajout" in client.get(confirm).content.decode()
    assert not Agent.objects.filter(address="new@ac-reunion.fr").exists()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(confirm)
    row.refresh_from_db()
    assert (row.state, row.confirmed_by) == (State.DONE, staff)
    assert Agent.objects.filter(address="new@ac-reunion.fr").exists()
    again = client.get(confirm, follow=True).content.decode()
    assert "C’était déjà décidé" in again


def test_same_list_twice_is_one_import(client: Client, staff: Agent) -> None:
    deposit(client, listed(LINE))
    assert "attend déjà une décision" in deposit(client, listed(LINE)).content.decode()
    assert DirectoryImport.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "fields", "told"),
    [
        (b"", {}, "est vide"),
        (b"x" * 2_000_000, {}, "dépasse 1 Mo"),
        (b"x", {"sorte": "autre"}, "Choisissez d’abord"),
        (b"x", {"fichier": ""}, "Choisissez d’abord"),
    ],
)
def test_deposits_that_are_not_taken(
    client: Client, staff: Agent, settings: Any, data: bytes, fields: dict[str, str], told: str
) -> None:
    settings.DIRECTORY_MAX_BYTES = 1_000_000
    assert told in deposit(client, data, **fields).content.decode()
    assert not DirectoryImport.objects.exists()


def test_errors_are_told_and_downloaded_with_their_lines(client: Client, staff: Agent) -> None:
    row = hand_in(listed("=pas-une-adresse;Ana;B;first-degree;;", LINE, "c@ac-reunion.fr;Ana;B;Autre;;"))
    page = client.get(reverse("directory_import", args=[row.pk])).content.decode()
    assert "n’est pas une adresse électronique complète" in page
    assert "=pas-une-adresse;Ana;B;first-degree;;" in page
    found = client.get(reverse("directory_import", args=[row.pk]), {"recherche": "4"}).content.decode()
    assert "pas-une-adresse" not in found
    table = client.get(reverse("directory_import_csv", args=[row.pk]), {"liste": "error"}).getvalue().decode()
    assert '"\'=pas-une-adresse;Ana;B;first-degree;;"' in table
    assert len(table.splitlines()) == 3


def test_many_leavers_need_a_tick(client: Client, staff: Agent, django_capture_on_commit_callbacks: Any) -> None:
    for _ in range(25):
        make_agent()
    row = hand_in(listed(LINE), complete=True)
    confirm = reverse("directory_confirm", args=[row.pk])
    assert "J’ai vérifié" in client.get(confirm).content.decode()
    refused = client.post(confirm)
    assert (refused.status_code, Agent.objects.filter(is_active=True).count()) == (422, 26)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(confirm, {"departs": "1"})
    assert set(Agent.objects.filter(is_active=True).values_list("address", flat=True)) == {
        "chief@ac-reunion.fr",
        "new@ac-reunion.fr",
    }


@pytest.mark.parametrize("state", [State.READING, State.APPLYING, State.FOLLOWING])
def test_progress_shows_until_it_is_over(client: Client, staff: Agent, state: str) -> None:
    row = hand_in(listed(LINE))
    address = reverse("directory_import", args=[row.pk])
    DirectoryImport.objects.update(state=state)
    fragment = client.get(address, headers={"HX-Request": "true"})
    assert b"<progress" in fragment.content
    assert b"<html" not in fragment.content
    assert b'http-equiv="refresh"' in client.get(address).content
    DirectoryImport.objects.update(state=State.DONE)
    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_original_is_given_back_and_erased_on_demand(
    client: Client, staff: Agent, django_capture_on_commit_callbacks: Any
) -> None:
    data = listed(LINE)
    row = bring_in(data)
    original = reverse("directory_original", args=[row.pk])
    assert client.get(original).getvalue() == data
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("directory_erase", args=[row.pk]))
    row.refresh_from_db()
    assert (row.rows.count(), row.stored_as, row.counts["added"]) == (0, "", 1)
    assert client.get(original).status_code == 404
    assert "sont effacés" in client.get(reverse("directory_import", args=[row.pk])).content.decode()


def test_sample_is_a_list_that_is_understood(client: Client, staff: Agent) -> None:
    for uai in ("9740001A", "9740002B"):
        make_establishment(uai=uai)
    for kind in ("establishments", "agents", "boxes"):
        sample = client.get(reverse("directory_sample", args=[kind])).getvalue()
        row = hand_in(sample, kind)
        assert row.state == State.READY, (kind, row.note, list(row.rows.values_list("problems", flat=True)))
        assert row.look["ignored"] == []


def test_pages_ask_a_bounded_number_of_questions(
    client: Client, staff: Agent, django_assert_max_num_queries: Any
) -> None:
    places = [make_establishment() for _ in range(60)]
    row = hand_in(
        listed(*(f"p{number}@ac-reunion.fr;A;B;first-degree;{place.uai};" for number, place in enumerate(places)))
    )
    for _ in range(3):
        hand_in(listed("wrong"))
    for address in (
        reverse("directory_import", args=[row.pk]),
        reverse("directory"),
        f"{reverse('establishments')}?montrer=sans-direction&recherche=coll%00ège&tri=ville",
    ):
        with django_assert_max_num_queries(14):
            assert client.get(address).status_code == 200


def test_establishments_are_found_and_downloaded(client: Client, staff: Agent) -> None:
    place = make_establishment(uai="9740001A", name="Collège Bourbon", city="Saint-Denis")
    make_establishment(uai="9740002B", name="Lycée Leconte", city="")
    make_agent(establishment=place, function="DIR")
    make_agent(establishment=place, is_active=False)
    figures.recount_all()

    def names(**wanted: str) -> list[str]:
        page = client.get(reverse("establishments"), wanted)
        return [one[0].uai for one in page.context["rows"]]

    assert names(recherche="bourbon") == names(recherche="9740001") == ["9740001A"]
    assert names(montrer="vides") == names(montrer="sans-direction") == names(montrer="sans-ville") == ["9740002B"]
    assert names(tri="uai") == ["9740001A", "9740002B"]
    table = client.get(reverse("establishments"), {"format": "csv"}).getvalue().decode()
    assert '"9740001A";"Collège Bourbon";"Saint-Denis";"1";"1"' in table
