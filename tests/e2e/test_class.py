"""A lecturer and two phones: three browsers that know nothing of each other go through a whole class."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.access import AXE, SERIOUS
from tests.support.browser import Server, painted, settled

_errors: dict[Page, list[str]] = {}
"""What the console of each phone has said."""


@contextmanager
def phone(browser: Browser, scheme: str) -> Iterator[Page]:
    """A student's, in portrait."""
    portrait = {"width": 390, "height": 844}
    with browser.new_context(viewport=portrait, has_touch=True, is_mobile=True, color_scheme=scheme) as pocket:
        page = pocket.new_page()
        wrong = _errors[page] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        yield page
        assert wrong == []


def accessible(page: Page) -> None:
    """Nothing that axe finds serious; it is put in past the page's own policy, which lets no foreign script in.

    What the policy forbids axe itself, such as styles of its own, is no error of the page.
    """
    errors = _errors.get(page, [])
    before = len(errors)
    page.evaluate(f"() => {{ {AXE.read_text()} }}")
    assert page.evaluate(SERIOUS) == []
    errors[before:] = [one for one in errors[before:] if "inline style" not in one]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_a_class_from_the_first_question_to_the_file(browser: Browser, server: Server, tmp_path: Path):
    with ExitStack() as stack:
        hall = stack.enter_context(browser.new_context(viewport={"width": 1440, "height": 900}))
        lecturer = hall.new_page()
        ada, bo = (stack.enter_context(phone(browser, scheme)) for scheme in ("light", "dark"))
        code = _opened(lecturer, server)
        for page, name in ((ada, "Ada"), (bo, "<b>Bo</b>")):
            page.goto(f"{server.url}/join/{code}")
            page.get_by_label("Your nickname").fill(name)
            accessible(page)
            page.get_by_role("button", name="Join").click()
            expect(page.get_by_text("you own seed")).to_be_visible()
        expect(lecturer.get_by_text("2 joined")).to_be_visible()
        expect(lecturer.get_by_text("‹b›Bo‹/b›")).to_be_visible()
        accessible(lecturer)
        _asked_and_answered(lecturer, ada, bo)
        _trained(lecturer, ada, bo)
        _told(lecturer, ada, bo, tmp_path / "class.html")


def _opened(lecturer: Page, server: Server) -> str:
    """The class about the moons, with two seeds; its code."""
    lecturer.goto(f"{server.url}/classroom")
    settled(lecturer)
    asked_about = lecturer.get_by_text("The digit that the class is asked about")
    expect(asked_about).to_be_visible()
    lecturer.get_by_text("Can DEC tell two moons apart?").click()
    expect(asked_about).to_have_count(0)
    settled(lecturer)  # each class has a field of its own
    seeds = lecturer.get_by_role("spinbutton", name="Seeds")
    seeds.fill("2")
    seeds.press("Tab")
    settled(lecturer)
    expect(seeds).to_have_value("2")
    lecturer.get_by_role("button", name="Open the class").click()
    link = lecturer.locator(".lesson-link a").get_attribute("href") or ""
    image = lecturer.locator("img.lesson-qr")
    expect(image).to_be_visible()
    assert image.evaluate("(img) => img.complete && img.naturalWidth > 20")
    lecturer.reload()  # the class is still there, and theirs
    expect(lecturer.get_by_text("0 joined")).to_be_visible()
    return link.rpartition("/")[2]


def _asked_and_answered(lecturer: Page, ada: Page, bo: Page) -> None:
    lecturer.get_by_role("button", name="Ask", exact=True).click()
    for page, group in ((ada, "Group 1"), (bo, "Group 2")):
        page.get_by_role("radio", name=re.compile(group)).check()
        expect(page.get_by_text(f"Your answer: {group}.")).to_be_visible()
    accessible(bo)
    expect(lecturer.get_by_text("2 of 2 answered")).to_be_visible()
    expect(lecturer.locator(".lesson td")).to_have_count(0)  # how many, not what
    lecturer.get_by_role("button", name="Close the question").click()
    expect(ada.get_by_role("radio", name=re.compile("Group 1"))).to_be_disabled()
    expect(lecturer.locator(".lesson tbody tr")).to_have_count(2)
    lecturer.get_by_role("radio", name="Which ACC?").click()
    lecturer.get_by_role("button", name="Ask", exact=True).click()
    ada.get_by_role("slider").fill("0.75")
    ada.get_by_role("button", name="Send").click()
    expect(ada.get_by_text("Your answer: 0.750.")).to_be_visible()
    ada.reload()  # the same device has its place and its answer
    expect(ada.get_by_text("Your answer: 0.750.")).to_be_visible()
    expect(ada.get_by_text("Ada · you own seed 0")).to_be_visible()


def _trained(lecturer: Page, ada: Page, bo: Page) -> None:
    lecturer.get_by_role("button", name="Train 2 seeds").click()
    painted(lecturer, "multiples", "p.n === 2 && p.epoch > 0", 120)
    expect(bo.get_by_text(re.compile(r"ACC 0\.\d{3}"))).to_be_visible()
    expect(bo.locator("canvas.dots")).to_be_visible()
    accessible(ada)
    expect(ada.get_by_text("The training has ended.")).to_be_visible(timeout=120_000)


def _told(lecturer: Page, ada: Page, bo: Page, file: Path) -> None:
    lecturer.get_by_role("button", name="Reveal").click()
    expect(ada.locator("article")).to_have_count(2)
    expect(ada.get_by_text(re.compile(r"Off by 0\.\d{3}\."))).to_be_visible()
    expect(bo.locator("article").nth(1)).to_contain_text("no answer")
    accessible(bo)
    expect(lecturer.locator(".lesson .key-happened").first).to_be_visible()
    lecturer.emulate_media(color_scheme="dark")
    expect(lecturer.get_by_test_id("stApp")).to_have_css("color-scheme", "dark")
    accessible(lecturer)
    with lecturer.expect_download() as download:
        lecturer.get_by_role("button", name="Save the class").click()
    download.value.save_as(file)
    lecturer.get_by_role("button", name="End the class").click()
    expect(ada.get_by_text("This class has ended.")).to_be_visible()
    saved = lecturer.context.new_page()
    saved.goto(file.as_uri())
    expect(saved.locator("section, .lesson")).to_have_count(2)
    data = json.loads(saved.locator("#lesson").text_content() or "")
    assert [one["name"] for one in data["students"]] == ["Ada", "‹b›Bo‹/b›"]
    assert data["questions"][1]["predictions"][0]["predicted"] == 0.75
