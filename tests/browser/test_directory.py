"""Répertoire in a browser: a list handed in, looked at, confirmed; errors; establishments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.directory import figures
from accounts.models import Agent
from tests.accounts.directory.lists import TITLES
from tests.browser.walking import follow, once, sign_in, sound
from tests.factories import make_agent, make_establishment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def staff() -> Agent:
    return make_agent("dsi@ac-reunion.fr", is_staff=True, given_name="Inès", family_name="Técher")


def hand_in(page: Page, path: Path, *, complete: bool) -> None:
    page.get_by_label("Fichier CSV").set_input_files(path)
    if complete:
        page.get_by_text("Tout le monde").click()
    page.get_by_role("button", name="Déposer et comparer").click()


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("SHOTS")
    if folder:
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


@once
def test_list_is_handed_in_and_written(page: Page, live_server: LiveServer, staff: Agent, tmp_path: Path) -> None:
    make_establishment(uai="9740001A", name="Collège Bourbon")
    for number in range(25):
        make_agent(f"ancien.{number}@ac-reunion.fr", given_name="Ancien", family_name=f"Numéro {number}")
    make_agent("marie.payet@ac-reunion.fr", given_name="Marie", family_name="Avant")
    figures.recount_all()
    path = tmp_path / "agents.csv"
    long = "quelqu-un.dont-le-nom.est-vraiment-tres-long-et-sans-aucun-blanc@ac-reunion.fr"
    lines = [TITLES, "marie.payet@ac-reunion.fr;Marie;Payet;Premier degré;9740001A;DIR", f"{long};Léa;Long;dsi;;Agent"]
    path.write_text("\n".join([*lines, "faux;A;B;Inconnue;1;"]), encoding="cp1252")
    sign_in(page, live_server, staff)
    page.goto(f"{live_server.url}/equipe/repertoire/")
    sound(page)
    shot(page, "start")
    hand_in(page, path, complete=True)
    expect(page.get_by_role("heading", name="Rien n’a été modifié")).to_be_visible()
    expect(page.get_by_text("« faux » n’est pas une adresse")).to_be_visible()
    sound(page)
    shot(page, "errors")
    path.write_text("\n".join(lines), encoding="cp1252")
    follow(page.get_by_role("link", name="Déposer le fichier corrigé"))
    hand_in(page, path, complete=True)
    expect(page.get_by_role("heading", name="À confirmer")).to_be_visible()
    shot(page, "added")
    follow(page.get_by_role("link", name="Modifications (1)"))
    expect(page.get_by_text("Avant", exact=True)).to_be_visible()
    sound(page)
    shot(page, "changed")
    follow(page.get_by_role("link", name="Départs (25)"))
    shot(page, "gone")
    follow(page.get_by_role("link", name="Confirmer…"))
    sound(page)
    shot(page, "confirm")
    page.get_by_text("J’ai vérifié").click()
    page.get_by_role("button", name="Écrire dans le répertoire").click()
    expect(page.get_by_text("Terminé", exact=True)).to_be_visible()
    sound(page)
    shot(page, "done")
    assert Agent.objects.filter(is_active=True).count() == 3
    page.goto(f"{live_server.url}/equipe/repertoire/etablissements/")
    sound(page)
    shot(page, "places")
    page.goto(f"{live_server.url}/equipe/repertoire/")
    sound(page)
    shot(page, "start-after")
