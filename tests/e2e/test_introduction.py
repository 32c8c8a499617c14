"""What a browser sees first, and never again unless it asks."""

import os

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Server, button, painted, run_of, settled, stop

SOON = 3000  # ms from the page to something that moves, where nobody else uses the machine


@pytest.mark.slow
def test_a_browser_is_introduced_once_and_again_when_it_asks(browser: Browser, server: Server):
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(server.url)
        captions = page.locator(".introduction-caption")
        expect(captions.first).to_be_visible()
        drawn = page.evaluate("performance.now()")
        painted(page, "embedding", "p.tweening && p.epoch > 7")
        moved = page.evaluate("performance.now()") - drawn
        expect(captions).to_have_count(3)
        expect(captions.nth(0)).to_contain_text("A dot is a picture")
        for figure in ("q", "p"):
            assert painted(page, figure, "p.n > 0")["epoch"] >= 7
        painted(page, "introduction", "p.epoch === 14 && !p.playing")
        expect(page.locator(".es-introduction").filter(has_text="It starts again")).to_be_visible()
        painted(page, "introduction", "p.epoch < 14 && p.playing")  # and it does
        page.get_by_role("button", name="Train it yourself").click()
        assert run_of(page).find("tour") < 0
        painted(page, "tiles", "p.epoch >= 0")
        stop(page)
        page.wait_for_url(lambda url: "epoch=" not in url)  # the link follows this run, wherever the recorded one was
        page.get_by_role("slider", name="Epoch").press("Home")
        page.wait_for_url("**epoch=0*")
        button(page, "Play").click()
        page.wait_for_url(lambda url: "epoch=" not in url)
        stop(page)

        page.goto(server.url)  # the second visit
        expect(button(page, "Play")).to_be_enabled()
        settled(page)
        expect(captions).to_have_count(0)
        page.get_by_role("link", name="Show the introduction").click()
        painted(page, "introduction", "p.playing")
        page.get_by_role("button", name="Close", exact=True).click()
        expect(button(page, "Play")).to_be_enabled()
        expect(captions).to_have_count(0)
        assert "introduction" not in page.url
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # processes for each core
    assert moved < SOON * crowd, f"{moved:.0f} ms"


@pytest.mark.slow
def test_a_link_is_no_first_visit_and_stillness_is_respected(browser: Browser, server: Server):
    with browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{server.url}/?run=tour-dec&epoch=8")
        painted(page, "embedding", "p.epoch === 8")
        expect(page.locator(".introduction-caption")).to_have_count(0)
        page.goto(server.url)
        painted(page, "introduction", "p.epoch === 7 && !p.playing")
        page.get_by_role("button", name="Replay (Space)").click()
        painted(page, "introduction", "p.epoch > 7 && p.playing")
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert page.evaluate(wide)
