"""A tour from its list through two pages, and the presentation, in a browser."""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Server, button, painted, settled


def framed(page: Page, key: str) -> None:
    """Waits until what a step speaks of has its frame."""
    look = "(key) => [...document.querySelectorAll(key)].some((e) => getComputedStyle(e).outlineStyle === 'solid')"
    page.wait_for_function(look, arg=f".st-key-{key}")


def test_a_tour_leads_from_its_list_through_the_pages(page: Page, server: Server):
    page.goto(f"{server.url}/tours")
    page.locator(".st-key-tour-dec a.tour-way").click()
    expect(page.locator(".tour-text")).to_contain_text("First an autoencoder")
    assert "tour=dec.1" in page.url
    framed(page, "embedding")
    painted(page, "embedding", "p.epoch === 7 && p.n === 1797")
    page.evaluate("window.stays = true")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator(".tour-text")).to_contain_text("Then k-means")
    framed(page, "tiles")
    page.wait_for_url(re.compile("dec.2.*color=cluster|color=cluster.*dec.2"))
    for place in range(3, 7):
        page.get_by_role("button", name="Next", exact=True).click()
        expect(page.locator(".tour-place")).to_have_text(f"{place} of 7")
    framed(page, "place5")
    painted(page, "embedding", "p.epoch === 14")
    page.get_by_role("button", name="Next", exact=True).click()
    page.wait_for_url(re.compile("/inspect.*dec.7"))
    expect(page.locator(".tour-place")).to_contain_text("7 of 7")
    assert page.evaluate("window.stays")  # no page was loaded
    framed(page, "focus")
    painted(page, "embedding", "p.epoch === 14")
    page.get_by_role("button", name="End").click()
    expect(page.locator(".tour-text")).to_have_count(0)
    assert "tour=" not in page.url
    assert "run=tour-dec" in page.url


def test_a_presentation_obeys_its_keys(page: Page, server: Server):
    page.goto(f"{server.url}/?run=tour-dec&epoch=8")
    settled(page)
    button(page, "Present").click()
    painted(page, "headline", "p.epoch === 8 && p.acc === '0.820' && !p.full")
    painted(page, "q", "p.epoch === 8")
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    painted(page, "headline", "p.epoch === 9")
    page.keyboard.press("Space")
    painted(page, "transport", "p.playing")
    page.keyboard.press("Space")
    painted(page, "transport", "!p.playing")
    page.keyboard.press("f")
    painted(page, "headline", "p.full")
    page.keyboard.press("F")
    painted(page, "headline", "!p.full")
    left = page.evaluate("performance.now()")
    page.keyboard.press("1")
    painted(page, "headline", "p.count === 1 && p.epoch > 8")
    page.wait_for_function("() => !window.__epochscope.painted.q")
    sides = page.evaluate(
        "() => ['scrollHeight', 'clientHeight'].map((side) => document.querySelector('[data-testid=stMain]')[side])"
    )
    assert sides[0] <= sides[1]  # nothing to scroll to
    # some browsers tell the page of the Esc that leaves the full screen, so for a moment it is no way back
    page.wait_for_function("(left) => performance.now() - left > 300", arg=left)
    page.keyboard.press("Escape")
    expect(button(page, "Play")).to_be_visible()
    painted(page, "tiles", "p.epoch > 8")
    page.wait_for_url(re.compile("^((?!present).)*$"))


SOON = 300  # ms from the press to the next step on the same page, where nobody else uses the machine
WATCH = """() => { const bar = document.querySelector('.st-key-tour-next button');
  bar.addEventListener('click', () => { window.pressed = performance.now(); window.white = 0; }, { capture: true });
  const text = () => document.querySelector('.tour-text')?.textContent ?? '';
  let last = text();
  const look = () => {
    const now = text();
    if (!document.querySelector('.st-key-embedding canvas')) window.white++;
    if (now !== last) { last = now; window.shown = performance.now(); }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look); }"""


@pytest.mark.slow
def test_the_next_step_is_there_at_once_and_nothing_goes_white(page: Page, server: Server):
    page.goto(f"{server.url}/?run=tour-dec&tour=dec.1&epoch=7&projection=PCA&color=class")
    painted(page, "embedding", "p.epoch === 7")
    settled(page)
    page.evaluate(WATCH)
    took = []
    for _ in range(5):
        page.evaluate("window.shown = null")
        page.get_by_role("button", name="Next", exact=True).click()
        page.wait_for_function("window.shown !== null")
        took.append(page.evaluate("window.shown - window.pressed"))
        settled(page)
    assert page.evaluate("window.white") == 0
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # processes for each core
    assert sorted(took)[2] <= SOON * crowd, took


@pytest.mark.slow
def test_what_was_recorded_for_what_if_is_on_its_pages(page: Page, server: Server):
    def next_step(place: int) -> None:
        page.get_by_role("button", name="Next", exact=True).click()
        expect(page.locator(".tour-place")).to_have_text(f"{place} of 8")

    page.goto(f"{server.url}/?run=tour-what-if&tour=what-if.1&epoch=5&projection=PCA&color=cluster")
    painted(page, "embedding", "p.epoch === 5")
    next_step(2)
    framed(page, "family")
    page.wait_for_url(re.compile("run=tour-what-if-nu"))
    expect(page.locator(".st-key-family")).to_contain_text("ν 1 → 5")
    painted(page, "embedding", "p.epoch === 10")
    next_step(3)
    painted(page, "compare", "p.epoch === 10 && p.n === 22")  # epochs of both
    next_step(4)
    painted(page, "multiples", "p.n === 16")
    framed(page, "multiples")
    next_step(5)
    framed(page, "futures-map")
    expect(page.locator(".st-key-futures-map")).to_contain_text("One seed proves nothing")
    next_step(6)
    expect(page.locator(".st-key-why")).to_contain_text("because other points changed the shared weights")
    expect(page.locator(".st-key-why")).to_contain_text("Measured when this run was recorded.")
    next_step(7)
    fall = page.locator(".st-key-inspect-notes").get_by_role("button", name=re.compile("gone in 3 of 3 branches"))
    fall.nth(1).click()
    expect(page.get_by_test_id("stPopoverBody")).to_contain_text("Branches from epoch 5")
    page.keyboard.press("Escape")
    next_step(8)
    painted(page, "embedding", "p.epoch === 10")
