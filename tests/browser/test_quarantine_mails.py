"""Lists, notifications and their links in a browser: the mail opened, its links followed, nobody signed in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from quarantine import digest, senders
from quarantine.models import Digest, GatewayHeartbeat, Hold
from quarantine.senders import EVERYBODY
from tests.browser.walking import fits, follow, once, seen, sign_in, sound
from tests.factories import make_agent, make_moved_agent, make_shared_box
from tests.quarantine.holds import make_hold

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MINE = "rose.payet@ac-reunion.fr"
LONG = "Récapitulatif " + "x" * 90 + " <script>alert(1)</script> http://evil.example.com/"


@pytest.fixture(autouse=True)
def _site(settings, live_server: LiveServer, tmp_path) -> None:
    settings.BASE_URL = live_server.url
    settings.QUARANTINE_DIR = tmp_path


@once
def test_links_of_a_mail_lead_to_a_page_that_asks(page: Page, live_server: LiveServer) -> None:
    make_agent(MINE)
    first = make_hold(MINE, subject=LONG, from_name="Impôts " + "y" * 80, sender="jean@exemple.fr")
    make_hold(MINE, subject="Facture", reason=Hold.Reason.DANGEROUS)
    make_hold(MINE, subject="Votre liste", reason=Hold.Reason.LIMIT, sender="lettre@exemple.org")
    make_hold(MINE, reason=Hold.Reason.BLOCKED)
    digest.send(Digest.objects.create(mailbox=MINE, kind=Digest.Kind.ASKED).pk)
    Digest.objects.update(made_at=timezone.now() - timedelta(hours=1))
    html = mail.outbox[-1].alternatives[0][0]
    page.set_content(html)
    assert fits(page)
    expect(page.get_by_text("1 message d’expéditeurs que vous avez bloqués")).to_be_visible()
    addresses = seen(page, lambda: page.eval_on_selector_all("a", "all => all.map(one => one.href)"))
    assert not [one for one in addresses if not one.startswith((live_server.url, "mailto:"))]
    trust = re.search(r'href="([^"]+)"[^>]*>Libérer et faire confiance à jean@exemple\.fr', html)
    assert trust
    page.goto(trust[1])
    sound(page)
    first.refresh_from_db()
    assert first.state == Hold.State.HELD
    follow(page.get_by_role("button", name="Libérer et faire confiance"))
    first.refresh_from_db()
    assert first.state != Hold.State.HELD
    expect(page.get_by_role("button")).to_have_count(0)
    sound(page)
    # A second tab with another link of the same message.
    page.goto(trust[1])
    expect(page.get_by_text("Le message est libéré")).to_be_visible()
    delete = re.findall(r'href="([^"]+)"[^>]*>Supprimer<', html)[0]
    page.goto(delete)
    follow(page.get_by_role("button", name="Supprimer"))
    follow(page.get_by_role("button", name="Annuler la suppression"))
    expect(page.get_by_text("le message est de nouveau retenu")).to_be_visible()
    sound(page)
    follow(page.get_by_role("button", name="Recevoir une nouvelle notification"))
    sound(page)


@once
def test_lists_and_times_are_kept(page: Page, live_server: LiveServer) -> None:
    rose = make_moved_agent(MINE)
    box = make_shared_box((rose, "member"), name="Secrétariat " + "long" * 20, address="secretariat@ac-reunion.fr")
    senders.block(mailbox=MINE, pattern="a" * 60 + "@" + "b" * 60 + ".fr", by=rose, note="n" * 200)
    sign_in(page, live_server, rose)
    page.goto(f"{live_server.url}/quarantaine/listes/")
    sound(page)
    page.get_by_label("Adresse ou domaine").fill("gmail.com")
    page.get_by_label("Liste", exact=False).first.select_option(label="Blocage")
    follow(page.get_by_role("button", name="Ajouter"))
    sound(page)
    follow(page.get_by_role("button", name="Bloquer quand même"))
    follow(page.get_by_role("button", name="Retirer gmail.com"))
    sound(page)
    follow(page.get_by_role("button", name="Le remettre"))
    page.get_by_label("Que deviendrait").fill("quelquun@gmail.com")
    follow(page.get_by_role("button", name="Tester"))
    expect(page.get_by_text("Décidé par « gmail.com »")).to_be_visible()
    sound(page)
    page.goto(f"{live_server.url}/quarantaine/notifications/?boite={box.address}")
    sound(page)
    page.get_by_text("Aux heures que je coche").click()
    page.get_by_text("15:00", exact=True).click()
    follow(page.get_by_role("button", name="Enregistrer"))
    expect(page.get_by_text("Votre choix est enregistré")).to_be_visible()
    follow(page.get_by_role("button", name="Envoyer la liste à la boîte maintenant"))
    assert [one.to for one in mail.outbox] == [[box.address]]


@once
def test_staff_see_figures_and_set_times(page: Page, live_server: LiveServer) -> None:
    staff = make_agent("equipe@ac-reunion.fr", is_staff=True)
    senders.block(mailbox=EVERYBODY, pattern="arnaque.fr", by=staff, note="Faux site des impôts")
    for number in range(3):
        make_hold(MINE, days_ago=number)
    make_hold(MINE, state=Hold.State.RELEASING, attempts=2, waiting_for="451 4.3.0 <a@secret.fr> " + "z" * 120)
    now = timezone.now()
    GatewayHeartbeat.objects.create(
        name="intake machine-" + "m" * 60 + " 12", kind="intake", started_at=now, beat_at=now, troubles={"zimbra": ""}
    )
    Digest.objects.create(mailbox=MINE, slot=now, state=Digest.State.SENT, sent_at=now, count=3)
    sign_in(page, live_server, staff)
    page.goto(f"{live_server.url}/equipe/quarantaine/?adresse={MINE}")
    sound(page)
    follow(page.get_by_role("link", name="Notifications").last)
    sound(page)
    page.get_by_label("Heures proposées").fill("9h, 12h, 15h")
    follow(page.get_by_role("button", name="Enregistrer"))
    expect(page.get_by_label("Heures proposées")).to_have_value("09:00, 12:00, 15:00")
    page.goto(f"{live_server.url}/equipe/quarantaine/listes/")
    sound(page)
    follow(page.get_by_role("link", name="Retirer arnaque.fr"))
    sound(page)
    page.get_by_label("Pourquoi").fill("Site repris")
    follow(page.get_by_role("button", name="Retirer"))
    expect(page.get_by_text("Ces listes sont vides")).to_be_visible()
    page.goto(f"{live_server.url}/equipe/")
    expect(page.get_by_text("passerelle de messagerie en difficulté")).to_be_visible()
    sound(page)
