"""Runs side by side in a real browser: one cursor moves them all, by epoch or by time, and embeddings lie alike."""

import re
from itertools import accumulate

import pytest
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Page, expect

from tests.support.browser import Server, painted, settled, trained

SMALL = {"net.widths": "16", "pretrain.epochs": 2, "cluster.tol": 0.0}


@pytest.fixture(scope="module")
def two(server: Server) -> list[str]:
    asked = [("dec", {"cluster.epochs": 3}), ("idec", {"cluster.epochs": 6})]
    return [trained(server, RunSpec("digits", m, 10, 0, params={**SMALL, **more})) for m, more in asked]


def look(page: Page, server: Server, runs: list[str], more: str = "") -> None:
    page.goto(f"{server.url}/compare?runs={'.'.join(runs)}{more}")
    settled(page)
    for i in range(len(runs)):
        painted(page, f"embedding{i}", "p.n > 0 && !p.tweening")


def test_it_opens_with_the_last_two_says_what_differs_and_one_cursor_moves_both(page, server, two):
    page.goto(f"{server.url}/compare")
    for i in range(2):
        painted(page, f"embedding{i}", "p.n > 0")
    page.wait_for_url(re.compile(r"runs=[\w-]+\.[\w-]+"))
    look(page, server, two)
    expect(page.get_by_text("1: DEC").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"all settings \(\d+ differ\)"))).to_be_visible()
    painted(page, "embedding0", "p.epoch === 6")
    painted(page, "embedding1", "p.epoch === 9")
    painted(page, "transport", "p.n === 10")
    page.keyboard.press("Home")
    for panel in ("embedding0", "embedding1"):
        painted(page, panel, "p.epoch === 0")
    page.keyboard.press("ArrowRight")
    painted(page, "embedding0", "p.epoch === 1")
    painted(page, "compare", "p.epoch === 1 && p.n === 17")
    page.wait_for_url(re.compile("epoch=1"))
    page.get_by_role("link", name="Train").click()  # the run alone has its own cursor again
    page.wait_for_url(lambda url: "/compare" not in url)


def ends(server: Server, run: str) -> set[float]:
    """The seconds after which each epoch of a run had ended."""
    return set(accumulate(line["seconds"] for line in Run(run, server.runs / run).epochs()))


@pytest.mark.slow
def test_by_time_each_run_is_where_it_was_then(page, server, two):
    look(page, server, two, "&clock=by+time")
    both = set.union(*(ends(server, run) for run in two))  # short epochs of two runs may end at the same moment
    painted(page, "transport", f"p.n === {len(both)}")
    page.keyboard.press("Home")
    painted(page, "transport", "p.epoch < 60")
    expect(page.locator(".es-epoch")).to_have_text(re.compile(r"^time \d+\.\d s"))
    at = page.evaluate(
        "() => [...window.__epochscope.stores.values()].map((s) => [s.cursor.epoch, s.moments, s.current.epoch])"
    )
    for cursor, moments, epoch in at:
        assert epoch == max((i for i, moment in enumerate(moments) if moment <= cursor), default=0)
