"""Many futures in a real browser: started beside a run, watched, played back, one of them opened."""

from collections.abc import Callable

import pytest
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.support.browser import Server, painted, run_of, settled, trained

SMALL = {"net.widths": "32", "pretrain.epochs": 2, "cluster.epochs": 6, "cluster.tol": 0.0, "cluster.restarts": 2}


def again(button: Locator, follows: Callable[[], object]) -> None:
    """Presses, up to four times: a page that is being drawn anew at that moment may not take a press."""
    for left in range(3, -1, -1):
        button.click()
        try:
            follows()
        except (AssertionError, TimeoutError):
            if not left:
                raise
        else:
            return


@pytest.mark.slow
def test_futures_are_started_watched_and_opened(page: Page, server: Server):
    run = trained(server, RunSpec("digits", "dec", 10, 500, params=SMALL))
    page.goto(f"{server.url}/?run={run}")
    settled(page)
    page.get_by_role("button", name="Again").click()
    count = page.get_by_label("Number of seeds")
    again(page.get_by_role("tab", name="Many at once"), lambda: expect(count).to_be_visible(timeout=10_000))
    count.fill("5")
    count.press("Tab")
    page.get_by_role("button", name="Train 5 seeds at once").click()
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
    again(
        page.get_by_role("button", name="Open seed 500"), lambda: page.wait_for_url(f"**/?run={run}*", timeout=10_000)
    )
    page.goto(futures)
    painted(page, "multiples", "p.n === 5")
    settled(page)
    again(page.get_by_role("button", name="Open seed 502"), lambda: page.wait_for_url("**/?run=*", timeout=10_000))
    assert run_of(page) != run
    painted(page, "transport", "p.n === 10", 180)
