"""How soon a lab answers: `python -m benchmarks.labs` (needs a Chromium, as the browser tests do).

Each lab is opened in a browser without a graphics card. An arrow key moves a handle, or a slider by a step; taken is
the time until all pictures that take it into account are on the screen. Prints median and range of `--times` moves.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from tests.support.browser import chromium, serving, settled


class Lab(NamedTuple):
    """What is moved in a lab."""

    board: str = ""  # the panel with handles
    slider: str = ""  # a control's key
    query: str = ""


LABS = {
    "lab_pull": Lab("pull", "nu"),
    "lab_target": Lab("target", "times"),
    "lab_alpha": Lab("soft", "alpha"),
    "lab_js": Lab("gaussians", "direction"),
    "lab_dgg": Lab("", "neighbor"),  # a letter snaps to the nearest code
    "lab_dgg: prior": Lab("triangle", query="?part=2+Prior+π"),
    "lab_dgg: graph": Lab("", "digit", "?part=3+Graph"),
    "lab_dgg: scale": Lab("", "row", "?part=4+Scale+σ"),
    "lab_adversarial": Lab("densities"),
}
ANSWERS = "window.__epochscope?.stats.answers"


def seconds(page: Page, act: Callable[[], None]) -> float:
    """From an act until the pictures of its answer are on the screen, to about 5 ms."""
    before = page.evaluate(ANSWERS)
    began = time.perf_counter()
    act()
    page.wait_for_function(f"before => {ANSWERS} > before", arg=before, polling=5)
    return time.perf_counter() - began


def measured(page: Page, lab: Lab, times: int) -> dict[str, list[float]]:
    """Of one lab: seconds of each move."""
    page.wait_for_function(f"() => {ANSWERS} > 0", timeout=60_000)
    settled(page)
    time.sleep(3)  # a person looks at it first
    places = {"handle": page.locator(".es-handle").last} if lab.board else {}
    if lab.slider:
        places["slider"] = page.locator(f"[data-dial={lab.slider}] input")
    found: dict[str, list[float]] = {}
    for moved, place in places.items():
        place.focus()
        for turn in range(times):
            key = "ArrowLeft" if turn % 2 else "ArrowRight"
            act = partial(page.keyboard.press, f"Shift+{key}" if moved == "handle" else key)
            found.setdefault(moved, []).append(seconds(page, act))
            time.sleep(0.6)
    return found


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--labs", nargs="+", choices=LABS, default=list(LABS))
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_DATA": str(folder / "data")}
    print("| lab | moved by | median ms | range |\n|---|---|---|---|")
    with serving(folder, environment) as url, sync_playwright() as playwright, chromium(playwright) as browser:
        for name in chosen.labs:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{url}/{name.partition(':')[0]}{LABS[name].query}")
            settled(page)
            for moved, taken in measured(page, LABS[name], chosen.times).items():
                low, middle, high = (round(1000 * value) for value in (min(taken), median(taken), max(taken)))
                print(f"| {name} | {moved} | {middle} | {low} to {high} |", flush=True)
            page.close()


if __name__ == "__main__":
    main()
