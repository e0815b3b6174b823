"""Mes boîtes in a browser: an owner adds, changes, removes; a member hides, shows, leaves without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from boxes.models import Box, Delegation, Role
from boxes.sync import engine
from tests.browser.walking import PASSWORD, follow, once, sign_in, sound
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box
from tests.simulated import Simulated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(zimbra: Simulated) -> Agent:
    return make_moved_agent(zimbra.create_account(), password=PASSWORD, given_name="Anne", family_name="Payet")


def the_box(owner: Agent, zimbra: Simulated) -> Box:
    box = make_shared_box((owner, Role.OWNER), name="Vie scolaire", address=zimbra.create_account())
    give_access(box, make_agent(given_name="Luc", family_name="Técher"), granted_by=owner)
    Box.objects.filter(pk=box.pk).update(work_asked_at=box.transferred_at)
    assert engine.advance(box.pk) is None
    return box


@once
def test_owner_manages_the_members(page: Page, live_server: LiveServer, owner: Agent, zimbra: Simulated) -> None:
    box = the_box(owner, zimbra)
    lea = make_moved_agent(zimbra.create_account(), given_name="Léa", family_name="Boyer")
    sign_in(page, live_server, owner)
    page.goto(f"{live_server.url}/mes-boites/")
    sound(page)
    page.get_by_role("link", name="Vie scolaire", exact=True).click()
    expect(page.get_by_role("heading", name="En attente (1)")).to_be_visible()
    sound(page)
    follow(page.get_by_role("link", name="Ajouter des membres"))
    page.get_by_label("Chercher dans l’annuaire").press_sequentially("lea boy")
    page.get_by_text("Léa Boyer").click()
    # The search goes on and the tick stays.
    page.get_by_label("Chercher dans l’annuaire").fill("techer")
    expect(page.get_by_text("accès déjà prévu")).to_be_visible()
    expect(page.get_by_label("Léa Boyer")).to_be_checked()
    sound(page)
    page.get_by_role("button", name="Donner l’accès").click()
    expect(page.get_by_text("Léa Boyer a maintenant accès")).to_be_visible()
    expect(page.get_by_text("En place", exact=True)).to_have_count(2)
    with zimbra.client(lea.address) as client:
        assert client.folders().find("/Vie scolaire")
    page.get_by_role("link", name="Changer le rôle de Léa Boyer").click()
    page.locator("label[for=role-reader]").click()
    sound(page)
    page.get_by_role("button", name="Changer le rôle").click()
    expect(page.get_by_text("Léa Boyer est désormais membre en lecture seule.")).to_be_visible()
    follow(page.get_by_role("link", name="Retirer… Léa Boyer"))
    sound(page)
    page.get_by_role("button", name="Retirer l’accès").click()
    expect(page.get_by_text("Léa Boyer n’a plus accès à la boîte.")).to_be_visible()
    with zimbra.client(lea.address) as client:
        assert client.folders().find("/Vie scolaire") is None
    page.get_by_role("link", name="Historique").click()
    expect(page.get_by_text("a retiré à Léa Boyer")).to_be_visible()
    sound(page)
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/quitter/")
    expect(page.get_by_text("Une boîte garde toujours un propriétaire")).to_be_visible()
    sound(page)


def test_member_hides_shows_and_leaves_without_javascript(
    plain_page: Page, live_server: LiveServer, owner: Agent, zimbra: Simulated
) -> None:
    box = the_box(owner, zimbra)
    member = make_moved_agent(zimbra.create_account(), password=PASSWORD)
    give_access(box, member)
    Box.objects.filter(pk=box.pk).update(work_asked_at=box.transferred_at)
    engine.advance(box.pk)
    page = plain_page
    sign_in(page, live_server, member)
    page.goto(f"{live_server.url}/mes-boites/")
    page.get_by_role("button", name="Masquer").click()
    expect(page.locator("tbody")).to_contain_text("Masqué")
    with zimbra.client(member.address) as client:
        assert client.folders().find("/Vie scolaire") is None
    page.get_by_role("button", name="Afficher").click()
    expect(page.get_by_role("button", name="Masquer")).to_be_visible()
    page.get_by_role("link", name="Quitter…").click()
    page.get_by_role("button", name="Quitter la boîte").click()
    expect(page.get_by_text("Vous n’avez plus accès à « Vie scolaire »")).to_be_visible()
    assert not Delegation.objects.current().filter(agent=member).exists()
