"""Debian's Chromium for pytest-playwright, and pages that must not break the content security policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser.walking import seen
from tests.simulated import Simulated

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Playwright's own event loop runs in the tests' thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# The window outlives the server of a test: a connection kept open would end in a thread whose database is gone.
WSGIRequestHandler.protocol_version = "HTTP/1.0"
ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": shutil.which("chromium"), "args": list(FLAGS)}


@pytest.fixture
def zimbra(simulated: Simulated, settings) -> Simulated:
    """A simulated Zimbra that the portal is configured for; every test makes accounts of its own there."""
    settings.ZIMBRA_URL = simulated.url
    settings.ZIMBRA_ADMIN_URL = simulated.admin_url
    settings.ZIMBRA_ADMIN_ADDRESS = simulated.admin_address
    settings.ZIMBRA_ADMIN_PASSWORD = simulated.admin_password
    return simulated


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """Kept for all tests: what every page loads, the design system first of all, is loaded once."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def context(window: BrowserContext) -> Iterator[BrowserContext]:
    """Nobody is signed in, nothing is granted; pages bring a storage of their own for their session."""
    yield window
    window.clear_cookies()
    window.clear_permissions()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """`page` looks here whether its test has failed."""
    report = (yield).get_result()
    if report.when == "call":
        item.stash[FAILED] = report.failed


@pytest.fixture(params=[1280, 360], ids=["desktop", "phone"])
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page at desktop and at phone width; what the console complains of fails the test. Photographed on failure."""
    page = context.new_page()
    page.set_viewport_size({"width": request.param, "height": 900})
    page.set_default_timeout(15_000)
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    if request.node.stash.get(FAILED, False):
        ARTEFACTS.mkdir(exist_ok=True)
        # Hiding the caret would set a style attribute on each input, which DSFR copies with the header while it starts:
        # a complaint about the photographer, not about the page.
        page.screenshot(path=ARTEFACTS / f"{request.node.name.replace('/', '-')}.png", full_page=True, caret="initial")
    if page.url.startswith("http"):
        seen(page, lambda: page.evaluate("localStorage.clear()"))
    page.close()
    assert not complaints
