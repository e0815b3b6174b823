"""Filtres (LDIF) in a browser: handed in, looked at, given out; and the person finds the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from bascule.models import CapturedRule, FilterIntake
from tests.bascule.filter_intakes.directory import AWAY, OFF, REUNION, SPAM, entry
from tests.browser.walking import PASSWORD, once, sign_in, sound
from tests.factories import make_agent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def staff() -> Agent:
    return make_agent("dsi@ac-reunion.fr", password=PASSWORD, is_staff=True, given_name="Inès", family_name="Técher")


@pytest.fixture
def directory(tmp_path: Path, settings) -> Path:
    settings.MAIL_DOMAIN = "ac-reunion.fr"
    make_agent("marie.payet@ac-reunion.fr", given_name="Marie", family_name="Payet", password=PASSWORD)
    make_agent("jean-francois.de-villeneuve@ac-reunion.fr", given_name="Jean-François", family_name="de Villeneuve")
    path = tmp_path / "annuaire-convergence.ldif"
    path.write_text(
        entry("mpayet", REUNION, SPAM, OFF, mail="marie.payet@ac-reunion.fr")
        + entry("jean-francois.de-villeneuve", AWAY)
        + entry("parti", SPAM, mail="quelqu-un.qui.a.un.nom.vraiment.long@ancien-domaine.ac-reunion.fr")
        + entry("double", REUNION, mail="marie.payet@old.example")
    )
    return path


@once
def test_rules_of_an_ldif_are_given_out(page: Page, live_server: LiveServer, staff: Agent, directory: Path) -> None:
    sign_in(page, live_server, staff)
    page.goto(f"{live_server.url}/equipe/filtres/")
    sound(page)
    page.get_by_label("Fichier LDIF").set_input_files(directory)
    page.get_by_role("button", name="Déposer et lire").click()
    expect(page.get_by_role("heading", name="À confirmer")).to_be_visible()
    expect(page.get_by_text("2 personnes recevront leurs règles")).to_be_visible()
    assert not CapturedRule.objects.exists()
    sound(page)
    page.get_by_role("link", name="Adresses inconnues").click()
    expect(page.get_by_text("Vérifiez l’annuaire du portail")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Distribuer les règles").click()
    expect(page.get_by_text("Terminé", exact=True)).to_be_visible()
    expect(page.get_by_text("3 identiques, 0 à vérifier, 0 non reprise")).to_be_visible()
    sound(page)
    page.context.clear_cookies()
    sign_in(page, live_server, Agent.objects.get(address="marie.payet@ac-reunion.fr"))
    page.goto(f"{live_server.url}/notifications/")
    page.get_by_role("link", name="L’équipe informatique a déposé vos règles de filtrage").click()
    expect(page.get_by_text("Réunions").first).to_be_visible()


def test_it_goes_without_javascript(plain_page: Page, live_server: LiveServer, staff: Agent, directory: Path) -> None:
    page = plain_page
    page.set_viewport_size({"width": 1280, "height": 720})
    sign_in(page, live_server, staff)
    page.goto(f"{live_server.url}/equipe/filtres/")
    page.get_by_label("Fichier LDIF").set_input_files(directory)
    page.get_by_role("button", name="Déposer et lire").click()
    expect(page.get_by_role("button", name="Abandonner ce fichier")).to_be_visible()
    page.get_by_role("button", name="Abandonner ce fichier").click()
    expect(page.get_by_text("est abandonné : rien n’a été distribué")).to_be_visible()
    assert FilterIntake.objects.get().state == "cancelled"
