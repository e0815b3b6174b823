"""Filters in a browser: compared, chosen, sent, applied to old mail, taken back; with and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from bascule.conversions.filters.model import Vacation
from tests.bascule.filters.captured import capture, capture_all, rule
from tests.browser.walking import PASSWORD, fits, follow, once, sign_in, sound, violations
from tests.factories import make_agent
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.types.filter_actions import Discard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agent(zimbra: Simulated) -> Agent:
    return make_agent(zimbra.create_account(), password=PASSWORD, migrated_at=timezone.now())


@pytest.fixture
def mailbox(agent: Agent, zimbra: Simulated) -> Iterator[ZimbraClient]:
    with zimbra.client(agent.address) as client:
        client.replace_filters([rule("Perso", "Perso"), rule("Newsletter", actions=[Discard()])])
        for number in range(12):
            client.add_message("2", f"Subject: DSI {number}\r\nFrom: a@exemple.re\r\n\r\nBonjour\r\n".encode())
        yield client


def fill(agent: Agent) -> None:
    capture_all(
        agent,
        rule("DSI", "Listes/DSI"),
        rule("Newsletter", "Lettres d’information"),
        rule("Conseil d’école", "Conseil d’école", active=False),
        rule("Un nom de règle qui n’en finit pas " + "x" * 60, "Rectorat/Circonscription/Inspection"),
    )
    capture(agent, name="Absence", vacation=Vacation("Je suis en congé jusqu’au 5 janvier."))
    capture(agent, name="Expression compliquée")


@once
def test_filters_are_compared_sent_and_taken_back(
    page: Page, live_server: LiveServer, agent: Agent, mailbox: ZimbraClient
) -> None:
    fill(agent)
    before = mailbox.filters()
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/")
    page.get_by_role("link", name="Comparer et envoyer").first.click()
    expect(page.get_by_text("4 règles ajoutées")).to_be_visible()
    sound(page)
    # A choice changes the preview at once.
    page.get_by_text("Créer « Listes/DSI »").click()
    expect(page.locator("#_send_preview").get_by_text("Listes/DSI", exact=True)).to_have_count(0)
    page.get_by_text("Créer « Listes/DSI »").click()
    expect(page.locator("#_send_preview").get_by_text("Listes/DSI", exact=True)).to_have_count(1)
    page.get_by_text("L’enregistrer, éteint").click()
    expect(page.get_by_text("enregistré, éteint")).to_be_visible()
    page.get_by_role("button", name="Envoyer vers Zimbra").click()
    expect(page.get_by_role("heading", name="En place dans Zimbra")).to_be_visible()
    sound(page)
    assert [one.name for one in mailbox.filters()][:4] == ["Perso", "Newsletter", "DSI", "Newsletter (2)"]
    assert mailbox.out_of_office().text.startswith("Je suis en congé")

    page.get_by_role("link", name="Appliquer aux messages déjà reçus").click()
    expect(page.get_by_label("Dossier", exact=True)).to_contain_text("Boîte de réception (12 messages)")
    sound(page)
    page.get_by_role("button", name="Voir avant d’appliquer").click()
    expect(page.get_by_text("Cela ne peut pas être annulé")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_text("12 messages ont été rangés ou marqués sur 12")).to_be_visible()
    sound(page)
    assert mailbox.folder_at("/Listes/DSI").count == 12

    page.goto(f"{live_server.url}/mes-filtres/envoyer/")
    expect(page.get_by_text("Tout est déjà en place dans Zimbra")).to_be_visible()
    page.goto(f"{live_server.url}/mes-filtres/")
    page.get_by_role("link", name="Envoi du").click()
    follow(page.get_by_role("link", name="Annuler cet envoi"))
    assert violations(page) == []
    page.get_by_role("button", name="Annuler l’envoi").click()
    expect(page.get_by_text("Envoi annulé")).to_be_visible()
    assert fits(page)
    assert mailbox.filters() == before
    # What was filed meanwhile keeps its folder.
    assert mailbox.folder_at("/Listes/DSI").count == 12


@once
def test_conflict_is_decided_by_the_person(
    page: Page, live_server: LiveServer, agent: Agent, mailbox: ZimbraClient
) -> None:
    capture_all(agent, rule("DSI", "Listes/DSI"), rule("Paie", "Paie"))
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/envoyer/")
    page.get_by_role("button", name="Envoyer vers Zimbra").click()
    expect(page.get_by_role("heading", name="En place dans Zimbra")).to_be_visible()
    mailbox.put_filter(rule("DSI", "Perso"))
    mailbox.delete_filter("Paie")
    page.goto(f"{live_server.url}/mes-filtres/envoyer/")
    page.get_by_role("button", name="Regarder de nouveau").click()
    expect(page.get_by_text("Changées dans Zimbra depuis le dernier envoi")).to_be_visible()
    expect(page.get_by_role("button", name="Envoyer vers Zimbra")).to_have_count(0)
    sound(page)
    page.get_by_text("Remettre « Paie » comme ici").click()
    page.get_by_role("button", name="Envoyer vers Zimbra").click()
    expect(page.get_by_role("heading", name="En place dans Zimbra")).to_be_visible()
    held = {one.name: one for one in mailbox.filters()}
    assert "Paie" in held
    assert "Perso" in str(held["DSI"].actions)


def test_filters_are_sent_without_javascript(
    plain_page: Page, live_server: LiveServer, agent: Agent, mailbox: ZimbraClient
) -> None:
    fill(agent)
    page = plain_page
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/envoyer/")
    page.get_by_text("Avant celles de Zimbra").click()
    page.get_by_role("button", name="Envoyer vers Zimbra").click()
    expect(page.get_by_text("Voici ce que donne l’aperçu à jour")).to_be_visible()
    page.get_by_role("button", name="Envoyer vers Zimbra").click()
    expect(page.get_by_text("En place dans Zimbra")).to_be_visible()
    assert [one.name for one in mailbox.filters()][-2:] == ["Perso", "Newsletter"]
