"""Vagues in a browser: the academy's planning entered by the keyboard alone, then changed, each page looked at."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from bascule import planning, standings
from bascule.models import Wave
from tests.browser.walking import follow, once, sign_in, sound
from tests.factories import make_agent, make_establishment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Domain, section 4. Boxes of ticks, in the order in which the page has them: seven populations, boxes, done.
PLANNING = [
    ("Migration technique, quarantaine", "16 avril 2025", (8,)),
    ("Équipes DSI, tous services", "2 mai", (0,)),
    ("Correspondants techniques", "mi-mai", (1,)),
    ("Premier degré", "début juin", (2, 7)),
    ("Le reste", "octobre", (3, 4, 5, 6, 7)),
]
TICKS = 9


def type_planning(page: Page) -> int:
    """Fill the rows without a pointer, beginning in the first field; gives how many keys were pressed."""
    keys = 0
    for name, when, ticks in PLANNING:
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(when)
        keys += len(name) + len(when) + 1
        for number in range(TICKS):
            page.keyboard.press("Tab")
            if number in ticks:
                page.keyboard.press("Space")
            keys += 1 + (number in ticks)
        page.keyboard.press("Tab")
        keys += 1
    return keys


@once
def test_the_planning_is_entered_by_the_keyboard(
    page: Page, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "today", lambda: date(2025, 4, 20))
    make_agent("marie.payet@ac-reunion.fr", family_name="Payet", establishment=make_establishment(uai="9740001A"))
    standings.refresh()
    sign_in(page, live_server, make_agent("dsi@ac-reunion.fr", is_staff=True, population="dsi"))
    page.goto(f"{live_server.url}/equipe/vagues/")
    sound(page)
    follow(page.get_by_role("link", name="Saisir plusieurs vagues").first)
    sound(page)
    page.get_by_label("Nom", exact=True).first.focus()
    type_planning(page)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_text("mercredi 16 avril 2025")).to_be_visible()
    expect(page.get_by_text("début juin 2025, du 1er au 10 juin 2025")).to_be_visible()
    assert not Wave.objects.exists()
    sound(page)
    follow(page.get_by_role("button", name="Enregistrer ces 5 vagues"))
    expect(page.get_by_text("5 vagues sont créées.")).to_be_visible()
    expect(page.get_by_role("group", name="Frise des vagues")).to_be_visible()
    sound(page)
    assert list(Wave.objects.order_by("pk").values_list("state", flat=True)) == ["done", *["planned"] * 4]
    follow(page.get_by_role("table").get_by_role("link", name="Premier degré"))
    sound(page)
    follow(page.get_by_role("link", name="Scinder"))
    page.get_by_text("Des établissements partent").click()
    page.get_by_label("UAI ou noms, un par ligne").fill("9740001A")
    page.get_by_label("Nom de la nouvelle vague").fill("École du nord")
    follow(page.get_by_role("button", name="Voir les conséquences"))
    sound(page)
    follow(page.get_by_role("button", name="Scinder la vague"))
    follow(page.get_by_role("link", name="Personnes", exact=True))
    expect(page.get_by_role("rowheader", name="Payet")).to_be_visible()
    sound(page)
    page.locator("label[for^=tick-]").click()
    follow(page.get_by_role("button", name="Déplacer les personnes cochées"))
    page.get_by_label("Vague", exact=True).select_option(label="Premier degré (début juin 2025, planifiée)")
    sound(page)
    follow(page.get_by_role("button", name="Déplacer", exact=True))
    expect(page.get_by_text("change de vague.")).to_be_visible()
    assert Agent.objects.get(family_name="Payet").standing.wave.name == "Premier degré"
