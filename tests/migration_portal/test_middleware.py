from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_agent
from tests.pages import parse, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["home", "files", "notices", "accessibility"])
def test_pages_of_a_person_are_not_kept(client: Client, name: str) -> None:
    client.force_login(make_agent())
    assert {"no-store", "private"} <= set(client.get(reverse(name))["Cache-Control"].split(", "))


def test_error_pages_that_name_a_person_are_not_kept(client: Client) -> None:
    client.force_login(make_agent())
    response = client.get("/nulle-part/")
    assert response.status_code == 404
    assert "no-store" in response["Cache-Control"]


def test_a_form_sent_after_the_session_leads_back_to_its_page(client: Client) -> None:
    page = reverse("step", args=["save-signature"])
    response = client.post(
        reverse("step_note", args=["save-signature"]),
        {"note": "x"},
        headers={"Referer": f"http://testserver{page}?a=b"},
    )
    assert response["Location"] == f"{reverse('sign_in')}?next={page}%3Fa%3Db"
    assert "n’a pas été enregistré" in text(parse(client.get(response["Location"]).content))


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/etapes/", "//elsewhere.example/"])
def test_a_form_from_nowhere_leads_home(client: Client, referer: str) -> None:
    response = client.post(reverse("notices_read"), headers={"Referer": referer})
    assert response["Location"] == f"{reverse('sign_in')}?next=/"


def test_a_page_asked_for_without_session_is_shown_after_sign_in_without_a_word(client: Client) -> None:
    response = client.get(reverse("files"))
    assert response["Location"] == f"{reverse('sign_in')}?next={reverse('files')}"
    assert "enregistré" not in text(parse(client.get(response["Location"]).content))


def test_a_script_is_sent_to_the_sign_in_page(client: Client) -> None:
    response = client.post(
        reverse("step_state", args=["note-boxes"]),
        {"state": "done"},
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/?x=1"},
    )
    assert response.status_code == 200
    assert response["HX-Redirect"] == f"{reverse('sign_in')}?next=/%3Fx%3D1"


@pytest.mark.parametrize("name", ["sign_out", "notices_read", "file_deposit"])
def test_an_address_for_forms_opened_as_a_page_says_so(client: Client, name: str) -> None:
    client.force_login(make_agent())
    response = client.get(reverse(name))
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "ne s’ouvre pas directement" in text(parse(response.content), "h1")
