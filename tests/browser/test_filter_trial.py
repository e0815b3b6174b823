"""Essayer mes règles in a browser: a message made from a rule, changed, and tried before and after."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from tests.bascule.filters.trial_rules import captured
from tests.browser.walking import PASSWORD, once, sign_in, sound
from tests.factories import make_agent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agent(settings, tmp_path: Path) -> Agent:
    settings.DEPOSIT_DIR = tmp_path
    agent = make_agent(password=PASSWORD)
    captured(agent, 'if header :contains "Subject" "réunion" { fileinto "Réunions"; stop; }', "Réunions")
    captured(
        agent, 'if header :contains "Subject" "secret" { redirect "a@ailleurs.example"; }', "Transfert " + "x" * 90
    )
    return agent


@once
def test_message_made_from_a_rule_is_tried_and_changed(page: Page, live_server: LiveServer, agent: Agent) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/mes-filtres/essayer/")
    page.get_by_label("Fabriquer un message à partir d’une règle").select_option(label="1. Réunions")
    page.get_by_role("button", name="Fabriquer").click()
    expect(page.get_by_label("Objet")).to_have_value("réunion")
    sound(page)
    page.get_by_role("button", name="Essayer ce message").click()
    expect(page.get_by_role("heading", name="Même résultat")).to_be_visible()
    expect(page.get_by_text("Le message sera classé dans “Réunions”.")).to_be_visible()
    page.get_by_label("Objet").fill("C’est secret")
    page.get_by_role("button", name="Essayer ce message").click()
    expect(page.get_by_role("heading", name="Résultat différent")).to_be_visible()
    expect(page.get_by_text("Il ne sera plus transféré à “a@ailleurs.example”.")).to_be_visible()
    sound(page)
