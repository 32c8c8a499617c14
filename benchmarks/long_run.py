"""How soon a long run is seen: `python -m benchmarks.long_run` (needs a Chromium, as the browser tests do).

A loop of `--epochs` epochs of 1,797 points with ten clusters is recorded and opened as a visitor does, `--rounds` times
with an empty cache. Seconds from the stage's first request to the first picture of the last epoch, and until plotly.js
has drawn the frame around it; seconds from the opening of the page to that picture (Streamlit's own loading is most of
it); how many epochs were there by then, and seconds until all were; megabytes that came over the network.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from epochscope import Recorder
from epochscope.projections import PROJECTIONS
from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import chromium, painted, serving

N, K, DIMENSIONS = 1797, 10, 10
WATCH = """window.first = null;
const look = () => {
  const p = window.__epochscope?.painted, points = p?.embedding;
  if (!(points?.n > 0 && points.epoch === LAST)) return requestAnimationFrame(look);
  window.first = { at: performance.now(), there: p.transport?.n ?? 0 };
};
requestAnimationFrame(look);
const framed = () => {
  if (!document.querySelector(".st-key-embedding .modebar")) return requestAnimationFrame(framed);
  window.framed = performance.now();
};
requestAnimationFrame(framed);"""
OURS = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/runs/'))"


class Visit(NamedTuple):
    """Seconds until the last epoch was painted (also since the page was opened) and framed; epochs that were there by
    then; seconds until all were; megabytes.
    """

    first: float
    opened: float
    framed: float
    there: int
    all: float
    megabytes: float


def record(epochs: int) -> Run:
    """A finished run of codes that drift apart, with its PCA frames."""
    rng = np.random.default_rng(0)
    truth = np.arange(N) % K
    noise, ends = rng.normal(size=(N, DIMENSIONS)), 6 * rng.normal(size=(K, DIMENSIONS))
    with Recorder("a long loop", x=noise.astype(np.float32), truth=truth, epochs=epochs) as recorder:
        for epoch in range(epochs):
            z = (noise + ends[truth] * epoch / epochs + 0.1 * rng.normal(size=(N, DIMENSIONS))).astype(np.float32)
            q = 1 / (1 + ((z[:, None] - ends) ** 2).sum(2))
            q = (q / q.sum(1, keepdims=True)).astype(np.float32)
            recorder.log(epoch, z=z, q=q, losses={"loss": float(np.exp(-epoch / 200))})
    assert recorder.run is not None
    run = Run(recorder.run)
    compute_frames(run, ProjectionSpec("pca", PROJECTIONS["pca"].params().flat()))
    return run


def opened(browser: Browser, address: str, epochs: int) -> Visit:
    """What one visitor meets, in a window of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH.replace("LAST", f"{epochs - 1}"))
    page.goto(address)
    painted(page, "transport", f"p.n === {epochs}", 120)
    ended, began = page.evaluate(f"[performance.now(), {OURS}[0].startTime]")
    page.wait_for_function("window.first && window.framed")
    first, framed = page.evaluate("[window.first, window.framed]")
    received = page.evaluate(f"{OURS}.reduce((sum, one) => sum + one.transferSize, 0)")
    context.close()
    painted_at = first["at"] / 1000
    seconds = [(at - began) / 1000 for at in (first["at"], framed, ended)]
    return Visit(seconds[0], painted_at, seconds[1], first["there"], seconds[2], received / 1e6)


def main() -> None:
    """Prints each visit, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keeps the run here, and uses the one that is there")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = told.folder or Path(scratch)
        os.environ |= {"EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_OFFLINE": "1"}
        kept = sorted((folder / "runs").glob("*/run.json"))
        run = Run(kept[0].parent.name) if kept else record(told.epochs)
        with serving(folder, dict(os.environ)) as url, sync_playwright() as playwright, chromium(playwright) as browser:
            address = f"{url}/?run={run.id}"
            visits = [opened(browser, address, len(run.epochs())) for _ in range(told.rounds)]
    for one in visits:
        print(
            f"{one.first:.2f} s ({one.opened:.2f} s after the page was opened, {one.there} epochs there), "
            f"framed {one.framed:.2f} s, all {one.all:.2f} s, {one.megabytes:.1f} MB"
        )
    first, framed, every = (median(getattr(one, name) for one in visits) for name in ("first", "framed", "all"))
    print(
        f"median of {told.rounds}: last epoch painted after {first:.2f} s, framed after {framed:.2f} s, "
        f"all there after {every:.2f} s"
    )


if __name__ == "__main__":
    main()
