"""Aide, as people read and staff change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Agent, JournalEntry
from bascule.help import editing, first_sign_in
from bascule.help import library as pages
from bascule.help.editing import HelpError
from bascule.models import HelpMiss, HelpOpinion
from tests.factories import make_agent, make_moved_agent

pytestmark = pytest.mark.django_db
NEW = "---\ntitle: Essai\nsection: faq\norder: 950\nsummary: Un essai.\nkeywords: zèbre\n---\n{}\n"


def text_of(response: HttpResponse) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode().replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(autouse=True)
def own_pages(tmp_path: Path, settings: Any) -> Path:
    settings.HELP_DIR = str(tmp_path / "help")
    return tmp_path / "help"


@pytest.fixture
def staff(client: Client) -> Agent:
    agent = make_agent(is_staff=True)
    client.force_login(agent)
    return agent


def test_every_page_is_shown_to_anybody(client: Client) -> None:
    home = text_of(client.get(reverse("help")))
    for page in pages.library().pages.values():
        assert page.url in home
        html = text_of(client.get(page.url))
        body = html.partition('class="help-body"')[2].partition("</article>")[0]
        assert len(body) > 60, page.slug
        assert "{" not in body, page.slug


def test_everything_is_printed_on_one_sheet(client: Client) -> None:
    html = text_of(client.get(reverse("help_print")))
    assert all(f'id="{slug}"' in html for slug in pages.library().pages)
    one = text_of(client.get(reverse("help_print"), {"rubrique": "limites"}))
    assert 'id="limites-envoi"' in one
    assert 'id="quarantaine"' not in one
    assert client.get(reverse("help_print"), {"rubrique": "rien"}).status_code == 404


def test_a_page_leads_to_its_step_and_back(client: Client) -> None:
    client.force_login(make_agent())
    page = text_of(client.get(reverse("help_page", args=["restaurer-mon-agenda"])))
    assert reverse("step", args=["restore-calendar"]) in page
    step = text_of(client.get(reverse("step", args=["restore-calendar"])))
    assert reverse("help_page", args=["restaurer-mon-agenda"]) in step


def test_search_forgives_and_marks(client: Client) -> None:
    html = text_of(client.get(reverse("help_search"), {"q": "boites plaine"}))
    assert reverse("help_page", args=["boite-pleine"]) in html
    assert "<mark>" in html
    narrowed = text_of(client.get(reverse("help_search"), {"q": "mot de passe", "rubrique": "faq"}))
    assert reverse("help_page", args=["mot-de-passe-application"]) not in narrowed.partition("help-found")[2]


def test_a_search_without_result_is_counted_and_says_what_to_do(client: Client) -> None:
    text_of(client.get(reverse("help_search"), {"q": "kwxzqj"}))
    assert not HelpMiss.objects.exists()
    client.force_login(make_agent())
    html = text_of(client.get(reverse("help_search"), {"q": "<b>kwxzqj</b>"}))
    assert "Rien ne répond" in html
    assert "<b>kwxzqj" not in html
    assert reverse("diagnosis") in html
    assert HelpMiss.objects.get().times == 1


@pytest.mark.parametrize("typed", ["", " ", "\0", "%", "a" * 5_000, "'\"<>", "😀"])
def test_odd_searches_come_back(client: Client, typed: str) -> None:
    for section in ("", "faq", "rien"):
        text_of(client.get(reverse("help_search"), {"q": typed, "rubrique": section, "page": "99999"}))


def test_an_opinion_counts_once(client: Client) -> None:
    client.force_login(make_agent())
    address = reverse("help_opinion", args=["boite-pleine"])
    for answer in ("oui", "non", "oui"):
        client.post(address, {"utile": answer, "remarque": "Très clair"})
    row = HelpOpinion.objects.get()
    assert (row.slug, row.useful, row.useless) == ("boite-pleine", 1, 0)
    assert "votre avis est compté" in text_of(client.get(reverse("help_page", args=["boite-pleine"])))


def test_what_is_no_opinion_or_no_page_counts_nothing(client: Client) -> None:
    client.force_login(make_agent())
    assert client.post(reverse("help_opinion", args=["rien"]), {"utile": "oui"}).status_code == 404
    client.post(reverse("help_opinion", args=["boite-pleine"]), {"utile": "peut-être"})
    assert not HelpOpinion.objects.exists()


def test_drawings_cannot_do_anything(client: Client) -> None:
    answer = client.get(reverse("help_drawing", args=["trois-temps"]))
    assert answer["Content-Type"] == "image/svg+xml"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert client.get(reverse("help_drawing", args=["rien"])).status_code == 404


def test_staff_change_a_page_and_go_back(client: Client, staff: Agent, own_pages: Path) -> None:
    address = reverse("help_edit", args=["boite-pleine"])
    assert "Videz la corbeille" in text_of(client.get(address))
    client.post(address, {"texte": NEW.format("Le **zèbre** est là.")})
    html = text_of(client.get(reverse("help_page", args=["boite-pleine"])))
    assert "Le <strong>zèbre</strong> est là." in html
    assert [path.name for path in own_pages.iterdir()] == ["boite-pleine.md"]
    assert "boite-pleine" in text_of(client.get(reverse("help_search"), {"q": "zebre"}))
    assert "Revenir au texte d’origine" in text_of(client.get(address))
    assert "d’origine" in text_of(client.get(reverse("help_restore", args=["boite-pleine"])))
    client.post(reverse("help_restore", args=["boite-pleine"]))
    assert "zèbre" not in text_of(client.get(reverse("help_page", args=["boite-pleine"])))
    assert client.get(reverse("help_restore", args=["boite-pleine"])).status_code == 404
    actions = list(JournalEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["help.page_saved", "help.page_restored"]


def test_a_preview_writes_nothing(client: Client, staff: Agent, own_pages: Path) -> None:
    text = NEW.format("[clic](javascript:alert(1)) <script>alert(2)</script> **gras**")
    html = text_of(client.post(reverse("help_edit", args=["boite-pleine"]), {"texte": text, "voir": "oui"}))
    shown = html.partition('class="help-body"')[2]
    assert "<strong>gras</strong>" in shown
    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown
    assert not own_pages.exists()


@pytest.mark.parametrize("text", ["", "Sans en-tête", NEW.format("x").replace("section: faq", "section: rien")])
def test_a_page_that_cannot_be_shown_is_refused_and_not_lost(client: Client, staff: Agent, text: str) -> None:
    html = text_of(client.post(reverse("help_edit", args=["boite-pleine"]), {"texte": text}))
    assert "corrigez ce qui suit" in html
    assert pages.library().pages["boite-pleine"].title == "Ma boîte est pleine, que faire ?"


def test_staff_add_and_delete_a_page(client: Client, staff: Agent) -> None:
    for name, sentence in (("Pas Bon", "minuscules"), ("recherche", "autre page"), ("boite-pleine", "déjà ce nom")):
        html = text_of(client.post(reverse("help_new"), {"nom": name, "texte": NEW.format("Bonjour.")}))
        assert sentence in html
    client.post(reverse("help_new"), {"nom": "mon-essai", "texte": NEW.format("Bonjour.")})
    assert "Bonjour." in text_of(client.get(reverse("help_page", args=["mon-essai"])))
    client.post(reverse("help_restore", args=["mon-essai"]))
    assert client.get(reverse("help_page", args=["mon-essai"])).status_code == 404


def test_a_folder_that_cannot_be_written_is_told(staff: Agent, own_pages: Path) -> None:
    own_pages.write_text("a file")
    with pytest.raises(HelpError, match=r".*"):
        editing.save(slug="boite-pleine", text=NEW.format("Bonjour."), by=staff)
    assert not JournalEntry.objects.exists()


def test_only_staff_write(own_pages: Path) -> None:
    with pytest.raises(HelpError, match=r".*"):
        editing.save(slug="boite-pleine", text=NEW.format("Bonjour."), by=make_agent())
    with pytest.raises(HelpError, match=r".*"):
        editing.restore(slug="boite-pleine", by=make_agent())
    assert not own_pages.exists()


def test_staff_see_opinions_and_misses(client: Client, staff: Agent, django_assert_max_num_queries: Any) -> None:
    client.post(reverse("help_opinion", args=["boite-pleine"]), {"utile": "non", "remarque": "=1+1 trop long"})
    client.get(reverse("help_search"), {"q": "kwxzqj"})
    with django_assert_max_num_queries(12):
        html = text_of(client.get(reverse("help_staff"), {"tri": "inutile"}))
    assert html.index("boite-pleine") < html.index("ma-date")
    assert "trop long" in html
    assert "kwxzqj" in html
    csv = b"".join(client.get(reverse("help_staff"), {"format": "csv", "q": "pleine"})).decode()
    assert '"boite-pleine"' in csv
    assert "ma-date" not in csv


def test_the_first_day_is_walked_stage_by_stage(client: Client) -> None:
    agent = make_moved_agent()
    client.force_login(agent)
    assert "0 fait sur 7" in text_of(client.get(reverse("first_sign_in")))
    for stage in first_sign_in.STAGES:
        for _ in range(2):
            client.post(reverse("first_sign_in_tick"), {"etape": stage.code, "fait": "oui"})
    html = text_of(client.get(reverse("first_sign_in")))
    assert "7 faits sur 7" in html
    assert "Le tour est fait" in html
    client.post(reverse("first_sign_in_tick"), {"etape": "messages", "fait": "non"})
    assert first_sign_in.ticked(agent) == {stage.code for stage in first_sign_in.STAGES} - {"messages"}
    assert client.post(reverse("first_sign_in_tick"), {"etape": "rien"}).status_code == 404


def test_before_the_move_the_walk_says_when_it_is_for(client: Client) -> None:
    client.force_login(make_agent())
    assert "pas encore été transférée" in text_of(client.get(reverse("first_sign_in")))
