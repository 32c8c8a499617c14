"""What a visitor does not see: a page that jumps, a page that does not answer."""

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Server, painted, settled
from tests.support.page_speed import PLAY, WATCH, Trace, speed

pytestmark = pytest.mark.slow
MOST_SHIFT = 0.03  # cumulative layout shift; 0.1 is "good" by the usual scale, a style that comes late made it 0.6
MOST_BLOCKED = 50  # milliseconds of processor time in which the page hears nobody


@pytest.mark.parametrize("path", ["/", "/?data=Digits+8+x+8", "/?run=tour-dec&epoch=8", "/inspect?run=tour-dec"])
def test_nothing_moves_once_it_is_painted(browser: Browser, server: Server, path: str):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(server.url + path)
    settled(page)
    if "data=" not in path:
        painted(page, "embedding", "p.frames > 0 && !p.tweening" if "run" in path else "p.frames > 0")
    page.wait_for_function("() => [...document.querySelectorAll('.es-plot')].every((e) => e.querySelector('svg'))")
    seen = speed(page)
    assert seen.painted
    assert seen.shift < MOST_SHIFT, seen.shifts
    context.close()


def test_a_page_that_replays_still_listens(browser: Browser, server: Server):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(server.url + "/?run=tour-dec&epoch=8")
    painted(page, "embedding", "p.frames > 0 && !p.tweening")
    page.wait_for_function("() => [...document.querySelectorAll('.es-plot')].every((e) => e.querySelector('svg'))")
    page.evaluate(PLAY, 4)  # what is made once has been made
    trace = Trace(page)
    trace.begin()
    page.evaluate(PLAY, 20)
    assert trace.longest_task() < MOST_BLOCKED
    page.close()
