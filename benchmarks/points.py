"""How fast a browser draws and finds many points: `python -m benchmarks.points` (needs a Chromium).

Records runs of clouds, opens each on the Train page in a browser without a graphics card, once for each way to draw
(`--draw canvas webgl`), and prints: frames a second while the points move from epoch to epoch, milliseconds of script a
frame, a redraw (a change of colors), hovering over a point, and a lasso around many; medians of `--times`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tests.support.browser import chromium, painted, serving, settled
from tests.support.many_points import clouds

_EPOCHS = 6
_STORE = "[...window.__epochscope.stores.values()].find((s) => s.listeners.size)"

MOVING = """async ([epoch, from]) => {
  const store = STORE, report = () => window.__epochscope.painted.embedding;
  store.cursor.seek(from);
  const next = () => new Promise(requestAnimationFrame);
  await next(); await next();
  while (report().tweening) await next();
  store.cursor.seek(epoch);
  store.cursor.gap = 1500;
  await next();
  const [frames, began, took] = [report().frames, performance.now(), []];
  while (performance.now() - began < 1400) { await next(); took.push(report().ms); }
  const rate = (1000 * (report().frames - frames)) / (performance.now() - began);
  took.sort((a, b) => a - b);
  return [rate, took[took.length >> 1]];
}""".replace("STORE", _STORE)

REDRAWN = """async (mode) => {
  const store = STORE, report = () => window.__epochscope.painted.embedding;
  const next = () => new Promise(requestAnimationFrame);
  while (report().tweening) await next();
  const frames = report().frames, began = performance.now();
  store.setColor(mode);
  while (report().frames === frames) await next();
  await next();
  return performance.now() - began;
}""".replace("STORE", _STORE)

HOVER = """async ([share, first]) => {
  const plot = document.querySelector(".es[data-kind=points] .es-plot"), box = plot.getBoundingClientRect();
  const at = { clientX: box.left + box.width * share, clientY: box.top + box.height * 0.5, bubbles: true };
  const began = performance.now();
  plot.dispatchEvent(new PointerEvent("pointermove", at));
  return performance.now() - began;
}"""

LASSO = """() => {
  const plot = document.querySelector(".es[data-kind=points] .es-plot"), { xaxis, yaxis } = plot._fullLayout;
  const [x0, x1] = xaxis.range, [y0, y1] = yaxis.range;
  const x = [], y = [];
  for (let i = 0; i < 120; i++) {
    const r = 0.3 + 0.1 * Math.cos(5 * i * Math.PI / 60);
    x.push((x0 + x1) / 2 + r * (x1 - x0) * Math.cos(i * Math.PI / 60));
    y.push((y0 + y1) / 2 + r * (y1 - y0) * Math.sin(i * Math.PI / 60));
  }
  const began = performance.now();
  plot.emit("plotly_selected", { lassoPoints: { x, y } });
  const took = performance.now() - began;
  const { selection } = STORE;
  return [took, selection ? selection.count : 0];
}""".replace("STORE", _STORE)


def measured(page: Page, times: int) -> dict[str, float]:
    """Of the run that is shown: medians."""
    found: dict[str, list[float]] = {}
    for turn in range(times):
        goal = _EPOCHS - 2 if turn % 2 else 1
        rate, script = page.evaluate(MOVING, [goal, 1 if turn % 2 else _EPOCHS - 2])
        found.setdefault("frames/s", []).append(rate)
        found.setdefault("script ms", []).append(script)
        found.setdefault("redraw ms", []).append(page.evaluate(REDRAWN, "cluster" if turn % 2 else "class"))
        found.setdefault("hover ms", []).append(page.evaluate(HOVER, [0.3 + 0.03 * turn, turn == 0]))
        took, selected = page.evaluate(LASSO)
        found.setdefault("lasso ms", []).append(took)
        found.setdefault("selected", []).append(selected)
        page.evaluate(f"() => {_STORE}.select(null)")
    return {name: median(values) for name, values in found.items()} | {"first hover ms": found["hover ms"][0]}


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--points", type=int, nargs="+", default=[70_000, 1_000_000])
    parser.add_argument("--draw", nargs="+", choices=("canvas", "webgl"), default=["canvas", "webgl"])
    parser.add_argument("--pictures", type=Path, help="a folder for screenshots")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    os.environ["EPOCHSCOPE_RUNS"] = str(folder / "runs")
    environment = {**os.environ, "EPOCHSCOPE_DATA": str(folder / "data"), "EPOCHSCOPE_OFFLINE": "1"}
    runs = {n: clouds(n, _EPOCHS, name=f"{n} points") for n in chosen.points}
    with serving(folder, environment) as url, sync_playwright() as playwright, chromium(playwright) as browser:
        for n, run in runs.items():
            for draw in chosen.draw:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.add_init_script(f"window.__epochscope = {{ renderer: {{ name: '{draw}' }} }}")
                page.goto(f"{url}/?run={run}")
                settled(page)
                painted(page, "embedding", f"p.n === {n} && p.epoch === {_EPOCHS - 1}", 300)
                page.wait_for_function(
                    f"() => {_STORE}.projections.values().next().value.frames.size === {_EPOCHS}", timeout=300_000
                )
                found = measured(page, chosen.times)
                words = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
                print(f"{n:,} points, {draw} ({painted(page, 'embedding', 'true')['renderer']}): {words}", flush=True)
                if chosen.pictures:
                    page.screenshot(path=str(chosen.pictures / f"{n}-{draw}.png"))
                page.close()


if __name__ == "__main__":
    main()
