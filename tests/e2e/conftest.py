"""One server and one browser for all tests of a process; a tab of its own for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.support.browser import Server, chromium, serving

HERE = Path(__file__).parent
PATIENCE = 120_000  # milliseconds, on the slowest machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a module share its runs, so they stay in one process of xdist."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


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
    """All tabs of a window share a process: a new one would compile all scripts anew, half of what a page costs."""
    with sync_playwright() as playwright, chromium(playwright, "--process-per-site") as opened:
        made = opened.new_context

        def new_context(**options: Any) -> BrowserContext:
            """Windows that a test opens itself are as patient as `page`."""
            context = made(**options)
            context.set_default_timeout(PATIENCE)
            return context

        opened.new_context = new_context
        yield opened


@pytest.fixture(scope="session")
def window(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """Keeps what all pages load: Streamlit's own scripts are the slowest part of a first visit. Its first tab stays
    open, so that the process of the others does not end with each of them.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.new_page().goto(f"{server.url}/healthz")
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    """A fresh tab; a test fails if the page throws or logs an error."""
    opened = window.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(_told(message)) if _is_ours(message) else None)
    yield opened
    opened.close()
    window.set_offline(False)
    assert wrong == []


def _is_ours(message: ConsoleMessage) -> bool:
    """Streamlit itself probes for its base address on a link to a page, and logs the answers that were no."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def _told(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location['url']}"
