"""How much of a screen the picture gets, what is in reach on a phone, and what fingers do."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Server, button, painted, settled
from tests.support.layout import Sizes, embedding_sizes
from tests.support.waiting import until

pytestmark = pytest.mark.slow
LINK = "/?run=tour-dec&epoch=8"
PATHS = {
    "train": LINK,
    "inspect": "/inspect?run=tour-dec&epoch=8",
    "present": f"{LINK}&present=2",
    "tour": f"{LINK}&tour=dec.3&show=none",
    "compare": "/compare?runs=tour-stable.tour-collapse&epoch=8",
    "tour on compare": "/compare?runs=tour-detached.tour-not-detached&epoch=8&tour=detach.2&show=none",
}
LEAST = {(1440, 900): (560, 420), (1366, 768): (560, 420), (1024, 768): (420, 330)}
"""By size of the screen, of the plot where it stands alone."""


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    """A phone with fingers on it."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(server.url + LINK)
    settled(page)
    painted(page, "embedding", "p.epoch === 8 && !p.tweening")
    yield page
    context.close()


def on_screen(page: Page, selector: str) -> bool:
    """Whether an element is inside the window, with nothing of it cut off."""
    box, window = page.locator(selector).first.bounding_box(), page.viewport_size
    if not box or not window:
        return False
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    return min(box["x"], box["y"]) >= 0 and right <= window["width"] and bottom <= window["height"]


def _measured(page: Page) -> Sizes:
    """Sizes of what is shown, once the plot fits its panel."""
    panel = "embedding0" if "/compare" in page.url else "embedding"
    painted(page, panel, "p.epoch === 8 && !p.tweening")
    until(lambda: (now := embedding_sizes(page)) and now.plot[0] < now.panel[0] and now.plot[1] < now.panel[1])
    sizes = embedding_sizes(page)
    assert sizes
    return sizes


@pytest.mark.parametrize("name", PATHS)
def test_the_picture_gets_almost_half_of_the_screen(browser: Browser, server: Server, name: str):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(server.url + PATHS[name])
    settled(page)
    assert _measured(page).sideways <= 0
    for size, least in LEAST.items():
        page.set_viewport_size({"width": size[0], "height": size[1]})
        sizes = _measured(page)
        assert sizes.share >= 0.45, (size, sizes)
        if name in ("train", "inspect"):
            assert sizes.plot[0] >= least[0], (size, sizes)
            assert sizes.plot[1] >= least[1], (size, sizes)
    if name == "train":
        expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    context.close()


def test_a_sidebar_that_was_opened_stays_open(browser: Browser, server: Server):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(server.url + LINK)
    painted(page, "embedding", "p.epoch === 8")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_have_attribute("data-collapsed", "true")
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(sidebar).to_have_attribute("data-collapsed", "false")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("epoch=9"))
    page.reload()
    painted(page, "embedding", "p.epoch === 9")
    expect(sidebar).to_have_attribute("data-collapsed", "false")
    context.close()


CUT = """() => [...document.querySelectorAll(".es-tile")].filter((tile) => !tile.hidden && (
    tile.scrollWidth > tile.clientWidth + 1 || tile.getBoundingClientRect().right > innerWidth)).length"""


def test_on_a_phone_stop_and_the_epochs_are_in_reach_and_figures_are_swiped(phone: Page):
    sizes = _measured(phone)
    assert sizes.plot[0] >= 330, sizes
    assert sizes.plot[1] >= 240, sizes
    assert sizes.share >= 0.45, sizes
    for name in ("stop", "present", "transport"):
        assert on_screen(phone, f".st-key-{name}"), name
    assert phone.evaluate(CUT) == 0
    slider = phone.get_by_label("Epoch", exact=True)
    assert on_screen(phone, "input[type=range][aria-label=Epoch]")
    before = phone.evaluate("history.length")
    slider.fill("3")
    painted(phone, "embedding", "p.epoch === 3")
    phone.wait_for_url(re.compile("epoch=3"))
    assert phone.evaluate("history.length") == before  # Back leads away from the run, not to its last epoch
    places = phone.locator(".st-key-places")
    assert places.evaluate("(e) => e.scrollWidth > 4 * e.clientWidth")  # one figure at a time
    second = phone.locator(".st-key-place1")
    second.scroll_into_view_if_needed()
    until(lambda: (box := second.bounding_box()) and 0 <= box["x"] < 60)
    assert on_screen(phone, "input[type=range][aria-label=Epoch]")
    last = phone.locator(".st-key-places > *").last
    assert last.locator(".es-plot:not(.js-plotly-plot)").count()  # nobody has seen it yet
    last.scroll_into_view_if_needed()
    expect(last.locator(".js-plotly-plot")).to_be_visible()
    assert not phone.locator(".st-key-embedding .js-plotly-plot").count()  # points need none


def fingers(page: Page) -> Callable[..., None]:
    """Fingers on the page, as the browser hears of them: called with a kind of event and the place of each finger."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return touch


def test_fingers_move_zoom_and_ask(phone: Page):
    box = phone.locator(".st-key-embedding .es-plot").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    whole = painted(phone, "embedding", "true")["range"]
    wide, touch = whole[1] - whole[0], fingers(phone)
    touch("touchStart", (x - 30, y), (x + 30, y))
    touch("touchMove", (x - 60, y), (x + 60, y))
    touch("touchEnd")
    near = painted(phone, "embedding", f"Math.abs((p.range[1] - p.range[0]) / {wide} - 0.5) < 0.02")["range"]
    touch("touchStart", (x, y))
    touch("touchMove", (x + 40, y))
    touch("touchEnd")
    painted(
        phone, "embedding", f"p.range[0] < {near[0]} && Math.abs(p.range[1] - p.range[0] - {near[1] - near[0]}) < 1e-6"
    )
    tip = phone.locator(".st-key-embedding .es-tip")
    expect(tip).to_be_hidden()
    point = phone.evaluate(POINT)
    touch("touchStart", (point["x"], point["y"]))
    expect(tip).to_contain_text("point")
    touch("touchEnd")
    expect(tip).to_be_visible()


# Where some point is on the screen: the middle of the picture of its color that is not empty.
POINT = """() => {
    const canvas = document.querySelector(".st-key-embedding canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const box = canvas.getBoundingClientRect();
    const [w, h] = [canvas.width, canvas.height];
    for (let y = Math.round(h / 3); y < (2 * h) / 3; y++)
        for (let x = Math.round(w / 3); x < (2 * w) / 3; x++)
            if (data[4 * (y * w + x) + 3] > 200)
                return { x: box.x + (x / w) * box.width, y: box.y + (y / h) * box.height };
}"""


# Letters that are lower than a fiftieth of the window: [pixels, text] each.
SMALL = """() => [...document.querySelectorAll(".es :is(text, button, select, span, p, b)")]
    .filter((e) => e.textContent.trim() && !e.children.length && e.getBoundingClientRect().height)
    .map((e) => {
        const es = e.closest(".es");
        const scale = "plot" in es.dataset ? es.getBoundingClientRect().width / es.offsetWidth : es.currentCSSZoom;
        return [scale * parseFloat(getComputedStyle(e).fontSize), e.textContent];
    })
    .filter(([size]) => size < 0.02 * innerHeight - 0.1)"""


def test_a_presentation_grows_with_its_screen(browser: Browser, server: Server):
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.goto(f"{server.url}{LINK}&present=2")
    painted(page, "headline", "p.epoch === 8")
    painted(page, "q", "p.n > 0")
    expect(page.locator(".es-headline-state")).to_contain_text("Done")
    assert until(lambda: page.evaluate("document.querySelectorAll('.es .xtick text').length"))
    assert page.evaluate(SMALL) == []
    context.close()


def test_a_lab_on_a_phone_shows_the_picture_first_and_has_handles_for_fingers(phone: Page, server: Server):
    phone.goto(f"{server.url}/lab_pull")
    handle = phone.locator(".es-handle").first
    expect(handle).to_be_visible()
    box = handle.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 44
    dials = phone.locator(".st-key-dials").bounding_box()
    picture = phone.locator(".st-key-pull").bounding_box()
    assert dials
    assert picture
    assert picture["y"] < dials["y"]


def test_a_message_leaves_the_page_its_style(page: Page, server: Server):
    """Streamlit gives the place of a style that stands alone to whatever comes next; ours stands in the page itself."""
    page.goto(server.url + LINK)
    main, figures = page.get_by_test_id("stMainBlockContainer"), page.locator(".st-key-place0")
    expect(main).to_have_css("padding-left", "20px")
    expect(figures).to_have_css("grid-row-start", "span 2")  # the one rule that a page writes for itself
    settled(page)
    button(page, "Again").click()
    settled(page)  # opening draws the page anew
    page.get_by_role("button", name=re.compile("^Run ")).first.click()
    expect(page.locator(".st-key-queued")).to_be_visible()
    expect(main).to_have_css("padding-left", "20px")
    expect(figures).to_have_css("grid-row-start", "span 2")
