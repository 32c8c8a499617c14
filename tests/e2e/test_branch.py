"""Branches in a browser: pressed at the cursor's epoch, drawn as a tree, compared; and findings that try their cure."""

import re

import pytest
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Page, expect

from tests.support.browser import Server, button, painted, run_of, settled, trained

PARAMS = {"net.widths": "32", "pretrain.epochs": 2, "cluster.epochs": 5, "cluster.tol": 0.0}  # epochs 0 to 8


@pytest.mark.slow
def test_a_branch_goes_on_at_the_cursor_and_stands_in_the_tree(page: Page, server: Server):
    first = trained(server, RunSpec("digits", "dec", 10, 0, params=PARAMS))
    page.goto(f"{server.url}/?run={first}&epoch=5")
    settled(page)
    painted(page, "transport", "p.epoch === 5")
    button(page, "Branch").click()
    form = page.get_by_test_id("stPopoverBody")
    expect(form.get_by_text("Branch at epoch 5")).to_be_visible()
    expect(form.get_by_text(re.compile("parameters cannot change at epoch 5"))).to_be_visible()
    form.get_by_text("Another seed from there on").click()
    expect(form.get_by_role("spinbutton")).to_have_value("1")
    form.get_by_role("button", name="Branch", exact=True).click()
    page.wait_for_url(lambda address: "run=" in address and first not in address)
    second = run_of(page)
    painted(page, "transport", "p.n === 9")
    page.goto(f"{server.url}/?run={second}")
    settled(page)
    expect(page.locator(".js-plotly-plot .annotation-text", has_text="seed 1")).to_be_visible()
    page.goto(f"{server.url}/compare?runs={first}.{second}")
    settled(page)
    painted(page, "compare", "p.n === 18")
    plot = "document.querySelector('.st-key-compare .js-plotly-plot')"
    begins = f"{plot}?._fullData.map((curve) => curve.y.findIndex((y) => y !== null))"
    page.wait_for_function(f"() => {{ const at = {begins} ?? []; return at[0] < 5 && at[1] === 5; }}")


@pytest.mark.slow
def test_a_finding_tries_its_cures_and_tells_what_came_of_them(page: Page, server: Server):
    bad = trained(server, RunSpec("digits", "dec", 10, 0, params={**PARAMS, "cluster.lr": 0.2}))
    page.goto(f"{server.url}/inspect?run={bad}")
    settled(page)
    expect(page.get_by_text("Untested: ").first).to_be_visible()
    button(page, "Try it").click()
    told = page.locator(".st-key-inspect-notes button", has_text=re.compile("Tried: "))
    expect(told.first).to_be_visible(timeout=240_000)
    expect(told.first).to_have_text(re.compile(r"Tried: η .* → .*: gone in [1-3] of 3 branches, else in [0-2]; ACC"))
