"""Ma signature in a browser: written, pasted, handed over, sent and taken back; hostile HTML does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import FrameLocator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent
from bascule.models import SavedSignature
from bascule.signatures import saved
from bascule.signatures.contents import contents_of, written
from tests.browser.walking import PASSWORD, follow, once, sign_in, sound, violations
from tests.factories import make_agent
from tests.simulated import Simulated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOSTILE = """<style>b.MsoNormal { color: rgb(0, 99, 0) }</style>
<style>body{background:url(https://espion.example/fond)}</style>
<script>top.ran = 1</script>
<p onclick="top.ran = 1" style="color:#c00;background-image:url(https://espion.example/x)">Zoé
<b class=MsoNormal>Hoarau</b></p>
<a href="javascript:top.ran = 1">cliquez</a><iframe srcdoc="<script>top.ran = 1</script>"></iframe>
<img src=x onerror="top.ran = 1"><svg><script>top.ran = 1</script></svg><form action="https://espion.example/">
<input name="mot"></form><img src="https://espion.example/p.gif" width=1 height=1>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=top.ran=1&gt;">"""


@pytest.fixture
def agent(zimbra: Simulated) -> Agent:
    return make_agent(zimbra.create_account(), password=PASSWORD, migrated_at=timezone.now())


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Addresses outside the portal that the browser asked for."""
    found: list[str] = []
    page.on(
        "request",
        lambda request: (
            found.append(request.url)
            if "127.0.0.1" not in request.url and "localhost" not in request.url and not request.url.startswith("data:")
            else None
        ),
    )
    return found


def editor_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='Éditeur de la signature']")


def paste(page: Page, html: str) -> None:
    editor_of(page).get_by_role("textbox", name="Votre signature").evaluate(
        """(text, html) => {
            text.focus();
            const data = new DataTransfer();
            data.setData("text/html", html);
            data.setData("text/plain", "sans mise en forme");
            text.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        html,
    )


def nothing_ran(page: Page) -> bool:
    return page.evaluate("window.ran === undefined")


@once
def test_signature_is_written_sent_and_taken_back(
    page: Page, live_server: LiveServer, agent: Agent, zimbra: Simulated
) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/ma-signature/")
    assert violations(page) == []
    follow(page.get_by_role("link", name="L’écrire ou la coller"))
    page.get_by_label("Nom de la signature").fill("Bureau")
    text = editor_of(page).get_by_role("textbox", name="Votre signature")
    text.click()
    page.keyboard.type("Zoé Hoarau")
    page.keyboard.press("Control+A")
    editor_of(page).get_by_role("button", name="Gras").click()
    editor_of(page).get_by_label("Couleur").select_option(label="Bleu")
    editor_of(page).get_by_label("Taille").select_option(label="Grande")
    preview = page.frame_locator("iframe[title='Aperçu de la signature']").first
    expect(preview.get_by_text("Zoé Hoarau")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bureau")
    contents = contents_of(SavedSignature.objects.get())
    assert "font-size:16px" in contents.html
    assert "rgb(0, 0, 145)" in contents.html or "#000091" in contents.html
    assert contents.text == "Zoé Hoarau"
    assert violations(page) == []
    page.get_by_role("link", name="Comparer et envoyer").first.click()
    expect(page.get_by_text("À créer")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Envoyer vers Zimbra").click()
    expect(page.get_by_text("En place dans Zimbra")).to_be_visible()
    with zimbra.client(agent.address) as client:
        [there] = client.signatures()
        assert client.default_identity().answer_signature_id == there.id
    page.get_by_role("link", name="Annuler cet envoi").click()
    page.get_by_role("button", name="Annuler").first.click()
    expect(page.get_by_text("est de nouveau en place")).to_be_visible()
    with zimbra.client(agent.address) as client:
        assert client.signatures() == []


@once
def test_hostile_paste_keeps_its_form_and_does_nothing(
    page: Page, live_server: LiveServer, agent: Agent, asked: list[str]
) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/ma-signature/nouvelle/")
    expect(editor_of(page).get_by_role("button", name="Gras")).to_be_visible()
    paste(page, HOSTILE)
    expect(editor_of(page).get_by_text("Hoarau")).to_be_visible()
    expect(page.get_by_text("n’a pas été collé.")).to_be_visible()
    preview = page.frame_locator("iframe[title='Aperçu de la signature']").first
    expect(preview.get_by_text("Hoarau")).to_be_visible()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", name="Ses images")).to_be_visible()
    expect(page.get_by_label("Retirer").last).to_be_checked()
    html = contents_of(SavedSignature.objects.get()).html
    assert '<b style="color:rgb(0, 99, 0)">Hoarau</b>' in html
    assert "color:#c00" in html or "color:rgb(204, 0, 0)" in html
    assert nothing_ran(page)
    assert asked == []
    sound(page)


@once
def test_paste_keeps_its_looks_and_stays_in_its_place(page: Page, live_server: LiveServer, agent: Agent) -> None:
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/ma-signature/nouvelle/")
    bold = editor_of(page).get_by_role("button", name="Gras")
    expect(bold).to_be_visible()
    paste(
        page,
        """<base href="https://espion.example/"><style>@import "https://espion.example/s.css"; b { color: teal }</style>
        <img alt="fausse" src="data:image/gif;base64,R0lGODlh=<script>">
        <p style="font-size:13px;font-family:Arial, Helvetica, sans-serif;color:#161616">Zoé Hoarau</p>
        <div style="position:fixed;inset:0;z-index:99;background:#fff">Par-dessus</div>
        <pre>Collège des Filaos\n12, rue des Lilas</pre>""",
    )
    expect(editor_of(page).get_by_text("Par-dessus")).to_be_attached()
    # What lies over the button would get the click.
    bold.click()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_text("Signature enregistrée.")).to_be_visible()
    contents = contents_of(SavedSignature.objects.get())
    assert "font-size:13px" in contents.html
    assert "font-family:Arial" in contents.html
    assert "Collège des Filaos\n12, rue des Lilas" in contents.text


@once
def test_hostile_file_is_shown_and_edited_without_harm(
    page: Page, live_server: LiveServer, agent: Agent, asked: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "signature.html"
    file.write_text(HOSTILE, encoding="utf-8")
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/ma-signature/deposer/")
    assert violations(page) == []
    page.get_by_label("Fichier de votre signature").set_input_files(file)
    page.get_by_role("button", name="Lire ce fichier").click()
    expect(page.get_by_text("Un programme a été retiré")).to_be_visible()
    frame = page.frame_locator("iframe[title^='Aperçu']")
    expect(frame.get_by_text("Hoarau")).to_be_visible()
    page.get_by_role("link", name="Modifier").click()
    expect(editor_of(page).get_by_text("Hoarau")).to_be_visible()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_text("Signature enregistrée.")).to_be_visible()
    # The addresses of its pictures survive the editor, in which they are not shown.
    assert "https://espion.example/p.gif" in contents_of(SavedSignature.objects.get()).html
    assert nothing_ran(page)
    assert asked == []


@once
def test_academy_template_shows_what_it_will_be(page: Page, live_server: LiveServer, agent: Agent) -> None:
    sign_in(page, live_server, agent)
    page.goto(live_server.url)
    page.goto(f"{live_server.url}/ma-signature/modele/")
    page.get_by_label("Téléphone").fill("0262 48 10 10")
    preview = page.frame_locator("iframe[title='Aperçu de la signature']").first
    expect(preview.get_by_text("0262 48 10 10")).to_be_visible()
    sound(page)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ma bascule")


def test_signature_is_saved_and_sent_without_javascript(
    plain_page: Page, live_server: LiveServer, agent: Agent, zimbra: Simulated
) -> None:
    page = plain_page
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/ma-signature/nouvelle/")
    page.get_by_role("textbox", name="Votre signature").fill("Zoé Hoarau\nCollège des Filaos")
    page.get_by_role("button", name="Actualiser l’aperçu").click()
    expect(page.frame_locator("iframe[title='Aperçu de la signature']").get_by_text("Filaos")).to_be_visible()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.get_by_role("link", name="Comparer et envoyer").first.click()
    page.get_by_role("button", name="Envoyer vers Zimbra").click()
    expect(page.get_by_text("En place dans Zimbra")).to_be_visible()
    with zimbra.client(agent.address) as client:
        assert [one.text for one in client.signatures()] == ["Zoé Hoarau\nCollège des Filaos"]


@once
def test_list_with_several_signatures_fits(page: Page, live_server: LiveServer, agent: Agent) -> None:
    for number in range(3):
        contents = written(f"Signature {number}", f"<p>Zoé <b>Hoarau</b> {number}<br>Collège des Filaos</p>")
        saved.add(agent=agent, contents=contents, by=agent)
    sign_in(page, live_server, agent)
    page.goto(f"{live_server.url}/ma-signature/")
    expect(page.get_by_label("Nouveaux messages").first).to_be_visible()
    sound(page)
    page.get_by_label("Réponses").first.select_option(label="Signature 2")
    page.get_by_role("button", name="Enregistrer ces choix").click()
    expect(page.get_by_text("Vos choix sont enregistrés.")).to_be_visible()
