"""Makes the README's pictures from a real run in a real browser: `.venv/bin/python -m assets.pictures`.

`app` or `notebook` behind it makes only those of the app, or of the notebook.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.browser import chromium, painted, serving, settled
from tests.support.jupyter import command, jupyter, kernel_environment

HERE = Path(__file__).parent
FRAMES = 60
STAGE = {"x": 0, "y": 62, "width": 1440, "height": 832}


CELL = """from epochscope import notebook
from epochscope.runs.format.spec import folder_of

notebook.show(folder_of("tour-dec"))"""


def main() -> None:
    """The pictures that the command line names, else all."""
    asked = sys.argv[1:] or ["app", "notebook"]
    if "app" in asked:
        app()
    if "notebook" in asked:
        notebook()


def notebook() -> None:
    """The bundled run of DEC in a JupyterLab, as wide as a notebook on half a screen."""
    folder = Path(tempfile.mkdtemp())
    with (
        jupyter(folder, kernel_environment(folder / "runs")) as lab,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        page = browser.new_page(viewport={"width": 1080, "height": 1060})
        lab.opened(page, "clustering", [CELL])
        command(page, "notebook:run-all-cells")
        painted(page, "sizes", "p.epoch > 0")
        page.locator(".jp-Notebook").evaluate("(notebook) => notebook.scrollTo(0, 0)")
        time.sleep(2)
        page.screenshot(path=HERE / "notebook.png")


def app() -> None:
    """A run of DEC on the digits with the first preset: one screenshot at its end, one animation of its course."""
    folder = Path(tempfile.mkdtemp())
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs")}
    with serving(folder, environment) as url, sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}/?method=DEC")  # a link: nobody is introduced
        settled(page)
        page.get_by_role("button", name="Play", exact=True).first.click()
        page.get_by_text("Done", exact=True).wait_for(timeout=600_000)
        page.get_by_text("t-SNE", exact=True).first.click()
        last = page.evaluate("window.__epochscope.painted.transport.n") - 1
        everything_computed(page, last)
        page.screenshot(path=HERE / "screenshot.png")
        animate(page, last)


def everything_computed(page: Page, last: int) -> None:
    """Waits until t-SNE has caught up with every epoch."""
    slider = page.locator("input[type=range][aria-label=Epoch]")
    for epoch in range(last + 1):
        slider.fill(str(epoch))
        page.wait_for_function(f"() => window.__epochscope.painted.embedding.epoch === {epoch}", timeout=120_000)
    time.sleep(2)


def animate(page: Page, last: int) -> None:
    """The stage from the first epoch to the last, as a GIF of a fixed palette."""
    slider = page.locator("input[type=range][aria-label=Epoch]")
    slider.fill("0")
    time.sleep(1)
    frames = []
    for step in range(FRAMES):
        epoch = round(step * last / (FRAMES - 1))
        slider.fill(str(epoch))
        page.wait_for_function(f"() => window.__epochscope.painted.embedding.epoch === {epoch}")
        time.sleep(0.25)
        picture = Image.open(io.BytesIO(page.screenshot(clip=STAGE))).convert("RGB")
        frames.append(picture.resize((900, 520), Image.Resampling.LANCZOS))
    palette = frames[-1].quantize(96)
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [120] * (len(small) - 1) + [2500]
    small[0].save(HERE / "run.gif", save_all=True, append_images=small[1:], duration=durations, loop=0, optimize=True)


if __name__ == "__main__":
    main()
