"""The main job in a browser: deposit, preview, import, verified, undone; with and without JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from bascule.models import Import
from tests.browser.walking import PASSWORD, fits, once, sign_in, sign_in_by_form, sound, violations
from tests.factories import make_agent
from tests.simulated import Simulated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CARDS = "".join(
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u{number}\r\nFN:Zoé Lefèvre {number}\r\nN:Lefèvre;Zoé;;;\r\n"
    f"EMAIL:zoe{number}@exemple.re\r\nEND:VCARD\r\n"
    for number in range(30)
)


@pytest.fixture
def agent(zimbra: Simulated) -> Agent:
    return make_agent(zimbra.create_account(), password=PASSWORD, migrated_at=timezone.now())


def carry_over(page: Page, site: LiveServer, export: Path) -> None:
    page.goto(f"{site.url}/mes-fichiers/")
    page.get_by_label("Déposer des fichiers").set_input_files(export)
    page.get_by_role("button", name="Déposer", exact=True).click()
    page.get_by_role("link", name="Importer dans Zimbra").first.click()
    page.get_by_role("button", name="Importer", exact=True).click()


@once
def test_contacts_arrive_and_are_taken_back(
    page: Page, live_server: LiveServer, agent: Agent, zimbra: Simulated, tmp_path: Path
) -> None:
    export = tmp_path / "carnet.vcf"
    export.write_text(CARDS, encoding="utf-8", newline="")
    sign_in(page, live_server, agent)
    carry_over(page, live_server, export)
    expect(page.get_by_text("30 sur 30 retrouvés dans Zimbra, identiques")).to_be_visible()
    sound(page)
    with zimbra.client(agent.address) as client:
        [book] = [folder for folder in client.folders().walk() if folder.name == "carnet"]
        assert len(list(client.contacts(book.id))) == 30
    page.get_by_role("link", name="Annuler cet import").click()
    page.get_by_role("button", name="Retirer de Zimbra").click()
    expect(page.get_by_text("Annulé").first).to_be_visible()
    assert Import.objects.get().state == Import.State.UNDONE
    with zimbra.client(agent.address) as client:
        assert not [folder for folder in client.folders().walk() if folder.name == "carnet"]


def test_contacts_arrive_without_javascript(
    plain_page: Page, live_server: LiveServer, agent: Agent, tmp_path: Path
) -> None:
    export = tmp_path / "carnet.vcf"
    export.write_text(CARDS, encoding="utf-8", newline="")
    page = plain_page
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in_by_form(page, live_server, agent)
    carry_over(page, live_server, export)
    expect(page.get_by_text("30 sur 30 retrouvés dans Zimbra, identiques")).to_be_visible()


@once
def test_checklist_changes_in_place_and_keeps_the_focus(page: Page, live_server: LiveServer, agent: Agent) -> None:
    sign_in(page, live_server, agent)
    page.goto(live_server.url)
    row = page.get_by_role("listitem").filter(has_text="Recréer ma signature").last
    row.get_by_role("button", name="C’est fait").press("Enter")
    expect(page.get_by_text("« Recréer ma signature » : c’est fait.")).to_be_attached()
    assert page.evaluate("document.activeElement !== document.body")
    sound(page)
    page.reload()
    expect(page.get_by_text("1 étape réglée sur 7")).to_be_visible()


@once
def test_pages_fit_and_break_no_accessibility_rule(page: Page, live_server: LiveServer, agent: Agent) -> None:
    sign_in(page, live_server, agent)
    for path in ("/", "/mes-fichiers/", "/etapes/restore-calendar/", "/notifications/"):
        page.goto(live_server.url + path)
        assert fits(page), path
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert violations(page) == [], f"{path} at {width}"


@once
def test_notes_typed_before_the_session_ended_are_still_there_after_sign_in(
    page: Page, live_server: LiveServer, agent: Agent
) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/etapes/note-devices/")
    page.get_by_label("Texte de mes notes").fill("Cordialement,\nCamille")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Enregistrer mes notes").click()
    expect(page.get_by_text("n’a pas été enregistré")).to_be_visible()
    page.get_by_label("Adresse de messagerie").fill(agent.address)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_text("il est remis dans vos notes")).to_be_visible()
    expect(page.get_by_label("Texte de mes notes")).to_have_value("Cordialement,\nCamille")
    page.get_by_role("button", name="Enregistrer mes notes").click()
    expect(page.get_by_text("Vos notes sont enregistrées.")).to_be_visible()
    page.wait_for_function("!Object.keys(sessionStorage).some(key => key.startsWith('draft:'))")


@once
def test_files_dropped_on_the_form_of_a_step_are_deposited(page: Page, live_server: LiveServer, agent: Agent) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/etapes/add-contacts/")
    page.evaluate(
        """content => {
            const dropped = new DataTransfer();
            for (const name of ["un", "deux"]) {
                dropped.items.add(new File([content.replaceAll("Zoé", name)], `${name}.vcf`));
            }
            const drop = new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true});
            document.getElementById("deposit-form").dispatchEvent(drop);
        }""",
        CARDS,
    )
    expect(page.get_by_text("2 fichiers déposés.")).to_be_visible()
    sound(page)
