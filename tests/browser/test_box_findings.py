"""Écarts in a browser: somebody was let in directly in Zimbra; the owner sees it and decides, staff see all boxes."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from boxes.models import Box, BoxFinding, Role
from boxes.sync import engine
from tests.browser.walking import PASSWORD, follow, once, sign_in, sound
from tests.factories import make_moved_agent, make_shared_box
from tests.simulated import Simulated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(zimbra: Simulated) -> Agent:
    return make_moved_agent(zimbra.create_account(), password=PASSWORD, given_name="Anne", family_name="Payet")


@once
def test_what_was_changed_in_zimbra_is_decided_on(
    page: Page, live_server: LiveServer, owner: Agent, zimbra: Simulated
) -> None:
    box = make_shared_box((owner, Role.OWNER), name="Vie scolaire", address=zimbra.create_account())
    Box.objects.filter(pk=box.pk).update(work_asked_at=box.transferred_at)
    assert engine.advance(box.pk) is None
    stranger = zimbra.create_account()
    with zimbra.client(box.address) as client:
        client.grant("1", stranger, "rwidx")
    sign_in(page, live_server, owner)
    page.goto(f"{live_server.url}/mes-boites/{box.pk}/ecarts/")
    sound(page)
    page.get_by_role("button", name="Comparer maintenant").click()
    expect(page.locator(".portal-finding p").first).to_contain_text(f"{stranger} a accès à la boîte dans Zimbra")
    sound(page)
    follow(page.get_by_role("link", name="Remettre en ordre"))
    sound(page)
    page.get_by_role("button", name="Remettre en ordre").click()
    expect(page.get_by_text("Aucun écart")).to_be_visible()
    with zimbra.client(box.address) as client:
        assert stranger not in {grant.name for grant in client.grants("1")}


@once
def test_staff_decide_for_several_boxes(page: Page, live_server: LiveServer, zimbra: Simulated) -> None:
    staff = make_moved_agent(password=PASSWORD, is_staff=True)
    member = make_moved_agent()
    for name in ("Vie scolaire", "Secrétariat-" + "très-long" * 8):
        box = make_shared_box((make_moved_agent(), Role.OWNER), (member, Role.MEMBER), name=name, in_zimbra=True)
        for kind in ("grant_missing", "send_missing"):
            BoxFinding.objects.create(
                box=box, kind=kind, grantee=member.address, expected="rwidx", last_seen_at=timezone.now()
            )
    sign_in(page, live_server, staff)
    page.goto(f"{live_server.url}/equipe/boites/ecarts/")
    sound(page)
    page.get_by_label("Boîte, personne ou élément").fill("vie scolaire")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_text("2 écarts")).to_be_visible()
    for label in page.locator("label[for^='finding-']:not([for='finding-search']):not([for='finding-kind'])").all():
        label.click()
    follow(page.get_by_role("button", name="Remettre en ordre ce qui est coché"))
    sound(page)
    page.get_by_role("button", name="Remettre en ordre").click()
    expect(page.get_by_text("2 écarts : Zimbra est remis en ordre")).to_be_visible()
    sound(page)
