"""Mes identités and Calendriers of a box in a browser: an identity is added, changed and deleted; addresses copied."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from boxes import identities
from boxes.models import Box, Delegation, Role
from tests.browser.walking import PASSWORD, follow, once, phone, sign_in, sound
from tests.factories import make_moved_agent, make_shared_box
from tests.simulated import Simulated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agent(zimbra: Simulated) -> Agent:
    return make_moved_agent(zimbra.create_account(), password=PASSWORD)


@pytest.fixture
def box(zimbra: Simulated, agent: Agent) -> Box:
    address = zimbra.create_account()
    with zimbra.client(address) as client:
        client.create_folder_path("/Inbox/Dossiers d’élèves de troisième/Orientation et affectation", "message")
        client.create_folder_path("/Salles réservées", "appointment")
        account_id = client.info().account_id
    box = make_shared_box(
        (agent, Role.MEMBER), in_zimbra=True, address=address, name="Vie scolaire", zimbra_id=account_id
    )
    identities.follow_role(Delegation.objects.get(box=box))
    return box


@phone
def test_identity_is_added_changed_and_deleted(
    page: Page, live_server: LiveServer, zimbra: Simulated, agent: Agent, box: Box
) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/identites/")
    expect(page.get_by_role("heading", name="Vie scolaire", level=3)).to_be_visible()
    sound(page)
    page.get_by_role("link", name="Ajouter une identité").click()
    expect(page.get_by_text("Réception/Dossiers d’élèves de troisième/Orientation et affectation")).to_be_visible()
    sound(page)
    page.get_by_label("Nom de l’identité").fill("Bourses")
    page.get_by_text("Indiquer où répondre").click()
    page.get_by_label("Adresse de réponse").fill("bourses@academie.example")
    page.get_by_text("Envoyés").click()
    sound(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Bourses")).to_be_visible()
    expect(page.get_by_text("Dans Zimbra", exact=True)).to_have_count(2)
    sound(page)
    with zimbra.client(agent.address) as client:
        made = {one.name: one for one in client.identities()}
        assert made["Bourses"].reply_to_address == "bourses@academie.example"
        assert made["Bourses"].folder_ids == (f"{box.zimbra_id}:5",)
        assert made["Vie scolaire"].folder_ids == (f"{box.zimbra_id}:2",)
    follow(page.get_by_role("link", name="Supprimer l’identité Bourses"))
    sound(page)
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_text("est supprimée")).to_be_visible()
    with zimbra.client(agent.address) as client:
        assert "Bourses" not in {one.name for one in client.identities()}


@once
def test_address_of_a_calendar_is_copied(page: Page, live_server: LiveServer, agent: Agent, box: Box) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/calendriers/")
    button = page.get_by_role("button", name="Copier l’adresse de Salles réservées")
    expect(button).to_be_visible()
    sound(page)
    button.click()
    expect(page.get_by_text("Copié dans le presse-papiers.")).to_be_attached()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"https://messagerie.education.gouv.fr/dav/{box.address}/Salles%20r%C3%A9serv%C3%A9es"
    for name in ("iPhone ou iPad", "Téléphone ou tablette Android", "Thunderbird"):
        page.get_by_text(name, exact=True).click()
    sound(page)
