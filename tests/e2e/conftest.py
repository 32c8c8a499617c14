"""One server and one browser for all tests of a session; a tab of its own for each."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.support.browser import Server, chromium, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """The app with folders of its own, without a network."""
    folder = tmp_path_factory.mktemp("server")
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_DATA": str(folder / "data")}
    environment["EPOCHSCOPE_OFFLINE"] = "1"
    with serving(folder, environment) as url:
        yield Server(url, folder / "runs", environment)
    output = (folder / "log").read_text()
    assert "Traceback" not in output, output[-3000:]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as opened:
        yield opened


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """Keeps what all pages load: Streamlit's own scripts are the slowest part of a first visit."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    """A fresh tab; a test fails if the page throws or logs an error."""
    opened = window.new_page()
    opened.set_default_timeout(60_000)
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on(
        "console",
        lambda message: wrong.append(f"{message.text} {message.location['url']}") if _is_ours(message) else None,
    )
    yield opened
    opened.close()
    window.set_offline(False)
    assert wrong == []


def _is_ours(message: ConsoleMessage) -> bool:
    """Streamlit itself probes for its base address on a link to a page, and logs the answers that were no."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def _told(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location['url']}"
