from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from migration_portal.templatetags.french_text import french, plural
from tests.each import each
from tests.factories import make_agent, make_establishment
from tests.pages import parse, select, text


@each("template", ["400.html", "403_csrf.html", "405.html", "500.html"])
def test_pages_of_last_resort_need_nothing_around_them(template: str) -> None:
    page = parse(render_to_string(template).encode())
    assert text(page, "h1")
    assert page.get("lang") == "fr"
    assert select(page, "a[href=/]")


@pytest.mark.django_db
@pytest.mark.parametrize("is_state", [True, False])
def test_marks_of_the_state_are_shown_only_by_its_services(client: Client, settings, is_state: bool) -> None:
    settings.BRAND_IS_STATE = is_state
    settings.BRAND_NAME = "Rectorat de <Nulle-Part>"
    page = parse(client.get(reverse("sign_in")).content)
    assert page.get("data-brand") == ("state" if is_state else "other")
    assert bool(select(page, ".fr-logo")) == is_state
    assert any("dsfr/dist/favicon" in link.get("href") for link in select(page, "link[rel=icon]")) == is_state
    assert "Rectorat de <Nulle-Part>" in text(page, ".fr-header__brand")


@pytest.mark.django_db
def test_current_part_of_the_site_is_marked_in_the_navigation(client: Client) -> None:
    client.force_login(make_agent())

    def current(path: str) -> list[tuple[str, str]]:
        page = parse(client.get(path).content)
        return [
            (link.text_content().strip(), link.get("aria-current"))
            for link in select(page, "#main-navigation a[aria-current]")
        ]

    assert current(reverse("home")) == [("Ma bascule", "page")]
    assert current(reverse("step", args=["note-boxes"])) == [("Ma bascule", "true")]
    assert current(reverse("notices")) == [("Notifications", "page")]


@pytest.mark.django_db
def test_navigation_names_what_is_for_staff_and_for_heads(client: Client) -> None:
    place = make_establishment()
    head = Agent.Function.HEAD

    def labels(**fields: object) -> dict[str, str]:
        client.force_login(make_agent(**fields))
        page = parse(client.get(reverse("census_sheet", args=[place.uai])).content)
        return {
            link.text_content().strip(): link.get("aria-current") or ""
            for link in select(page, "#main-navigation a")
            if link.text_content().strip() in ("Recensement", "Mes boîtes", "Équipe DSI")
        }

    assert labels() == {"Mes boîtes": "true"}
    assert labels(establishment=place, function=head) == {"Recensement": "true", "Mes boîtes": ""}
    assert labels(is_staff=True) == {"Mes boîtes": "true", "Équipe DSI": ""}
    client.force_login(make_agent(function=head))
    assert "Recensement" not in text(parse(client.get(reverse("home")).content), "#main-navigation")


def test_french_text_escapes_first_and_keeps_signs_with_their_words() -> None:
    assert french("Prêt ? « Oui » : 20 Go") == "Prêt\xa0? «\xa0Oui\xa0»\xa0: 20\xa0Go"
    assert french("**Options** <b>") == "<strong>Options</strong> &lt;b&gt;"
    assert french("voir https://example.org/a/. Fin") == (
        'voir <a href="https://example.org/a/">https://example.org/a/</a>. Fin'
    )
    assert french('https://x.org/"onclick="alert(1)').count("<a ") == 1
    assert '"onclick' not in french('https://x.org/"onclick="alert(1)')


@pytest.mark.parametrize(("count", "ending"), [(0, ""), (1, ""), (2, "s")])
def test_plural_begins_at_two(count: int, ending: str) -> None:
    assert plural(count) == ending


_MARKUP = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", re.DOTALL)
_BREAKABLE = re.compile(r"« | »| [:?!;](?=\s|$)")


@each("template", sorted((site_settings.BASE_DIR / "templates").rglob("*.html")), ids=lambda path: Path(path).name)
def test_templates_keep_signs_with_their_words(template: Path) -> None:
    texts = _MARKUP.split(template.read_text(encoding="utf-8"))
    assert [found for text in texts if (found := _BREAKABLE.search(text))] == []
