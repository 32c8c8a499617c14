"""The stage in a real JupyterLab: a loop is watched while its cell runs; then one scrubs, hovers, chooses."""

import itertools

import pytest
from playwright.sync_api import expect

from tests.support.browser import painted, still
from tests.support.jupyter import command, jupyter, kernel_environment
from tests.support.waiting import until

EPOCHS = 6
# Each epoch waits until the test has seen the one before: it is painted while the cell runs, and the kernel hears
# nothing.
LOOP = f"""
import time
from pathlib import Path
import numpy as np
from epochscope import Recorder

rng = np.random.default_rng(0)
y = np.repeat(np.arange(4), 100)
x = rng.random((400, 8, 8)) / 9 + np.eye(4)[y][:, :, None].repeat(16, 2).reshape(400, 8, 8)
recorder = Recorder("a loop in a notebook", x=x, truth=y, k=4, epochs={EPOCHS})
recorder.show()
for epoch in range({EPOCHS}):
    z = rng.normal(size=(400, 3)) + (1 + epoch) * np.eye(4, 3)[y]
    recorder.log(z=z, labels=(y + (rng.random(400) < 0.2)) % 4, losses={{"distance": 1 / (1 + epoch)}})
    while not Path(f"seen{{epoch}}").exists():
        time.sleep(0.01)
recorder.close()
"""


# What is wider than its place, or than the board.
CUT = """(board) => [...board.querySelectorAll(".es-tile-value, .es-transport > *:not([hidden])")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1
        || one.getBoundingClientRect().right > board.getBoundingClientRect().right)
    .map((one) => one.className)"""


@pytest.mark.slow
def test_a_loop_is_watched_in_a_notebook(tmp_path, page):
    with jupyter(tmp_path, kernel_environment(tmp_path / "runs")) as lab:
        lab.opened(page, "loop", [LOOP, "print(recorder.run)"])
        command(page, "notebook:run-all-cells")
        watch(lab, page)
        scrub_and_hover(page)
        choose(page)
        fits_a_narrow_cell_by_day_and_night(page)
        page.goto("about:blank")  # before the server ends
    assert "Traceback" not in (tmp_path / "log").read_text()


def watch(lab, page):
    """One epoch after the other, while the cell runs: all panels show it."""
    for epoch in range(EPOCHS):
        painted(page, "transport", f"p.n === {epoch + 1} && p.epoch === {epoch}")
        painted(page, "embedding", f"p.epoch === {epoch} && p.n === 400")
        painted(page, "losses", f"p.epoch === {epoch} && p.n === {epoch + 1}")
        expect(page.locator(".jp-InputPrompt").first).to_have_text("[*]:")
        (lab.folder / f"seen{epoch}").touch()
    expect(page.locator(".es-state-chip")).to_have_text("Done")
    page.locator(".es-board").scroll_into_view_if_needed()


def scrub_and_hover(page):
    """Keys in the board move its cursor and no cell; the tooltip has the picture of the point."""
    page.locator(".es-tile").first.click()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    painted(page, "embedding", f"p.epoch === {EPOCHS - 3} && !p.tweening")
    expect(page.locator(".jp-Cell.jp-mod-active .jp-InputPrompt")).to_have_text("[1]:")
    page.get_by_role("slider", name="Epoch").press("Home")
    painted(page, "embedding", "p.epoch === 0 && !p.tweening")
    points = page.locator("[data-name=embedding]")
    points.scroll_into_view_if_needed()
    box = points.bounding_box()
    tip = points.locator(".es-tip")
    places = itertools.cycle((x / 60, y / 40) for y in range(10, 30) for x in range(20, 40))

    def found() -> bool:
        across, down = next(places)
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return tip.is_visible()

    until(found)
    expect(tip).to_contain_text("class")
    assert "blob:" in tip.locator(".es-tip-tile").evaluate("(tile) => tile.style.backgroundImage")
    heights = "(all) => all.map((one) => one.getBoundingClientRect().y)"
    rows = tip.locator("dt:not(.es-tip-title), dd").evaluate_all(heights)
    assert rows[::2] == rows[1::2]  # each name beside its value, whatever lists look like in a notebook


def choose(page):
    """Another figure, colors that the kernel works out, another projection."""
    page.locator("[data-name=place1] select.es-title").select_option("sizes")
    painted(page, "sizes", "p.epoch === 0 && p.n === 4")
    page.get_by_label("Colors", exact=True).select_option("mistakes")
    expect(page.locator("[data-name=embedding] .es-legend")).to_contain_text("mistake")
    page.get_by_role("button", name="Own axes").click()
    expect(page.locator("[data-name=embedding]")).to_contain_text("Only codes of 2 dimensions")
    page.get_by_role("button", name="PCA").click()
    painted(page, "embedding", "p.epoch === 0 && p.n === 400")


def fits_a_narrow_cell_by_day_and_night(page):
    board = page.locator(".es-board")
    light = still(board)
    command(page, "apputils:change-theme", theme="JupyterLab Dark")
    expect(board.locator(".es").first).to_have_attribute("data-dark", "")
    expect(board.locator("[data-dark]")).to_have_count(board.locator(".es").count())
    assert still(board) != light
    for width in (1040, 820):
        page.set_viewport_size({"width": width, "height": 900})
        until(lambda: board.evaluate(CUT) == [])
