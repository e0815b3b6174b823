"""Vie d'équipe and Partages in a browser: what a team agrees on, its tags in Zimbra, one calendar for a colleague."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from boxes import tags
from boxes.models import Box, Role
from boxes.sync import engine
from tests.browser.walking import PASSWORD, follow, once, sign_in, sound
from tests.factories import make_moved_agent, make_shared_box
from tests.simulated import Simulated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(zimbra: Simulated) -> Agent:
    return make_moved_agent(zimbra.create_account(), password=PASSWORD, given_name="Anne", family_name="Payet")


def the_box(owner: Agent, zimbra: Simulated) -> Box:
    box = make_shared_box((owner, Role.OWNER), name="Vie scolaire", address=zimbra.create_account())
    Box.objects.filter(pk=box.pk).update(work_asked_at=box.transferred_at)
    assert engine.advance(box.pk) is None
    return box


@once
def test_a_team_agrees_and_has_its_tags(page: Page, live_server: LiveServer, owner: Agent, zimbra: Simulated) -> None:
    box = the_box(owner, zimbra)
    sign_in(page, live_server, owner)
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/equipe/")
    sound(page)
    follow(page.get_by_role("link", name="Partir d’un exemple"))
    sound(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Les conventions sont enregistrées")).to_be_visible()
    page.get_by_role("link", name="Modifier les conventions").click()
    page.get_by_label("Ce dont l’équipe a convenu").fill("- Le mien\n- https://exemple.fr/" + "long" * 60)
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("button", name="Ajouter ces étiquettes").click()
    page.get_by_role("link", name="Ajouter une étiquette").click()
    page.get_by_text("Rose", exact=True).click()
    sound(page)
    page.get_by_label("Nom").fill("Mot" + "long" * 15)
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("button", name="Créer ces étiquettes dans ma messagerie").click()
    expect(page.get_by_text("5 étiquettes de l’équipe sont dans votre messagerie.")).to_be_visible()
    sound(page)
    with zimbra.client(owner.address) as client:
        assert {tag.name for tag in client.tags()} == {tag.name for tag in box.tags.all()}
    follow(page.get_by_role("link", name="Retirer l’étiquette Urgent"))
    sound(page)
    page.get_by_role("button", name="Retirer l’étiquette").click()
    expect(page.get_by_text("n’est plus parmi celles de l’équipe")).to_be_visible()
    tags.add(box=box, name="De plus", colour=1, meaning="", by=owner)
    page.reload()
    expect(page.get_by_role("button", name="La créer dans ma messagerie")).to_be_visible()


@once
def test_a_calendar_is_shared_and_taken_back(
    page: Page, live_server: LiveServer, owner: Agent, zimbra: Simulated
) -> None:
    box = the_box(owner, zimbra)
    zoe = make_moved_agent(zimbra.create_account(), given_name="Zoé", family_name="Técher")
    sign_in(page, live_server, owner)
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/partages/")
    sound(page)
    page.get_by_role("link", name="Partager un élément").click()
    page.get_by_label("Avec qui").fill("techer")
    follow(page.get_by_role("button", name="Chercher"))
    sound(page)
    page.get_by_label("Élément à partager").select_option(label="Calendrier (calendrier)")
    page.get_by_role("button", name="Partager", exact=True).click()
    expect(page.get_by_text("« Calendrier » est partagé avec Zoé Técher")).to_be_visible()
    expect(page.get_by_text("En place", exact=True)).to_be_visible()
    sound(page)
    with zimbra.client(zoe.address) as client:
        assert [one.owner_address for one in client.mountpoints()] == [box.address]
    page.get_by_label("Accès de Zoé Técher").select_option("write")
    page.get_by_role("button", name="Changer l’accès de Zoé Técher").click()
    expect(page.get_by_text("a maintenant cet accès à « Calendrier » : lecture et modification.")).to_be_visible()
    follow(page.get_by_role("button", name="Actualiser"))
    follow(page.get_by_role("link", name="Retirer le partage de Calendrier"))
    sound(page)
    page.get_by_role("button", name="Retirer le partage").click()
    expect(page.get_by_text("Aucun élément de cette boîte n’est partagé.")).to_be_visible()
    with zimbra.client(zoe.address) as client:
        assert client.mountpoints() == []


def test_mistakes_and_conflicts_lose_nothing(
    refused_page: Page, live_server: LiveServer, owner: Agent, zimbra: Simulated
) -> None:
    box = the_box(owner, zimbra)
    page = refused_page
    sign_in(page, live_server, owner)
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/equipe/conventions/")
    Box.objects.filter(pk=box.pk).update(conventions="Celui d’un autre")
    page.get_by_label("Ce dont l’équipe a convenu").fill("Le mien")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Enregistré entre-temps")).to_have_value("Celui d’un autre")
    expect(page.get_by_label("Votre texte")).to_have_value("Le mien")
    sound(page)
    page.get_by_role("button", name="Enregistrer mon texte").click()
    expect(page.get_by_text("Le mien", exact=True)).to_be_visible()
    page.get_by_role("link", name="Créer les vôtres").click()
    page.get_by_label("Nom").fill("a:b")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Nom")).to_have_attribute("aria-invalid", "true")
    sound(page)


def test_it_goes_without_javascript(plain_page: Page, live_server: LiveServer, owner: Agent, zimbra: Simulated) -> None:
    box = the_box(owner, zimbra)
    zoe = make_moved_agent(zimbra.create_account(), given_name="Zoé", family_name="Técher")
    page = plain_page
    page.set_viewport_size({"width": 320, "height": 800})
    sign_in(page, live_server, owner)
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/equipe/")
    page.get_by_role("button", name="Ajouter ces étiquettes").click()
    page.get_by_role("button", name="Créer ces étiquettes dans ma messagerie").click()
    expect(page.get_by_text("4 étiquettes de l’équipe sont dans votre messagerie.")).to_be_visible()
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/partages/nouveau/?q={zoe.address}")
    page.get_by_label("Élément à partager").select_option(label="Contacts (carnet d’adresses)")
    page.get_by_role("button", name="Partager", exact=True).click()
    expect(page.get_by_text("En place", exact=True)).to_be_visible()
