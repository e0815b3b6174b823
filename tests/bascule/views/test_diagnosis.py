"""Diagnostic, as people use it: by symptom, by a pasted message, signed in or not."""

from __future__ import annotations

import logging

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from bascule.diagnosis.catalogue import catalogue
from tests.factories import make_agent, make_moved_agent

pytestmark = pytest.mark.django_db
OLD = "Échec de la connexion au serveur imaps.ac-reunion.fr avec le nom d’utilisateur mhoarau"


def text_of(response: HttpResponse) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode().replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")


def test_every_symptom_is_listed_and_has_its_page(client: Client) -> None:
    home = text_of(client.get(reverse("diagnosis")))
    for symptom in catalogue().symptoms.values():
        address = reverse("diagnosis_symptom", args=[symptom.code])
        assert address in home
        page = text_of(client.get(address))
        assert page.count("Que faire") == len(symptom.causes)
        assert "{" not in page.partition("<main")[2].partition("</main>")[0]


def test_a_pasted_message_leads_to_cause_remedy_and_page(client: Client) -> None:
    client.force_login(make_moved_agent("marie.payet@ac-reunion.fr"))
    page = text_of(client.post(reverse("diagnosis_message"), {"message": OLD}))
    assert "Le logiciel interroge encore l’ancien serveur" in page
    assert reverse("devices") in page
    # The message to the help desk is ready, with what was pasted.
    letter = page.partition('id="letter"')[2]
    assert "marie.payet@ac-reunion.fr (transférée le" in letter
    assert "avec le nom d’utilisateur mhoarau" in letter
    assert "mailto:assistance@ac-reunion.fr?subject=" in page


def test_who_has_not_moved_is_told_that_the_old_server_is_right(client: Client) -> None:
    client.force_login(make_agent())
    page = text_of(client.post(reverse("diagnosis_message"), {"message": OLD}))
    assert "Ce serveur est encore le bon pour vous" in page
    assert "interroge encore" not in page
    assert "(pas encore transférée)" in page


def test_nobody_has_to_sign_in(client: Client) -> None:
    page = text_of(client.post(reverse("diagnosis_message"), {"message": "SEC_ERROR_UNKNOWN_ISSUER"}))
    assert "Le certificat du serveur n’est pas accepté" in page
    assert "Ma boîte :" not in page


def test_what_is_not_known_is_said_with_a_way_on(client: Client) -> None:
    page = text_of(client.post(reverse("diagnosis_message"), {"message": "xkcd 42"}))
    assert "Ce message n’est pas reconnu" in page
    assert 'id="letter"' in page


@pytest.mark.parametrize("message", ["", "  ", "\0"])
def test_nothing_pasted_is_told(client: Client, message: str) -> None:
    page = text_of(client.post(reverse("diagnosis_message"), {"message": message}))
    assert 'aria-invalid="true"' in page


def test_what_is_pasted_is_shown_as_text_and_kept_nowhere(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        page = text_of(
            client.post(reverse("diagnosis_message"), {"message": "<script>alert(1)</script> secret-42 certificat"})
        )
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "secret-42" not in caplog.text
    assert "secret-42" not in str(dict(client.session))


def test_a_long_message_stays_within_what_a_link_can_hold(client: Client) -> None:
    page = text_of(client.post(reverse("diagnosis_message"), {"message": "certificat é " * 900}))
    link = page.partition('href="mailto:')[2].partition('"')[0]
    assert 100 < len(link) < 8_000


def test_a_symptom_that_there_is_not(client: Client) -> None:
    assert client.get(reverse("diagnosis_symptom", args=["rien"])).status_code == 404
