"""A browser that likes Chinese is shown Chinese; whoever chooses another language keeps it."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Server, painted, settled


@pytest.mark.slow
def test_a_browser_is_shown_its_language_and_keeps_the_one_it_chose(browser: Browser, server: Server):
    with browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN") as context:
        page = context.new_page()
        page.goto(f"{server.url}/?run=tour-dec&epoch=8")
        painted(page, "embedding", "p.epoch === 8")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        expect(page.get_by_role("button", name="播放（空格键）")).to_be_visible()
        expect(page.locator(".es-caption").first).to_contain_text("全部 1,797 个点")
        settled(page)
        page.get_by_label("语言").select_option("de")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        painted(page, "embedding", "p.epoch === 8")
        expect(page.get_by_role("button", name="Abspielen (Leertaste)")).to_be_visible()
        expect(page.locator(".es-title").first).to_contain_text("Zuordnung")
        page.goto(f"{server.url}/lab_pull")  # another page, by its bare address: the choice is kept
        expect(page.get_by_text("Zentrum, dessen Faktoren gezeigt werden")).to_be_visible()
        expect(page.get_by_role("heading", name=re.compile("Der Gradient von DEC"))).to_be_visible()
        expect(page.get_by_text("Ein vergessenes detach ist harmlos")).to_be_visible()
