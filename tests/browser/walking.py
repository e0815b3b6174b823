"""Ways through the pages: signing in, following a link, and looking at a page that has come whole.

A click waits until the new page begins to come, not until it is there; what is evaluated in between finds half a page,
or none. So whatever looks at a page from here waits for it, and looks anew when another one took its place meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Error, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent

PASSWORD = "filao-corail-piton-974"
# What is in order need not be described; rules about what media sheets and films hold do not apply here.
ONLY_VIOLATIONS = {"resultTypes": ["violations"], "reporter": "no-passes", "preload": False}
# What Chromium and Playwright say to whoever asks a page that is being replaced.
REPLACED = ("Execution context was destroyed", "Cannot find context", "because of a navigation", "navigating")
LOOKS = 5

# For a long way through the pages, walked once; `fits` looks at the phone's width on the way.
once = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])
phone = pytest.mark.parametrize("page", [360], indirect=True, ids=["phone"])

Seen = TypeVar("Seen")


def sign_in(page: Page, site: LiveServer, agent: Agent) -> None:
    """By the cookie alone; the form is what `test_contacts_arrive_without_javascript` goes through."""
    client = Client()
    client.force_login(agent)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])


def sign_in_by_form(page: Page, site: LiveServer, agent: Agent) -> None:
    page.goto(site.url)
    page.get_by_label("Adresse de messagerie").fill(agent.address)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ma bascule")


def follow(way: Locator) -> None:
    """Click a link or a button that leads to another page, and wait until that page has loaded, scripts and all."""
    with way.page.expect_navigation():
        way.click()


def seen(page: Page, look: Callable[[], Seen]) -> Seen:
    """What `look` finds on a page that has loaded; it looks anew when another page took its place meanwhile.

    playwright.sync_api.Error: anything else went wrong, or the pages do not come to rest.
    """
    for left in reversed(range(LOOKS)):
        page.wait_for_load_state()
        try:
            return look()
        except Error as trouble:
            if not left or not any(sign in trouble.message for sign in REPLACED):
                raise
    raise AssertionError("unreachable: the last look gives its finding or its trouble")


def fits(page: Page) -> bool:
    """Nothing is wider than the window, on a desktop and on a phone; the window is as before afterwards."""
    size = page.viewport_size
    assert size is not None

    def look() -> int:
        return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    widest = []
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": size["height"]})
        widest.append(seen(page, look))
    page.set_viewport_size(size)
    return max(widest) <= 0


def violations(page: Page) -> list[str]:
    """Accessibility rules that the page breaks."""
    found = seen(page, lambda: Axe().run(page, options=ONLY_VIOLATIONS).response["violations"])
    return [f"{one['id']}: {one['help']}" for one in found]


def sound(page: Page) -> None:
    """The page fits both windows and breaks no accessibility rule."""
    assert fits(page)
    assert violations(page) == []
