"""Debian's Chromium for pytest-playwright, and pages that must not break the content security policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

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
ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": shutil.which("chromium"), "args": list(FLAGS)}


@pytest.fixture(params=[1280, 360], ids=["desktop", "phone"])
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page at desktop and at phone width; what the console complains of fails the test."""
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
    ARTEFACTS.mkdir(exist_ok=True)
    # Hiding the caret would set a style attribute on each input, which DSFR copies with the header while it starts:
    # a complaint about the photographer, not about the page.
    page.screenshot(path=ARTEFACTS / f"{request.node.name.replace('/', '-')}.png", full_page=True, caret="initial")
    page.close()
    assert not complaints
