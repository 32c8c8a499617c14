"""The Methods page in a real browser: KaTeX draws every formula, none is wider than its place on a small projector."""

import pytest
from epochscope.cards import CARDS
from epochscope.methods import METHODS
from playwright.sync_api import Page, expect

from tests.support.browser import settled

WIDER = """() => [...document.querySelectorAll('.katex-display')].filter((display) => {
    const right = Math.max(...[...display.querySelectorAll('.base')].map((base) => base.getBoundingClientRect().right));
    return right > display.parentElement.getBoundingClientRect().right + 1;
}).map((display) => display.textContent)"""

# Where the middle of a word stands in an element, from its corner.
MIDDLE_OF_WORD = """(element, word) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let text = walker.nextNode();
    while (!text.data.includes(word)) text = walker.nextNode();
    const range = document.createRange();
    range.setStart(text, text.data.indexOf(word));
    range.setEnd(text, text.data.indexOf(word) + word.length);
    const [there, own] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
    return { x: there.x + there.width / 2 - own.x, y: there.y + there.height / 2 - own.y };
}"""


def test_every_formula_of_every_card_is_drawn_in_full(page, server):
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(f"{server.url}/methods?card={METHODS['ae_kmeans'].title.replace('+', '%2B')}")
    first, *others = sorted(METHODS, key=lambda key: key != "ae_kmeans")
    drawn_in_full(page, first)  # the card that the link names
    for key in others:
        page.locator(".st-key-card").get_by_text(METHODS[key].title, exact=True).click()
        drawn_in_full(page, key)


def drawn_in_full(page: Page, key: str) -> None:
    expect(page.get_by_role("heading", name=METHODS[key].title, exact=True)).to_be_visible()
    settled(page)
    expect(page.locator(".katex-display")).to_have_count(len(CARDS[key].formulas))
    assert page.locator(".katex-error").all_inner_texts() == []
    page.evaluate("document.fonts.ready")  # until KaTeX's own fonts are there, letters are wider
    page.wait_for_function(f"() => ({WIDER})().length === 0")


def test_from_the_train_page_to_the_card_and_back(page, server):
    page.goto(f"{server.url}/?method=IDEC")
    settled(page)
    page.get_by_role("link", name="About this method").click()
    expect(page.get_by_role("heading", name="IDEC")).to_be_visible()
    page.get_by_text("Source", exact=True).click()
    expect(page.get_by_text("epochscope/methods/idec.py")).to_be_visible()
    page.reload()
    expect(page.get_by_text("epochscope/methods/idec.py")).to_be_visible()
    page.get_by_role("link", name="Train it").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert "method=IDEC" in page.url


@pytest.mark.slow
def test_results_are_drawn_and_the_link_keeps_the_choice(page, server):
    page.goto(f"{server.url}/results?score=NMI&published=STL-10")
    settled(page)
    expect(page.locator(".js-plotly-plot").get_by_text("NMI in percent")).to_be_visible()
    expect(page.get_by_text("80.64")).to_be_visible()
    page.locator(".es-term").wait_for(state="attached")  # from now on words are explained
    heading = page.get_by_text("one dot per seed")
    heading.hover(position=heading.evaluate(MIDDLE_OF_WORD, "seed"))
    expect(page.locator(".es-term")).to_contain_text("The same seed gives the same run")  # what the glossary says
    page.keyboard.press("Shift")
    expect(page.locator(".es-term")).to_be_hidden()
