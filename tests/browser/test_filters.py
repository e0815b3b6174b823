"""Mes filtres in a browser: rules typed in by keyboard alone, pasted, ordered in place; with and without JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from bascule.conversions.filters.model import SourceRule
from bascule.filters import captured
from bascule.filters.contents import contents_of
from bascule.models import CapturedRule
from tests.browser.walking import PASSWORD, fits, follow, once, sign_in, sound, violations
from tests.factories import make_agent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def agent(settings, tmp_path: Path) -> Agent:
    settings.DEPOSIT_DIR = tmp_path
    return make_agent(password=PASSWORD)


def capture(agent: Agent, count: int) -> None:
    for number in range(1, count + 1):
        text = f'if header :contains "Subject" "sujet {number}" {{ fileinto "Listes/Dossier {number}"; stop; }}'
        captured.add(agent=agent, source=SourceRule(text, name=f"Règle {number}"), by=agent)


def names(agent: Agent) -> list[str]:
    return [contents_of(rule).name for rule in CapturedRule.objects.filter(agent=agent)]


@once
def test_rules_are_typed_in_by_keyboard_alone(page: Page, live_server: LiveServer, agent: Agent) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/")
    follow(page.get_by_role("link", name="Ajouter une règle"))
    expect(page.get_by_label("Nom de la règle")).to_be_focused()
    sound(page)
    keys = page.keyboard
    keys.type("Rectorat")
    for _ in range(3):
        keys.press("Tab")
    expect(page.get_by_label("Champ")).to_be_focused()
    keys.press("Tab")
    keys.press("Tab")
    keys.type("rectorat@ac-reunion.fr")
    for _ in range(2):
        keys.press("Tab")
    keys.type("Listes/Rectorat")
    keys.press("Enter")
    expect(page.get_by_text("Règle n° 1 enregistrée : « Rectorat ».")).to_be_visible()
    expect(page.get_by_label("Nom de la règle")).to_be_focused()
    # Lines of conditions and the key that finishes are the script's, which comes with the page.
    page.wait_for_load_state()
    # The folder's parent and the kind of condition are those of the rule before.
    expect(page.get_by_label("Classer dans le dossier")).to_have_value("Listes/")
    page.get_by_label("Champ").select_option(label="Objet")
    page.get_by_label("Valeur").fill("réunion; conseil")
    page.get_by_role("button", name="Ajouter une condition").click()
    second = page.get_by_role("group", name="Condition", exact=True).nth(1)
    expect(second.get_by_label("Champ")).to_be_focused()
    second.get_by_label("Champ").select_option(label="Taille")
    expect(second.get_by_label("Comparaison")).to_have_value("over")
    second.get_by_label("Valeur").fill("10 Mo")
    page.get_by_label("Classer dans le dossier").fill("Réunions")
    assert fits(page)
    page.get_by_label("Marquer comme lu").check(force=True)
    page.get_by_label("Nom de la règle").press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mes filtres")
    assert CapturedRule.objects.count() == 2
    source = contents_of(CapturedRule.objects.get(position=2)).source
    assert 'header :contains "Subject" ["réunion", "conseil"]' in source
    assert "size :over 10M" in source
    sound(page)


@once
def test_lines_of_conditions_come_and_go(page: Page, live_server: LiveServer, agent: Agent) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/ajouter/")
    for text in ("un", "deux", "trois"):
        page.get_by_label("Valeur").last.fill(text)
        page.get_by_role("button", name="Ajouter une condition").click()
    page.get_by_role("group", name="Condition", exact=True).nth(1).get_by_role("button", name="Retirer").click()
    page.get_by_label("Classer dans le dossier").fill("X")
    page.get_by_role("button", name="Enregistrer et terminer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mes filtres")
    source = contents_of(CapturedRule.objects.get()).source
    assert '"un"' in source
    assert '"trois"' in source
    assert '"deux"' not in source


@once
def test_rules_change_places_in_place_and_the_focus_stays(page: Page, live_server: LiveServer, agent: Agent) -> None:
    capture(agent, 3)
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/")
    page.get_by_role("button", name="Monter : Règle 3").press("Enter")
    expect(page.get_by_text("Règle placée en position 2.")).to_be_attached()
    expect(page.get_by_role("button", name="Monter : Règle 3")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Règle placée en position 1.")).to_be_attached()
    expect(page.get_by_role("link", name="Règle 3", exact=True)).to_be_focused()
    page.get_by_role("button", name="Désactiver : Règle 1").press("Enter")
    expect(page.get_by_role("button", name="Activer : Règle 1", exact=True)).to_be_focused()
    assert names(agent) == ["Règle 3", "Règle 1", "Règle 2"]
    assert not CapturedRule.objects.get(position=2).active
    assert violations(page) == []


@once
def test_sixty_rules_stay_comfortable(page: Page, live_server: LiveServer, agent: Agent) -> None:
    capture(agent, 60)
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/")
    sound(page)
    page.get_by_label("Chercher dans les règles").fill("sujet 42")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_text("1 règle sur 60 pour « sujet 42 »")).to_be_visible()
    page.get_by_role("link", name="Tout afficher").click()
    page.get_by_role("button", name="Tout cocher").click()
    page.get_by_role("button", name="Désactiver", exact=True).click()
    expect(page.get_by_text("60 règles désactivées.")).to_be_visible()


@once
def test_a_text_is_explained_while_it_is_typed(page: Page, live_server: LiveServer, agent: Agent) -> None:
    text = 'if not anyof (header :contains "Subject" "a", not header :is "From" "b") { fileinto "X"; }'
    rule = captured.add(agent=agent, source=SourceRule(text, name=HOSTILE), by=agent)
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/{rule.pk}/modifier/")
    page.get_by_label("Texte Sieve de la règle").fill('if header :is "Subject" "y" { discard; }')
    expect(page.locator("#explained")).to_contain_text("supprimer")
    sound(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    sound(page)


def test_pasted_rules_appear_without_javascript_and_can_be_ordered(
    plain_page: Page, live_server: LiveServer, agent: Agent
) -> None:
    page = plain_page
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/coller/")
    page.get_by_label("Coller le texte des règles").fill("Bonjour")
    page.get_by_role("button", name="Lire ces règles").click()
    expect(page.get_by_text("ne contient aucune règle")).to_be_visible()
    expect(page.get_by_label("Coller le texte des règles")).to_have_value("Bonjour")
    page.get_by_label("Coller le texte des règles").fill(
        '# Rule Info: $Order=1 Name="A"\nif header :is "Subject" "a" { discard; }\n'
        '# Rule Info: $Order=2 Name="B"\nif header :is "Subject" "b" { keep; }\n'
    )
    page.get_by_role("button", name="Lire ces règles").click()
    expect(page.get_by_text("2 règles relevées.")).to_be_visible()
    page.get_by_role("button", name="Descendre : A").click()
    expect(page.get_by_text("Règle placée en position 2.")).to_be_visible()
    assert names(agent) == ["B", "A"]
    page.get_by_role("link", name="Modifier : B").click()
    page.get_by_role("button", name="Ajouter une condition").click()
    page.get_by_label("Valeur").last.fill("c")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.get_by_text("Règle modifiée.")).to_be_visible()
    assert '"c"' in contents_of(CapturedRule.objects.get(position=1)).source
