"""The Inspect page in a browser: a finding moves the cursor, a click opens a point, colors and selections hold."""

import itertools
import re

import pytest
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Page, expect

from tests.support.browser import Server, changed, painted, settled, still, trained
from tests.support.waiting import until

START, LAST = 3, 7  # epochs 0 to 2 are pretraining
PARAMS = {"net.widths": "32", "pretrain.epochs": 2, "cluster.epochs": LAST - START, "cluster.tol": 0.0}


@pytest.fixture(scope="module")
def collapsed(server: Server) -> str:
    """A run of DEC with steps so large that all points fall into few clusters at once; its id."""
    return trained(server, RunSpec("digits", "dec", 10, 0, params={**PARAMS, "cluster.lr": 1.0}))


@pytest.fixture(scope="module")
def healthy(server: Server) -> str:
    return trained(server, RunSpec("digits", "dec", 10, 0, params=PARAMS))


def look(page: Page, server: Server, run: str, more: str = "", epoch: int = LAST) -> None:
    page.goto(f"{server.url}/inspect?run={run}{more}")
    settled(page)
    painted(page, "embedding", f"p.epoch === {epoch} && !p.tweening")


@pytest.mark.slow
def test_a_finding_moves_the_cursor_and_shows_its_figure(page, server, collapsed):
    look(page, server, collapsed)
    painted(page, "confusion", "p.frames > 0")
    page.locator(".st-key-note0 button").first.click()
    painted(page, "transport", f"p.epoch === {START + 1}")
    expect(page).to_have_url(re.compile(rf"epoch={START + 1}&focus=shares"))
    expect(page.locator(".st-key-focus .es")).to_have_count(1)
    # a click into a figure over the epochs moves the cursor of all
    painted(page, "shares", f"p.epoch === {START + 1}")

    def clicked() -> bool:  # once more if the figure moved meanwhile
        plot = page.locator(".st-key-focus .nsewdrag").first
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
        return page.evaluate("() => window.__epochscope.painted.embedding.epoch") == START

    until(clicked)
    expect(page).to_have_url(re.compile(rf"epoch={START}&"))
    expect(page.locator(".st-key-confusion .gtitle")).not_to_have_text(re.compile(r"0\.102"))


def test_a_click_opens_a_point_and_another_its_neighbor(page, server, healthy):
    look(page, server, healthy)
    plot = page.locator(".st-key-embedding canvas").first
    at = page.evaluate("() => [...window.__epochscope.stores.values()].find((s) => s.listeners.size).info.index[0]")
    page.goto(f"{server.url}/inspect?run={healthy}&view=point&point={at}")
    settled(page)
    painted(page, "near-codes", "p.n === 12")
    picked = "() => [...window.__epochscope.stores.values()].find((s) => s.listeners.size).picked"
    page.wait_for_function(f"({picked})() === 0")  # the stage knows the point of the link
    tile = page.locator(".st-key-near-codes button").first
    label = tile.evaluate("(e) => { e.click(); return e.getAttribute('aria-label'); }")  # it may give way any moment
    number = re.search(r"point (\d+)", label).group(1)
    expect(page).to_have_url(re.compile(rf"point={number}\b"))
    expect(page.locator(".st-key-point-box input")).to_have_value(number)
    expect(page.locator(".st-key-point-sum .katex").first).to_be_visible()
    page.keyboard.press("Escape")
    box = plot.bounding_box()
    shares = itertools.cycle((0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65))

    def another() -> bool:  # somewhere there is a point under the pointer
        page.mouse.click(box["x"] + next(shares) * box["width"], box["y"] + 0.5 * box["height"])
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return page.evaluate(PICKED) not in (None, number)

    until(another)
    other = page.evaluate(PICKED)
    expect(page).to_have_url(re.compile(rf"point={other}\b"))
    expect(page.locator(".st-key-point-box input")).to_have_value(other)


PICKED = """() => {
    const store = [...window.__epochscope.stores.values()].find((s) => s.listeners.size);
    return store.picked === null ? null : String(store.info.index[store.picked]);
}"""


@pytest.mark.slow
def test_colors_tell_mistakes_entropy_and_who_just_moved(page, server, healthy):
    look(page, server, healthy)
    colors = page.get_by_role("combobox", name="Colors")
    plot = page.locator(".st-key-embedding canvas").first
    seen = [still(plot)]
    for mode, keys in (("mistakes", ["right", "mistake"]), ("changed", ["stayed", "moved"]), ("entropy", [])):
        colors.select_option(mode)
        expect(page.locator(".st-key-embedding .es-legend button")).to_have_text(keys)
        if mode != "changed":
            page.wait_for_function(
                "() => [...window.__epochscope.stores.values()]"
                ".some((s) => s.listeners.size && s.serverColors.known.size)"
            )
        seen.append(changed(plot, seen[-1]))
        expect(page).to_have_url(re.compile(f"color={mode}"))
    assert len(set(seen)) == 4


def test_a_box_becomes_a_selection_that_stays(page, server, healthy):
    look(page, server, healthy)
    box = page.locator(".st-key-embedding canvas").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".st-key-embedding").get_by_role("button", name="Box Select").click()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.7 * box["height"], steps=6)
    page.mouse.up()
    chip = page.locator(".st-key-embedding .es-chip")
    expect(chip).to_contain_text(re.compile(r"^[\d,]+ selected"))
    number = chip.inner_text().split()[0]
    told = page.locator("[data-testid=stMarkdown]", has_text=f"{number} points inside the box")
    expect(told).to_be_visible()
    painted(page, "selection-gallery", "p.n > 0")
    painted(page, "selection-shares", "p.n === 10")
    page.get_by_role("button", name="Previous epoch").click()
    painted(page, "embedding", f"p.epoch === {LAST - 1}")
    expect(page).to_have_url(re.compile(f"epoch={LAST - 1}"))
    expect(told).to_be_visible()
    page.reload()  # a link holds it
    expect(told).to_be_visible()
    expect(chip).to_contain_text(f"{number} selected")
    chip.get_by_role("button", name="Clear the selection").click()
    expect(page.get_by_text("Nothing is selected")).to_be_visible()


@pytest.mark.slow
def test_in_three_clicks_from_a_fall_to_its_samples_and_why(page, server, collapsed):
    look(page, server, collapsed)
    page.get_by_role("button", name="Which samples?").first.press("Enter")
    painted(page, "changed-gallery", "p.n > 0")
    expect(page.locator(".st-key-changed-gallery button").first).to_be_focused()
    expect(page.get_by_text(re.compile(r"changed cluster from epoch \d+ to \d+"))).to_be_visible()
    first = page.locator(".st-key-changed-gallery button").first
    label = first.get_attribute("aria-label")
    number, old, new = re.search(r"point (\d+), (\d+)→(\d+)", label).groups()
    assert old != new
    first.evaluate("(e) => e.click()")  # it may give way any moment
    expect(page).to_have_url(re.compile(rf"point={number}\b"))
    expect(
        page.locator("[data-testid=stMarkdown]", has_text=f"cluster {new} at epoch {START + 1}").first
    ).to_be_visible()
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".st-key-why-bars .gtitle")).to_have_text(
        re.compile(rf"Epoch {START} to {START + 1}: .* in all")
    )
    expect(page.get_by_text(re.compile("Remainder: .* of the move"))).to_be_visible()
    expect(page.locator(".st-key-why .katex").first).to_be_visible()
    page.get_by_role("radio", name="Selection").click()
    page.get_by_label("Select by a query").fill(f"cluster = {new} and was = {old} and changed")
    page.keyboard.press("Enter")
    expect(page.locator("[data-testid=stMarkdown]", has_text="that fit").first).to_be_visible()
    expect(page.locator(".st-key-embedding .es-chip")).to_contain_text("selected")
    expect(page).to_have_url(re.compile("selected=query-"))
