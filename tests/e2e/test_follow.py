"""A lecturer presents, a student follows on a phone: two browsers that know nothing of each other."""

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Server, painted, settled


@pytest.mark.slow
def test_a_phone_follows_the_presentation_until_it_does_not_want_to(browser: Browser, server: Server):
    with (
        browser.new_context(viewport={"width": 1440, "height": 900}) as hall,
        browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as pocket,
    ):
        lecturer, student = hall.new_page(), pocket.new_page()
        lecturer.goto(f"{server.url}/?run=tour-dec&epoch=8&present=2")
        painted(lecturer, "headline", "p.epoch === 8")
        lecturer.keyboard.press("q")
        card = lecturer.locator(".es-share")
        expect(card).to_be_visible()
        assert card.locator("img").evaluate("(img) => img.complete && img.naturalWidth > 20")
        expect(card).to_contain_text("Phones cannot reach this server, which listens on this machine only")
        expect(card).to_contain_text("--address 0.0.0.0")
        link = card.locator("a").get_attribute("href")
        lecturer.keyboard.press("Escape")
        expect(card).to_be_hidden()
        painted(lecturer, "headline", "p.epoch === 8")  # it is still the presentation

        student.goto(link)
        painted(student, "follow", "p.follows && p.on && p.led === 8")
        painted(student, "embedding", "p.epoch === 8")
        painted(lecturer, "headline", "p.followers === 1")
        lecturer.keyboard.press("ArrowRight")
        painted(student, "embedding", "p.epoch === 9")
        switch = student.get_by_role("switch", name="Follow the presentation")
        expect(switch).to_be_checked()

        switch.uncheck()
        lecturer.keyboard.press("End")
        painted(student, "follow", "p.led === 14 && !p.follows && p.epoch === 9")
        switch.check()
        painted(student, "embedding", "p.epoch === 14")
        student.get_by_role("button", name="Previous epoch (←)").click()
        painted(student, "follow", "p.epoch === 13 && !p.follows")  # who looks for themselves is left alone
        painted(lecturer, "headline", "p.epoch === 14")
        lecturer.keyboard.press("Escape")
        settled(lecturer)
        painted(student, "follow", "!p.on")
        expect(student.locator(".es-follow")).to_contain_text("paused or over")
