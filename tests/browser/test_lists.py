"""Mes listes de diffusion in a browser: described, planned, in place, taken back; with and without JavaScript."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from tests.browser.walking import PASSWORD, follow, once, sign_in, sound
from tests.factories import make_agent
from tests.simulated import Simulated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "professeurs-sti2d-premiere@academie.example"


@pytest.fixture
def agent(zimbra: Simulated) -> Agent:
    return make_agent(zimbra.create_account(), password=PASSWORD, migrated_at=timezone.now())


def describe(page: Page, site: LiveServer) -> None:
    page.goto(f"{site.url}/mes-listes/")
    # The page loads itself again when the mailbox has been looked at.
    expect(page.get_by_text("Le portail regarde")).to_have_count(0)
    page.get_by_role("link", name="Ajouter une liste").click()
    page.get_by_role("textbox", name="Adresse de la liste").fill(LIST)
    page.get_by_label("Nom affiché").fill("Professeurs STI2D")


@once
def test_list_is_set_up_and_taken_back(page: Page, live_server: LiveServer, agent: Agent, zimbra: Simulated) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-listes/")
    expect(page.get_by_text("Aucune liste pour l’instant")).to_be_visible()
    expect(page.get_by_text("Le portail regarde")).to_have_count(0)
    sound(page)
    describe(page, live_server)
    page.get_by_text("Vert", exact=True).click()
    page.get_by_text("Un texte propre à cette liste").click()
    page.get_by_label("Texte de la signature").fill("La liste STI2D")
    sound(page)
    page.get_by_role("button", name="Enregistrer et voir le plan").click()
    expect(page.get_by_text("À créer")).to_have_count(9)
    sound(page)
    page.get_by_role("button", name="Mettre en place dans Zimbra").click()
    expect(page.get_by_role("heading", name="En place dans Zimbra")).to_be_visible()
    sound(page)
    with zimbra.client(agent.address) as client:
        assert client.folders().find(f"/{LIST}/Envoyé")
        assert [one.from_address for one in client.identities() if not one.is_default] == [LIST]
    page.get_by_role("link", name="Retour à « Mes listes de diffusion »").click()
    expect(page.get_by_text("9 éléments sur 9 dans Zimbra")).to_be_visible()
    sound(page)
    page.get_by_role("link", name=LIST).click()
    expect(page.get_by_text("Tout est en place dans Zimbra")).to_be_visible()
    follow(page.get_by_role("link", name="Retirer cette liste…"))
    sound(page)
    page.get_by_text("Le retirer aussi").click()
    page.get_by_role("button", name="Retirer la liste").click()
    expect(page.get_by_text("Envoi annulé")).to_be_visible()
    with zimbra.client(agent.address) as client:
        assert client.folders().find(f"/{LIST}") is None


def test_mistake_is_shown_beside_its_field(refused_page: Page, live_server: LiveServer, agent: Agent) -> None:
    page = refused_page
    sign_in(page, live_server, agent)
    describe(page, live_server)
    page.get_by_role("textbox", name="Adresse de la liste").fill(agent.address)
    page.get_by_role("textbox", name="Adresse de la liste").press("Enter")
    expect(page.get_by_text("C’est votre propre adresse.")).to_be_visible()
    expect(page.get_by_label("Nom affiché")).to_have_value("Professeurs STI2D")
    sound(page)


@once
def test_half_made_list_is_corrected_by_choice(
    page: Page, live_server: LiveServer, agent: Agent, zimbra: Simulated
) -> None:
    with zimbra.client(agent.address) as client:
        client.create_folder(LIST, view="message", colour=5)
    sign_in(page, live_server, agent)
    describe(page, live_server)
    page.get_by_text("Vert", exact=True).click()
    page.get_by_role("button", name="Enregistrer et voir le plan").click()
    expect(page.get_by_text("Sa couleur est : rouge.")).to_be_visible()
    page.get_by_text("Corriger : Dossier de la liste").click()
    sound(page)
    page.get_by_role("button", name="Mettre en place dans Zimbra").click()
    expect(page.get_by_role("heading", name="En place dans Zimbra")).to_be_visible()
    with zimbra.client(agent.address) as client:
        assert client.folder_at(f"/{LIST}").colour == 3


def test_list_is_set_up_without_javascript(
    plain_page: Page, live_server: LiveServer, agent: Agent, zimbra: Simulated
) -> None:
    page = plain_page
    sign_in(page, live_server, agent)
    describe(page, live_server)
    page.get_by_role("button", name="Enregistrer et voir le plan").click()
    page.get_by_role("button", name="Mettre en place dans Zimbra").click()
    expect(page.get_by_role("heading", name="En place dans Zimbra")).to_be_visible()
    with zimbra.client(agent.address) as client:
        assert len(client.filters()) == len(client.filters("outgoing")) == 1
