"""A real server on a free port and a real browser."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlparse

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.format.store import RunWriter
from epochscope.runs.training.manager import train
from epochscope.runs.training.record import Control
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

expect.set_options(timeout=30_000)
ROOT = Path(__file__).parents[2]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class Server(NamedTuple):
    url: str
    runs: Path
    environment: dict[str, str]


@contextmanager
def serving(folder: Path, environment: dict[str, str], launcher: Sequence[str] = ("-m", "streamlit")) -> Iterator[str]:
    """The app as a user starts it, on a free port; yields its address. Its output goes to `folder`/log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        *launcher,
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(url: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url + "/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not come up")


def chromium(playwright: Playwright) -> Browser:
    """Any Chromium of this machine, else playwright's own."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=path, args=QUIET)


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


def trained(server: Server, spec: RunSpec) -> str:
    """Records a run into the server's folder; its id."""
    before = os.environ.get("EPOCHSCOPE_RUNS")
    os.environ["EPOCHSCOPE_RUNS"] = str(server.runs)
    try:
        writer = RunWriter(spec, PROGRAM)
        train(writer, Control())
        return writer.id
    finally:
        os.environ.pop("EPOCHSCOPE_RUNS") if before is None else os.environ.update(EPOCHSCOPE_RUNS=before)


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
    opened.set_default_timeout(30_000)
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if _is_ours(message) else None)
    yield opened
    opened.close()
    window.set_offline(False)
    assert wrong == []


def _is_ours(message: ConsoleMessage) -> bool:
    """Streamlit itself probes for its base address on a link to a page, and logs the answers that were no."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def settled(page: Page) -> None:
    """Waits until Streamlit has drawn the page."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def painted(page: Page, panel: str, claim: str, seconds: float = 30) -> dict:
    """Waits until `claim` (JavaScript about `p`, what the panel has painted) holds; returns p."""
    look = f"() => {{ const p = window.__epochscope?.painted?.['{panel}']; return p && ({claim}) ? p : null; }}"
    return page.wait_for_function(look, timeout=1000 * seconds).json_value()


def button(page: Page, name: str) -> Locator:
    """A button of the page; Streamlit's own frame has a Stop, too."""
    return page.get_by_test_id("stMainBlockContainer").get_by_role("button", name=name, exact=True).first


def press(page: Page, name: str) -> None:
    """One of the buttons that move a training: Play, Pause, Step, Stop."""
    button(page, name).click()


def stop(page: Page) -> None:
    """Ends the run that is shown, and waits until it has."""
    press(page, "Stop")
    expect(button(page, "Stop")).to_be_disabled()


def run_of(page: Page) -> str:
    """The id of the run that the address line names."""
    page.wait_for_url(re.compile(r"run="))
    return parse_qs(urlparse(page.url).query)["run"][0]
