"""How soon a long run is seen: `python -m benchmarks.long_run` (needs a Chromium, as the browser tests do).

A loop of `--epochs` epochs of 1,797 points is recorded, and opened as a visitor does, `--rounds` times in a fresh tab.
Seconds from the stage's first request to the first picture of the embedding, which epoch that shows and how many were
there; seconds until all are; what the page has received; the server's memory before and after.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
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
  if (!(points?.n > 0)) return requestAnimationFrame(look);
  window.first = { at: performance.now(), epoch: points.epoch, epochs: p.transport?.n ?? 0 };
};
requestAnimationFrame(look);"""
OURS = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/runs/'))"


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
    run = Run(recorder.run)
    compute_frames(run, ProjectionSpec("pca", PROJECTIONS["pca"].params().flat()))
    return run


def opened(browser: Browser, address: str, epochs: int) -> dict[str, Any]:
    """What one visitor meets, in a window of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    painted(page, "transport", f"p.n === {epochs}", 120)
    all_there = page.evaluate("performance.now()")
    began = page.evaluate(f"{OURS}[0].startTime")
    first = page.evaluate("window.first")
    received = page.evaluate(f"{OURS}.reduce((sum, one) => sum + one.transferSize, 0)")
    requests = page.evaluate(f"{OURS}.map((one) => [one.name.split('/').at(-1).slice(0, 60), one.startTime, one.responseEnd])")
    context.close()
    return {**first, "began": began, "all": all_there - began, "bytes": received, "requests": requests}


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
            visits = []
            for _ in range(told.rounds):
                visits.append(one := opened(browser, address, len(run.epochs())))
                print(json.dumps(one))
    waits = [(one["at"] - one["began"]) / 1000 for one in visits]
    print(f"first picture after {median(waits):.2f} s, all after {median(one['all'] for one in visits) / 1000:.2f} s")


if __name__ == "__main__":
    main()
