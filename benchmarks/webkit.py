"""Whether Safari's engine draws what Chromium draws: `python -m benchmarks.webkit`, on each page of the gallery.

It needs WebKitGTK's driver and a screen that nobody sees (Debian: `apt install webkit2gtk-driver xvfb`), beside the
Chromium of the browser tests. Prints for each page how many panels either has painted; ends with 1 where some are
missing. `--pages train lab_pull` chooses as the gallery does, `--out FOLDER` keeps what WebKit shows as PNG.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import sync_playwright

from benchmarks.gallery import app, chosen
from tests.support.browser import chromium
from tests.support.waiting import until

SIZE = (1440, 900)
_PROGRAMS = ("WebKitWebDriver", "xvfb-run")
_LOADS = 60  # seconds until everything is painted
_RESTS = 3  # seconds without a change: everything that comes is there
_PANELS = """() => {
    const drawn = document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]") !== null;
    return drawn ? Object.values(window.__epochscope?.painted ?? {}).filter((one) => one.frames > 0).length : -1;
}"""


class WebKit:
    """One window of WebKitGTK, driven by the W3C's WebDriver."""

    def __init__(self, driver: str) -> None:
        binary = next(Path("/usr").glob("lib*/**/MiniBrowser"), None)
        options = {"args": ["--automation"]} | ({"binary": str(binary)} if binary else {})
        asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._at = f"{driver}/session"
        self._at = f"{self._at}/{self._ask('', asked)['sessionId']}"
        self._ask("/window/rect", {"width": SIZE[0], "height": SIZE[1], "x": 0, "y": 0})

    def _ask(self, path: str, body: Any = None, method: str = "POST") -> Any:
        content = json.dumps(body).encode() if method == "POST" else None
        request = Request(self._at + path, content, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=2 * _LOADS) as answer:
            return json.load(answer)["value"]

    def goto(self, url: str) -> None:
        self._ask("/url", {"url": url})

    def evaluate(self, function: str) -> Any:
        return self._ask("/execute/sync", {"script": f"return ({function})()", "args": []})

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("/screenshot", method="GET"))

    def close(self) -> None:
        self._ask("", method="DELETE")


@contextmanager
def webkit() -> Iterator[WebKit]:
    """A window that ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1200x24", "WebKitWebDriver", f"--port={port}"]
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, _LOADS)
        window = WebKit(f"http://127.0.0.1:{port}")
        yield window
        window.close()
    finally:
        os.killpg(program.pid, signal.SIGTERM)
        program.wait()


def panels(window: Any, url: str, at_least: int = 0) -> int:
    """How many panels a page has painted once it is at rest with so many of them, or after a while."""
    window.goto(url)
    count, since = -1, time.monotonic()

    def rests() -> bool:
        nonlocal count, since
        if (now := window.evaluate(_PANELS)) != count:
            count, since = now, time.monotonic()
        return count >= at_least and time.monotonic() > since + _RESTS

    with suppress(AssertionError):  # it never comes to that: what there is counts
        until(rests, _LOADS)
    return count


def main() -> None:
    """Prints a line for each page; ends with 1 where WebKit has painted fewer panels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", nargs="*", default=[], metavar="PAGE", help="modules or views of the gallery")
    parser.add_argument("--out", type=Path, help="a folder for pictures of what WebKit shows")
    options = parser.parse_args()
    if missing := [name for name in _PROGRAMS if not shutil.which(name)]:
        raise SystemExit(f"benchmarks.webkit: {' and '.join(missing)} not found; apt install webkit2gtk-driver xvfb.")
    fewer = 0
    with ExitStack() as all_of:
        server = all_of.enter_context(app(Path(all_of.enter_context(tempfile.TemporaryDirectory()))))
        browser = all_of.enter_context(chromium(all_of.enter_context(sync_playwright())))
        other = all_of.enter_context(webkit())
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        for view in chosen(options.pages):
            usual = panels(page, server.url + view.path)
            found = panels(other, server.url + view.path, usual)
            missing = "" if found >= usual else "  some are missing"
            print(f"{view.name:28} Chromium {usual:2}  WebKit {found:2}{missing}", flush=True)
            fewer += found < usual
            if options.out:
                options.out.mkdir(parents=True, exist_ok=True)
                (options.out / f"{view.name}.png").write_bytes(other.screenshot())
    sys.exit(fewer > 0)


if __name__ == "__main__":
    main()
