"""Hostile messages in a real browser, without the site's content security policy: the HTML alone must be harmless."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, Route

from quarantine import safe_view
from quarantine.safe_view import links, markup
from tests.browser.walking import once
from tests.quarantine.hostile_messages import CORPUS, TRAP

pytestmark = pytest.mark.browser

ADDRESS = "http://quarantaine.example/"
CSS = Path(__file__).resolve().parents[2] / "static/portal/quarantine.css"
# What stands within the texts: tags, attributes, and whatever would load or run.
LOOK = """() => {
  const all = [...document.querySelectorAll('.safe-message__text *')];
  return {
    tags: [...new Set(all.map(one => one.localName))].sort(),
    attributes: all.flatMap(one => [...one.attributes].map(two => `${one.localName} ${two.name}`)),
    active: document.querySelectorAll('script,img,iframe,object,embed,form,input,video,base,[src],[style]').length,
    links: [...document.links].map(one => one.getAttribute('href')).filter(one => !one.startsWith('?version=')),
    wide: document.documentElement.scrollWidth - innerWidth,
  };
}"""
HREFS = [
    "https://www.ac-reunion.fr@piege.example/",
    "https:\\\\piege.example\\x",
    "https:piege.example",
    "////piege.example/x",
    "\\\\piege.example",
    "ht\ntps://pie\tge.example/",
    " \x01https://piege.example",
    "https://piege%2eexample/",
    "https://PIEGE。example:443/a@b",
    "https://ｐｉｅｇｅ.example?x@autre.example",
    "https://piege.example#@autre.example",
    "https://a:b@c@piege.example/",
    "https://аррӏе.com/",
    "https://académie.fr./",
    "http:/\\piege.example",
    "HTTP://user%40autre.example@piege.example:80",
    "page",
]


def served(page: Page, html: str) -> list[str]:
    """Shows the page; gives every address it asked for beside its own."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url == ADDRESS:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            asked.append(route.request.url)
            route.fulfill(status=204)

    page.route("**/*", answer)
    page.goto(ADDRESS, wait_until="load")
    page.wait_for_timeout(300)
    page.unroute("**/*")
    return asked


def wrapped(body: str) -> str:
    icon = '<link rel="icon" href="data:,">'
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Quarantaine</title>{icon}'
        f'<meta name="viewport" content="width=device-width"><style>{CSS.read_text()}</style></head>'
        f"<body><main><h1>Messages</h1>{body}</main></body></html>"
    )


def test_hostile_messages_reach_out_for_nothing(page: Page) -> None:
    shown = []
    for hostile in CORPUS:
        message = safe_view.read(hostile.raw)
        shown += [
            render_to_string("quarantine/_safe_message.html", {"message": message, "body": body})
            for body in message.bodies or [None]
        ]
    assert len(shown) > len(CORPUS)
    asked = served(page, wrapped("".join(shown)))
    for details in page.locator("summary").all():
        details.click()
    found = page.evaluate(LOOK)
    assert asked == []
    assert page.url == ADDRESS
    assert set(found["tags"]) <= markup.TAGS
    assert {"p", "strong", "code", "mark"} <= set(found["tags"])
    assert (found["attributes"], found["active"], found["links"]) == ([], 0, [])
    assert found["wide"] <= 0


@once
def test_a_request_would_be_seen(page: Page) -> None:
    assert served(page, wrapped(f'<img src="{TRAP}/1" alt=""><p style="background:url({TRAP}/2)">x</p>')) == [
        f"{TRAP}/1",
        f"{TRAP}/2",
    ]


@once
def test_targets_are_those_of_the_browser(page: Page) -> None:
    served(page, wrapped("rien"))
    hosts = page.evaluate("all => all.map(one => new URL(one, 'https://base.example/').hostname)", HREFS)
    ours = [links.target(href, "https://base.example/") for href in HREFS]
    assert [one.ascii_host if one else "" for one in ours] == [host.removesuffix(".") for host in hosts]
