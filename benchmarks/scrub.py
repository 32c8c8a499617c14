"""What a scrub costs the page: `python -m benchmarks.scrub` (needs a Chromium).

Records a run of clouds, opens it on the Train page in a browser without a graphics card, waits until all its epochs are
in the browser's memory, and moves the cursor from epoch to epoch, one a frame. Printed are milliseconds of processor
time of the page's main thread a step, medians of `--times` passes; then what they consist of, by the browser's sampling
profiler: functions by the time spent in themselves.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.rows import ranged
from tests.support.browser import chromium, painted, serving, settled
from tests.support.many_points import clouds

_STORE = "[...window.__epochscope.stores.values()].find((s) => s.listeners.size)"
SCRUB = """async () => {
  const store = STORE, next = () => new Promise(requestAnimationFrame);
  const epochs = [...store.cursor.epochs];
  for (const epoch of epochs) { store.cursor.seek(epoch); await next(); }
  return epochs.length;
}""".replace("STORE", _STORE)
AT_REST = "() => new Promise((done) => setTimeout(done, 1500))"  # what is asked for once the cursor rests


def spent(session: CDPSession) -> dict[str, float]:
    """Seconds of processor time of the main thread so far: all, and some of what it consists of."""
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return {part: metrics[f"{part}Duration"] for part in ("Task", "Script", "RecalcStyle", "Layout")}


def scrubbed(page: Page, session: CDPSession) -> dict[str, float]:
    """Milliseconds a step of one pass."""
    page.evaluate(AT_REST)
    before = spent(session)
    steps = page.evaluate(SCRUB)
    return {part: 1000 * (seconds - before[part]) / steps for part, seconds in spent(session).items()}


def profiled(page: Page, session: CDPSession) -> list[tuple[str, float]]:
    """Functions and their share of one pass, largest first."""
    page.evaluate(AT_REST)
    session.send("Profiler.start")
    page.evaluate(SCRUB)
    profile: dict[str, Any] = session.send("Profiler.stop")["profile"]
    names = {node["id"]: node["callFrame"] for node in profile["nodes"]}
    found = Counter[str]()
    for node, micros in zip(profile["samples"], profile["timeDeltas"], strict=True):
        frame = names[node]
        place = f" ({Path(frame['url']).name}:{frame['lineNumber'] + 1})" if frame["url"] else ""
        found[f"{frame['functionName'] or 'anonymous'}{place}"] += max(0, micros)
    for idle in ("(idle)", "(root)"):
        found.pop(idle, None)
    return [(name, micros / found.total()) for name, micros in found.most_common()]


def main() -> None:
    """Prints the cost of a step and what it consists of."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=70_000)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--most", type=int, default=25, help="functions to list")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    os.environ["EPOCHSCOPE_RUNS"] = str(folder / "runs")
    environment = {**os.environ, "EPOCHSCOPE_DATA": str(folder / "data"), "EPOCHSCOPE_OFFLINE": "1"}
    run = clouds(options.points, options.epochs)
    with serving(folder, environment) as url, sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}/?run={run}")
        settled(page)
        painted(page, "embedding", f"p.n === {options.points} && p.epoch === {options.epochs - 1}", 300)
        frames = f"{_STORE}.projections.values().next().value.frames.size === {options.epochs}"
        page.wait_for_function(f"() => {frames}", timeout=300_000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        session.send("Profiler.enable")
        scrubbed(page, session)  # compiles, and asks for what is not there
        passes = [scrubbed(page, session) for _ in range(options.times)]
        words = (f"{part} {ranged([each[part] for each in passes], 1)}" for part in passes[0])
        print(f"ms a step: {', '.join(words)}", flush=True)
        for name, share in profiled(page, session)[: options.most]:
            print(f"{share:6.1%}  {name}")


if __name__ == "__main__":
    main()
