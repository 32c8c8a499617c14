"""How fast and how steady the page is: `python -m benchmarks.first_page` (needs a Chromium, as the browser tests do).

For the first visit and for links to a run, each in a browser that has nothing of ours yet ("cold") and in one that has
been here ("warm"), in turn: milliseconds from the request to the first contentful paint, to the first picture of the
points and to the first that moves; the kilobytes that were there before that picture, and all; the layout shift after
the first paint, with what shifted (`--shifts`). Then, while a run on digits is replayed for `--epochs`: the longest
task, and milliseconds of style, layout and script a step of the cursor, all in processor time, which other programs do
not change. Then the JavaScript heap during `--minutes` of replaying, and its slope.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.calm import calm
from tests.support.browser import chromium, painted, serving, settled
from tests.support.page_speed import PLAY, WATCH, Speed, Trace, Work, speed, work

PAGES = {
    "first visit": "/",
    "train": "/?data=Digits+8+x+8",
    "run": "/?run=tour-dec&epoch=8",
    "present": "/?run=tour-dec&epoch=8&present=2",
    "inspect": "/inspect?run=tour-dec",
    "tour": "/?tour=dec-story.2&run=tour-dec&epoch=0",
    "runs": "/runs",
    "data": "/data",
    "lab": "/lab_pull",
    "compare": "/compare?runs=tour-stable.tour-collapse",
}
_CALM = calm("!e.offsetHeight")


def opened(context: BrowserContext, address: str) -> tuple[Page, Speed]:
    """A page from the request until everything on it is drawn."""
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    settled(page)
    page.wait_for_function(_CALM, timeout=60_000)
    page.wait_for_timeout(1500)  # what shifts late is to be seen
    return page, speed(page)


def visits(browser: Browser, url: str, names: list[str], rounds: int, size: tuple[int, int], *, shifts: bool) -> None:
    """Prints medians of loading pages, cold and warm in turn. `shifts`: also what shifted."""
    seen: dict[tuple[str, str], list[Speed]] = {}
    for _ in range(rounds):
        for name in names:
            context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=size[0] < 500)
            for kind in ("cold", "warm"):
                if kind == "warm":
                    context.clear_cookies(name="epochscope_introduced")
                page, told = opened(context, url + PAGES[name])
                seen.setdefault((name, kind), []).append(told)
                page.close()
            context.close()
    for (name, kind), told in seen.items():
        times = [[getattr(one, what) for one in told] for what in ("painted", "picture", "moving")]
        words = [f"{median(each):.0f}" if None not in each else "-" for each in times]
        shift = max(one.shift for one in told)
        loaded = [f"{median(getattr(one, what) for one in told) / 1000:.0f}" for what in ("bytes_first", "bytes")]
        print(
            f"{name:12} {kind}: paint, picture, moving {', '.join(words)} ms; before the picture, in all "
            f"{', '.join(loaded)} kB; shift {shift:.3f}",
            flush=True,
        )
        if shifts:
            for one in max(told, key=lambda one: one.shift).shifts:
                print(f"    {one.value:.3f} at {one.at:.0f} ms: {'; '.join(one.moved)}")


def replay(page: Page, epochs: int) -> None:
    """Replays a run and prints what a step costs the main thread; then the same is traced for its longest task."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = work(session)
    page.evaluate(PLAY, epochs)
    spent = Work(*(1000 * (b - a) / epochs for a, b in zip(before, work(session), strict=True)))
    trace = Trace(page)
    trace.begin()
    page.evaluate(PLAY, epochs)
    print(
        f"replay of {epochs} epochs, processor time: longest task {trace.longest_task():.0f} ms; a step: styles "
        f"{spent.styles:.2f} ms, layout {spent.layouts:.2f} ms, scripts {spent.scripts:.2f} ms, "
        f"all {spent.tasks:.1f} ms",
        flush=True,
    )


def watch(page: Page, minutes: float) -> None:
    """Goes on replaying, and prints how the heap grows once what is garbage is collected."""
    session = page.context.new_cdp_session(page)
    heaps, began = [], time.monotonic()
    while time.monotonic() - began < 60 * minutes:
        page.evaluate(PLAY, 80)  # ten seconds and more
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        nodes = page.evaluate("document.querySelectorAll('*').length")
        heaps.append((time.monotonic() - began, used))
        print(f"  after {heaps[-1][0]:.0f} s: {used:.1f} MB, {nodes} elements", flush=True)
    (first, start), (last, end) = heaps[0], heaps[-1]
    if last > first:
        print(f"heap: {60 * (end - start) / (last - first):+.2f} MB a minute")


def main() -> None:
    """Prints one line for each kind of visit, then what replaying costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", default=["first visit", "run"], help=f"of: {', '.join(PAGES)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--shifts", action="store_true", help="say what shifted")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    folder = Path(tempfile.mkdtemp())
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_OFFLINE": "1"}
    with serving(folder, environment) as url, sync_playwright() as playwright, chromium(playwright) as browser:
        warm = browser.new_page()
        warm.goto(url + PAGES["run"])  # the server has imported everything afterwards
        painted(warm, "embedding", "p.frames > 0")
        warm.close()
        if given.rounds:
            visits(browser, url, given.pages, given.rounds, (width, height), shifts=given.shifts)
        if given.epochs:
            context = browser.new_context(viewport={"width": width, "height": height})
            page, _ = opened(context, url + PAGES["run"])
            replay(page, given.epochs)
            if given.minutes:
                watch(page, given.minutes)
            context.close()


if __name__ == "__main__":
    main()
