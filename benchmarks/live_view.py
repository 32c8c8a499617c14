"""What a viewer sees and costs: `python -m benchmarks.live_view` (needs a Chromium, as the browser tests do).

For several data sets: seconds from Play to the first and to the first moved frame (quick preset of DEC, median of
`--rounds`); then, with a training that goes on and on (IDEC, the papers' network): updates a second, frames a second
while the points move, time the page's main thread was blocked, and the seconds per epoch with and without the browser,
in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tests.support.browser import chromium, press, run_of, serving, settled, stop

LONG = (
    "method=IDEC&idec.net.widths=500-500-2000&idec.pretrain.batch=256&idec.pretrain.epochs=500"
    "&idec.cluster.epochs=500&idec.cluster.tol=0"
)
WATCH = """() => { window.blocked = 0; window.ticks = 0;
  const add = (list) => list.getEntries().forEach((entry) => (window.blocked += entry.duration));
  new PerformanceObserver(add).observe({ entryTypes: ["longtask"] });
  const tick = () => { window.ticks++; requestAnimationFrame(tick); }; requestAnimationFrame(tick); }"""
POINTS = "window.__epochscope?.painted?.embedding"


@contextmanager
def watched(url: str) -> Iterator[Page]:
    """A page in a browser without a graphics card."""
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        settled(page)
        yield page


def play(page: Page) -> tuple[float, float]:
    """Seconds from the click to the first frame, and to the first frame after training began."""
    time.sleep(3)  # a person looks at the page first; its modules load meanwhile
    began = time.perf_counter()
    press(page, "Play")
    page.wait_for_function(f"() => {POINTS}?.epoch != null", timeout=60_000)
    first = time.perf_counter() - began
    page.wait_for_function(f"() => {POINTS}?.epoch >= 1", timeout=60_000)
    return first, time.perf_counter() - began


def epoch_seconds(runs: Path, run: str, since: int) -> float:
    """Median seconds per epoch of a run, from epoch `since` on."""
    lines = [json.loads(line) for line in (runs / run / "epochs.jsonl").read_text().splitlines()]
    return median(line["seconds"] for line in lines[since:])


def main() -> None:
    """Prints one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("queries", nargs="*", default=["data=Digits+8+x+8", "data=Blobs&blobs.n=10000"])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    with serving(
        folder, {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_PRETRAINED": "off"}
    ) as url:
        time.sleep(10)  # let the server warm up: imports are not what is measured
        for query in options.queries:
            measure(url, folder / "runs", query, options.seconds, options.rounds)


def measure(url: str, runs: Path, query: str, seconds: float, rounds: int) -> None:
    """One data set: play, watch, look away, in turn."""
    starts = []
    for _ in range(rounds):
        with watched(f"{url}/?{query}") as page:
            starts.append(play(page))
            stop(page)
    first, moved = (median(each) for each in zip(*starts, strict=True))
    with watched(f"{url}/?{LONG}&{query}") as page:
        play(page)
        run = run_of(page)
        time.sleep(3)
        page.evaluate(WATCH)
        before = page.evaluate(f"[window.__epochscope.stats.updates, {POINTS}.frames]")
        time.sleep(seconds)
        after = page.evaluate(f"[window.__epochscope.stats.updates, {POINTS}.frames]")
        ticks, blocked, n = page.evaluate(f"[window.ticks, window.blocked, {POINTS}.n]")
    seen, alone = [], []
    for _ in range(rounds):
        seen.append(share(url, runs, run, seconds, looked_at=True))
        alone.append(share(url, runs, run, seconds, looked_at=False))
    ratio = median(a / b for a, b in zip(seen, alone, strict=True))
    updates, frames = ((b - a) / seconds for a, b in zip(before, after, strict=True))
    print(
        f"{query}: {n} points drawn; Play to first frame {first:.2f} s, first moved {moved:.2f} s; "
        f"{updates:.1f} updates/s, points painted {frames:.0f} times/s, page {ticks / seconds:.0f} frames/s, "
        f"main thread blocked {blocked / seconds:.0f} ms/s; "
        f"seconds an epoch watched / alone {median(seen):.3f} / {median(alone):.3f} = {ratio:.3f}",
        flush=True,
    )
    with watched(f"{url}/?{LONG}&{query}&run={run}") as page:
        stop(page)


def share(url: str, runs: Path, run: str, seconds: float, *, looked_at: bool) -> float:
    """Seconds per epoch while a browser watches the run, or while none does."""
    if looked_at:
        with watched(f"{url}/?{LONG}&run={run}") as page:
            page.wait_for_function(f"() => {POINTS}?.epoch != null", timeout=60_000)
            time.sleep(2)
            since = len((runs / run / "epochs.jsonl").read_text().splitlines())
            time.sleep(seconds)
            return epoch_seconds(runs, run, since)
    since = len((runs / run / "epochs.jsonl").read_text().splitlines())
    time.sleep(seconds)
    return epoch_seconds(runs, run, since)


if __name__ == "__main__":
    main()
