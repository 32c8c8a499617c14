"""Many futures in a real browser: started beside a run, watched, played back, one of them opened."""

import pytest
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Page, expect

from tests.support.browser import Server, painted, run_of, settled, trained

SMALL = {"net.widths": "32", "pretrain.epochs": 2, "cluster.epochs": 6, "cluster.tol": 0.0, "cluster.restarts": 2}

# One press, and at the same moment something for which the whole page is drawn anew.
_PRESS_AND_REDRAW = """() => {
  const named = (name) => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === name);
  const [start, raw] = [named("Train 5 seeds at once"), named("Own axes")];
  start.click();
  raw.click();
}"""


@pytest.mark.slow
def test_futures_are_started_watched_and_opened(page: Page, server: Server):
    run = trained(server, RunSpec("digits", "dec", 10, 500, params=SMALL))
    page.goto(f"{server.url}/?run={run}")
    settled(page)
    page.get_by_role("button", name="Again").click()
    count = page.get_by_label("Number of seeds")
    page.get_by_role("tab", name="Many at once").click()
    expect(count).to_be_visible()
    settled(page)
    count.fill("5")
    count.press("Tab")
    start = page.get_by_role("button", name="Train 5 seeds at once")
    start.wait_for()
    page.evaluate(_PRESS_AND_REDRAW)
    page.wait_for_url("**/futures?futures=*")
    first = painted(page, "multiples", "p.n === 5 && p.epoch !== null")
    painted(page, "multiples", "p.epoch === 9", 180)  # 2 + 6 epochs and two starts: all have come to their end
    assert first["columns"] >= 2
    assert painted(page, "spread", "p.names.length === 2")["names"] == ["acc", "nmi"]
    expect(page.get_by_text("Map of the futures")).to_be_visible()
    expect(page.get_by_text("One seed proves nothing:")).to_be_visible()
    page.keyboard.press("Home")
    painted(page, "multiples", "p.epoch === 0 && !p.tweening")
    page.keyboard.press("ArrowRight")
    painted(page, "multiples", "p.epoch === 1")
    settled(page)
    futures = page.url
    # the run from which they were started is that member
    page.get_by_role("button", name="Open seed 500").click()
    page.wait_for_url(f"**/?run={run}*")
    page.goto(futures)
    painted(page, "multiples", "p.n === 5")
    settled(page)
    page.get_by_role("button", name="Open seed 502").click()
    page.wait_for_url("**/?run=*")
    assert run_of(page) != run
    painted(page, "transport", "p.n === 10", 180)
