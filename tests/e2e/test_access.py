"""The app for everybody: axe on every page in both themes, the keyboard alone, what is told to those who do not see."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

import pytest
from epochscope.resources import resource
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Page, expect

from tests.support.access import AXE, SERIOUS
from tests.support.browser import Server, painted, settled, trained
from tests.support.waiting import until

pytestmark = pytest.mark.slow
QUICK = {"net.widths": "32-32", "pretrain.epochs": 5, "cluster.epochs": 6, "cluster.tol": 0.0}
LAST = 12
OPENED = {"data": "Add your own data", "classroom": "Open the class"}
"""On these pages what is pressed opens more, which is looked at, too."""
SCHEMES = {"light": None, "dark": ["color-contrast", "link-in-text-block"]}
"""The rules of axe in each theme, None: all. The second theme changes colors alone, and axe takes a second a page."""


AT_REST = """() => document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning" &&
    !document.querySelector("[data-stale=true]") &&
    getComputedStyle(document.documentElement).getPropertyValue("--es-head") !== "" &&
    [...document.querySelectorAll(".es")].every((panel) =>
        panel.style.getPropertyValue("--es-text") ===
        getComputedStyle(panel.parentElement).getPropertyValue("--st-text-color").trim())"""
"""Whether the page is drawn, with its own style, and the panels have its colors."""


@pytest.fixture(scope="module")
def digits(server: Server) -> str:
    """A run of DEC on the digits with epochs 0 to 12; its id."""
    return trained(server, RunSpec("digits", "dec", 10, 0, params=QUICK))


def pages(run: str) -> Iterator[tuple[str, str]]:
    """Name and address of all pages of the app's own navigation, and of their views."""
    yield "start", "/"
    yield "train", f"/?run={run}"
    yield "present", f"/?run={run}&present=2"
    yield "inspect", f"/inspect?run={run}"
    yield "point", f"/inspect?run={run}&view=point&point=3"
    yield "cluster", f"/inspect?run={run}&view=cluster&group=3"
    yield "changes", f"/inspect?run={run}&view=changed"
    yield "compare", f"/compare?runs={run}"
    yield "futures", "/futures?futures=tour-seeds"
    yield "tour", "/?tour=dec.3&run=tour-dec&epoch=8"
    for file in sorted(resource("app/pages").glob("*.py")):
        if file.stem not in ("train", "inspect", "compare", "futures"):
            yield file.stem, f"/{file.stem}"


def findings(page: Page, rules: list[str] | None) -> list[dict[str, Any]]:
    """What axe finds critical or serious, by all of its rules or by these."""
    if page.evaluate("typeof axe") == "undefined":
        page.add_script_tag(path=AXE)
    return page.evaluate(SERIOUS, rules)


def test_axe_finds_nothing_serious_on_any_page_in_either_theme(page: Page, server: Server, digits: str):
    found: list[str] = []
    for name, address in pages(digits):
        page.emulate_media(color_scheme="light")
        page.goto(server.url + address)
        settled(page)
        until(lambda: page.evaluate("Object.values(window.__epochscope?.painted ?? {}).every((p) => !p.tweening)"))
        if name == "start":
            menu = {
                urlparse(str(link.get_attribute("href"))).path for link in page.get_by_test_id("stTopNavLink").all()
            }
            assert menu <= {"", "/", *(one.split("?")[0] for _, one in pages(digits))}
        if name in OPENED:
            found += [f"{name}, before it is opened: {one}" for one in findings(page, None)]
            page.get_by_test_id("stMainBlockContainer").get_by_text(OPENED[name], exact=True).first.click()
            settled(page)
        for scheme, rules in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
            page.wait_for_function(AT_REST)
            found += [f"{name}, {scheme}: {one}" for one in findings(page, rules)]
    assert found == [], "\n".join(found)


def focused(page: Page) -> str:
    """Name, or class, of what has the focus."""
    return page.evaluate(
        """() => { const e = document.activeElement;
            return e === document.body ? "nothing" : e.getAttribute("aria-label") ?? e.textContent ?? e.className; }"""
    )


def test_the_stage_by_keyboard_alone(page: Page, server: Server, digits: str):
    page.goto(f"{server.url}/?run={digits}&epoch=8")
    settled(page)
    painted(page, "embedding", "p.epoch === 8 && !p.tweening")
    painted(page, "scores", "p.n > 0")

    # what is pressed keeps the focus, and Space means it, not the replay
    zero = page.locator(".st-key-embedding .es-legend button").first
    zero.focus()
    for pressed, key in (("false", "Enter"), ("true", "Space")):
        page.keyboard.press(key)
        expect(zero).to_have_attribute("aria-pressed", pressed)
        expect(zero).to_be_focused()
    chip = page.locator(".es-show button").first
    chip.focus()
    before = chip.get_attribute("aria-pressed")
    page.keyboard.press("Enter")
    expect(chip).not_to_have_attribute("aria-pressed", str(before))
    expect(chip).to_be_focused()
    curve = page.locator(".es-curves button").first
    curve.focus()
    page.keyboard.press("Space")
    expect(curve).to_have_attribute("aria-pressed", "false")
    expect(curve).to_be_focused()
    assert painted(page, "transport", "true")["playing"] is False

    _one_tab_stop_a_bar(page)
    _points_by_arrow_keys(page)
    _figures_in_words(page)
    _words_by_a_key(page)

    # another figure in a place: its menu keeps the focus
    menu = page.locator(".st-key-place4 select.es-title")
    menu.focus()
    menu.select_option("sizes") if menu.input_value() != "sizes" else menu.select_option("changed")
    until(lambda: focused(page) == "Figure shown here")


def _one_tab_stop_a_bar(page: Page) -> None:
    """Arrow keys go from one button to the next, and leave the epoch alone; the slider is near the beginning."""
    page.locator(".st-key-play button").first.focus()
    stops = []
    while len(stops) < 10 and "Epoch" not in stops:
        page.keyboard.press("Tab")
        stops.append(focused(page))
    assert "Epoch" in stops, stops
    for bar in (".es-legend", ".es-show", ".es-curves", ".modebar"):
        stops = page.locator(bar).first.locator("button:not([tabindex='-1'])")
        expect(stops).to_have_count(1)
    items = page.locator(".st-key-embedding .es-legend button")
    items.first.focus()
    page.keyboard.press("ArrowRight")
    expect(items.nth(1)).to_be_focused()
    assert painted(page, "embedding", "true")["epoch"] == 8


def _points_by_arrow_keys(page: Page) -> None:
    """What hovering tells is told."""
    plot = page.locator(".st-key-embedding .es-plot")
    plot.focus()
    page.keyboard.press("ArrowRight")
    told = page.locator(".st-key-embedding .es-words[role=status]")
    expect(told).to_have_text(re.compile(r"^point [\d,]+, class \d, cluster \d"))
    first = told.text_content()
    page.keyboard.press("ArrowDown")
    expect(told).not_to_have_text(str(first))
    expect(page.locator(".st-key-embedding .es-tip")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_function("[...window.__epochscope.stores.values()][0].picked !== null")
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-embedding .es-tip")).to_be_hidden()


def _figures_in_words(page: Page) -> None:
    """A figure says what it shows, and hands over its numbers."""
    sentence = page.locator(".st-key-embedding .es-words[role=img]")
    expect(sentence).to_have_attribute(
        "aria-label", re.compile(r"^Embedding.* of 1,797 points in 10 clusters at epoch 8 .*largest cluster")
    )
    tools = page.locator(".st-key-place3 .modebar-btn[data-title*='table']")
    tools.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("tbody tr")).to_have_count(LAST + 1)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(tools).to_be_focused()


def _words_by_a_key(page: Page) -> None:
    """The glossary's words of the page; and from the beginning no stop lies in the folded sidebar."""
    page.locator("[data-testid=stSkipToContent]").focus()
    page.keyboard.press("Tab")
    assert focused(page) == "Expand sidebar"
    page.keyboard.press("?")
    words = page.locator("dialog.es-page-words")
    expect(words).to_contain_text("Normalized mutual information")
    page.keyboard.press("Escape")
    expect(words).to_have_count(0)
    assert focused(page) == "Expand sidebar"


def test_what_opens_takes_the_focus_and_gives_it_back(page: Page, server: Server, digits: str):
    page.goto(f"{server.url}/?run={digits}")
    settled(page)
    painted(page, "embedding", f"p.epoch === {LAST}")
    for opener in (".st-key-tune button", ".st-key-again-menu button"):
        button = page.locator(opener).first
        button.focus()
        page.keyboard.press("Enter")
        opened = page.get_by_test_id("stPopoverBody")
        expect(opened).to_be_visible()
        until(
            lambda: page.evaluate(
                "document.querySelector('[data-testid=stPopoverBody]')?.contains(document.activeElement)"
            )
        )
        settled(page)  # Streamlit opens it again if what it drew for the opening comes after the Esc
        page.keyboard.press("Escape")
        expect(opened).to_have_count(0)
        expect(button).to_be_focused()


def test_a_run_is_told_and_play_hands_the_focus_on(page: Page, server: Server):
    query = "dec.net.widths=500-500&dec.pretrain.epochs=6&dec.cluster.epochs=56&dec.cluster.tol=0.0"
    page.goto(f"{server.url}/?{query}")
    settled(page)
    page.locator(".st-key-play button").first.focus()
    page.keyboard.press("Enter")
    heard = page.evaluate_handle("""() => {
        const heard = [];
        new MutationObserver(() => {
            const text = document.querySelector(".st-key-transport .es-words[role=status]")?.textContent;
            if (text && heard.at(-1) !== text) heard.push(text);
        }).observe(document.body, { childList: true, subtree: true, characterData: true });
        return heard;
    }""")
    until(lambda: focused(page) != "nothing")
    painted(page, "transport", "p.epoch === 63")
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    until(lambda: any(re.match(r"Done, epoch 63, ACC 0\.\d{3}", text) for text in heard.json_value()))
    # the first epoch of ten that is shown: several may arrive at once
    assert any(re.match(r"(?!Done).*\bepoch [1-6]\d\b", text) for text in heard.json_value())


def test_points_do_not_move_where_a_person_wants_no_motion(page: Page, server: Server, digits: str):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{server.url}/?run={digits}&epoch=8")
    settled(page)
    painted(page, "embedding", "p.epoch === 8 && !p.tweening")
    moved = page.evaluate("""() => new Promise((done) => {
        const report = window.__epochscope.painted.embedding;
        document.querySelector(".es-transport [aria-label^='Next']").click();
        const look = () => report.epoch === 9 ? done(report.tweening) : requestAnimationFrame(look);
        look();
    })""")
    assert moved is False
