"""The app as a user starts it and a real browser that looks at it: for tests, benchmarks and pictures."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlparse

from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from tests.support.waiting import until

expect.set_options(timeout=60_000)  # the machine may be busy
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
            process.wait(timeout=120)


def _wait_for(url: str, process: subprocess.Popen) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the server ended at once"
        try:
            urllib.request.urlopen(url + "/_stcore/health", timeout=10)
        except OSError:
            return False
        return True

    until(answers, 180)


def chromium(playwright: Playwright) -> Browser:
    """Any Chromium of this machine, else playwright's own."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=path, args=QUIET)


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


def settled(page: Page) -> None:
    """Waits until Streamlit has drawn the page."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def painted(page: Page, panel: str, claim: str, seconds: float = 60) -> dict:
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


def still(shown: Locator) -> bytes:
    """The picture of an element as soon as it no longer changes: two in a row are alike."""

    def picture() -> bytes:
        shown.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return shown.screenshot(animations="disabled")

    last = b""

    def alike() -> bytes | None:
        nonlocal last
        before, last = last, picture()
        return last if last == before else None

    return until(alike) or b""


def changed(shown: Locator, before: bytes) -> bytes:
    """Waits until an element looks different, and still; returns its picture."""
    return until(lambda: (now := still(shown)) != before and now) or b""


def fit_the_screen(page: Page) -> None:
    """Waits until every panel of the stage is inside the window."""
    names = ["tiles", "embedding", *(f"place{i}" for i in range(6)), "transport"]
    outside = """(names) => names.filter((name) => {
        const box = document.querySelector(`.st-key-${name}`)?.getBoundingClientRect();
        return !box || !(box.x >= 0 && box.y >= 0 && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1);
    })"""
    until(lambda: page.evaluate(outside, names) == [])


def busy_per_frame(page: Page, panel: str, frames: int) -> float:
    """Milliseconds of processor time that the page's main thread spends on each of the next frames of a panel.

    Unlike frames per second, this is the same whatever else the machine does.
    """
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now() -> tuple[float, int]:
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return 1000 * metrics["TaskDuration"], painted(page, panel, "true")["frames"]

    began, first = now()
    painted(page, panel, f"p.frames >= {first + frames}")
    ended, last = now()
    session.detach()
    return (ended - began) / (last - first)
