"""Debian's Chromium for pytest-playwright, and pages that must not break the content security policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """`page` looks here whether its test has failed."""
    report = (yield).get_result()
    if report.when == "call":
        item.stash[FAILED] = report.failed


class Tab:
    """One page for all tests of a worker, in a process that has started and knows what every page loads. After a test
    that failed, a new one."""

    def __init__(self, window: BrowserContext) -> None:
        self._window = window
        self._page: Page | None = None

    @contextmanager
    def page(self, width: int, node: pytest.Item) -> Iterator[Page]:
        if self._page is None:
            self._page = self._window.new_page()
            self._page.set_default_timeout(15_000)
        page = self._page
        page.set_viewport_size({"width": width, "height": 900})
        yield page
        if node.stash.get(FAILED, False):
            ARTEFACTS.mkdir(exist_ok=True)
            # Hiding the caret would set a style attribute on each input, which DSFR copies with the header while it
            # starts: a complaint about the photographer, not about the page.
            shot = ARTEFACTS / f"{node.name.replace('/', '-')}.png"
            page.screenshot(path=shot, full_page=True, caret="initial")
            page.close()
            self._page = None
        elif page.url.startswith("http"):
            seen(page, lambda: page.evaluate("localStorage.clear(), sessionStorage.clear()"))
            page.goto("about:blank")
        self._window.clear_cookies()
        self._window.clear_permissions()


@pytest.fixture(scope="session")
def tab(window: BrowserContext) -> Tab:
    return Tab(window)


@pytest.fixture(scope="session")
def tab_without_javascript(browser: Browser) -> Iterator[Tab]:
    context = browser.new_context(java_script_enabled=False)
    yield Tab(context)
    context.close()


@pytest.fixture
def plain_page(tab_without_javascript: Tab, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in which no script runs, as wide as a phone."""
    with tab_without_javascript.page(360, request.node) as page:
        yield page


@pytest.fixture
def refused_page(tab: Tab, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page at phone width for what is refused: the console complains of every answer that is not 200."""
    with tab.page(360, request.node) as page:
        yield page


@pytest.fixture(params=[1280, 360], ids=["desktop", "phone"])
def page(tab: Tab, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page at desktop and at phone width; what the console complains of fails the test. Photographed on failure."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def hear(error: Error) -> None:
        complaints.append(str(error))

    with tab.page(request.param, request.node) as page:
        page.on("console", listen)
        page.on("pageerror", hear)
        yield page
    page.remove_listener("console", listen)
    page.remove_listener("pageerror", hear)
    assert not complaints
