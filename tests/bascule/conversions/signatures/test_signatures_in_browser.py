"""Hostile signatures in a real browser: nothing runs, nothing is asked for, nothing reads as something else."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from bascule.conversions.signatures import DROP, clean, keep
from bascule.conversions.signatures.attributes import ELEMENTS
from tests.bascule.conversions.signatures.samples import HOSTILE

pytestmark = pytest.mark.browser
_COUNT = "window.ran = 0; window.hacked = window.alert = () => { window.ran += 1 };"
_LOOK = """html => {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  const all = [...holder.querySelectorAll("*")];
  return {
    same: holder.innerHTML === html,
    names: [...new Set(all.map(one => one.localName))],
    attributes: [...new Set(all.flatMap(one => one.getAttributeNames()))],
    schemes: [...new Set([...holder.querySelectorAll("[href]")].map(one => one.protocol))],
  };
}"""


@pytest.fixture
def asked(context: BrowserContext) -> list[str]:
    """What pages of the context ask the network for; they get nothing."""
    urls: list[str] = []

    def refuse(route: Any) -> None:
        urls.append(route.request.url)
        route.abort()

    context.route("**/*", refuse)
    context.add_init_script(_COUNT)
    return urls


def _run(page: Page, html: str) -> int:
    page.set_content(f"<!DOCTYPE html><body>{html}", wait_until="load")
    page.evaluate("() => new Promise(done => setTimeout(done, 30))")
    return int(page.evaluate("() => window.ran"))


def test_hostile_signatures_do_nothing_in_a_browser(context: BrowserContext, asked: list[str]) -> None:
    page = context.new_page()
    page.goto("about:blank")
    for html in HOSTILE:
        cleaned = clean(html)
        shown = keep(cleaned.html, {image.position: DROP for image in cleaned.images})
        seen = page.evaluate(_LOOK, shown)
        assert seen["same"], (html, shown)
        assert set(seen["names"]) <= ELEMENTS, html
        assert not [name for name in seen["attributes"] if name.startswith("on") or name in ("id", "class")], html
        assert set(seen["schemes"]) <= {"https:", "http:", "mailto:", "tel:"}, html
    everything = "<hr>".join(keep(clean(html).html, dict.fromkeys(range(9), DROP)) for html in HOSTILE)
    assert "hacked" in everything
    assert _run(page, everything) == 0
    assert asked == []


def test_same_signatures_do_harm_when_nobody_cleans_them(context: BrowserContext, asked: list[str]) -> None:
    page = context.new_page()
    page.goto("about:blank")
    ran = 0
    for html in ("<img src=x onerror=hacked()>", "<svg onload=hacked()>", '<img src="https://evil.example/a.png">'):
        ran += _run(page, html)
    assert ran >= 2
    assert asked
