"""The labs in a browser: the main control of each moves its picture and its residuals."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.support.browser import Server, painted, settled, still


@pytest.fixture
def lab(page: Page, server: Server):
    def opened(name: str) -> Page:
        page.goto(f"{server.url}/{name}")
        settled(page)
        return page

    return opened


def told(page: Page) -> list[str]:
    """All claims with their residuals."""
    page.locator("[data-kind=claims] li").first.wait_for()
    return page.locator("[data-kind=claims] li > span").all_inner_texts()


def changes(page: Page, before: list[str]) -> None:
    """Waits until claims or residuals are others."""
    page.wait_for_function("before => before.some((line) => !document.body.innerText.includes(line))", arg=before)


def drag(page: Page, handle: int, by: tuple[int, int]) -> None:
    """Takes a handle along in some steps."""
    box = page.locator(".es-handle").nth(handle).bounding_box()
    x, y = box["x"] + 11, box["y"] + 11
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x + by[0] * step / 8, y + by[1] * step / 8)
    page.mouse.up()


def test_points_are_dragged_and_forces_follow(lab):
    page = lab("lab_pull")
    before = painted(page, "pull", "p.handles?.length > 12")
    first = told(page)
    handle = page.locator(".es-handle").nth(12)
    drag(page, 12, (80, -40))
    after = painted(page, "pull", f"p.serial > 0 && p.handles[12][0] > {before['handles'][12][0]} + 0.5")
    assert after["handles"][:12] == before["handles"][:12]
    changes(page, first)

    handle.focus()
    page.keyboard.press("ArrowLeft")
    painted(page, "pull", f"p.handles[12][0] < {after['handles'][12][0]} - 0.01 && p.serial > {after['serial']}")
    page.locator(".es-handle").nth(0).focus()
    page.keyboard.press("Delete")
    painted(page, "pull", f"p.handles.length === {len(before['handles']) - 1}")


def test_a_link_brings_back_what_was_moved_and_chosen(lab):
    page = lab("lab_pull")
    painted(page, "pull", "p.handles?.length > 12")
    page.get_by_role("slider", name="ν, degrees of freedom").press("ArrowRight")
    drag(page, 2, (50, 30))
    page.wait_for_url(re.compile("nu=3&at=|at=.*&nu=3"))
    before = painted(page, "pull", "p.serial > 0")["handles"]
    claims = told(page)
    page.reload()
    after = painted(page, "pull", "p.handles?.length > 12")["handles"]
    np.testing.assert_allclose(after, before, atol=1e-3)
    assert page.get_by_role("slider", name="ν, degrees of freedom").get_attribute("aria-valuetext") == "3"
    assert [line.split(" · residual")[0] for line in told(page)] == [line.split(" · residual")[0] for line in claims]


@pytest.mark.slow
def test_a_descent_runs_until_it_is_stopped(lab):
    page = lab("lab_pull")
    painted(page, "pull", "p.handles?.length > 12")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text(re.compile(r"· \d\d steps")).first.wait_for()
    page.locator(".es-press", has_text="Stop").click()
    page.locator(".es-press", has_text="Run").wait_for()


def test_js_follows_the_second_gaussian(lab):
    page = lab("lab_js")
    painted(page, "gaussians", "p.handles?.length === 1")
    before = told(page)
    page.locator(".es-handle").focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowUp")
    painted(page, "gaussians", "p.serial > 0 && p.handles[0][1] > 2.5")
    page.wait_for_function("() => !document.body.innerText.includes('JS 0.2780')")
    page.get_by_label("Case").select_option("wide along different axes")
    page.get_by_text(re.compile("JS is lowest along an axis · residual [1-9]")).wait_for()
    assert told(page) != before


def test_a_discriminator_learns_and_codes_are_dragged(lab):
    page = lab("lab_adversarial")
    painted(page, "densities", "p.handles?.length === 3")
    page.get_by_role("button", name="Learn", exact=True).click()
    page.get_by_text("(V + 2 ln 2)/2 of this D is already JS, to 0.01 · residual").wait_for()
    painted(page, "densities", "p.serial > 3")
    page.locator(".es-press", has_text="Stop").click()
    page.locator(".es-press", has_text="Learn").wait_for()
    before = told(page)
    page.locator(".es-handle").nth(2).focus()
    page.keyboard.press("Shift+ArrowRight")
    painted(page, "densities", "p.handles[2][0] > 0.3")
    changes(page, before)


def test_a_row_dragged_out_of_the_triangle_comes_back_to_its_edge(lab):
    page = lab("lab_target")
    before = painted(page, "target", "p.handles?.length === 10")
    first = told(page)
    drag(page, 8, (0, 400))  # below the triangle
    after = painted(page, "target", "p.serial > 0 && Math.abs(p.handles[8][1]) < 1e-6")
    np.testing.assert_allclose(after["handles"][:8], before["handles"][:8])  # others stay
    changes(page, first)
    page.locator(".es-handle").nth(8).focus()
    page.keyboard.press("Delete")
    painted(page, "target", "p.handles.length === 9")


def test_alpha_moves_picture_and_residuals_and_a_descent_leaves_a_path(lab):
    page = lab("lab_alpha")
    before = painted(page, "soft", "p.handles?.length === 24")
    first = told(page)
    page.get_by_role("slider", name="α, sharpness").press("ArrowRight")
    changes(page, first)
    page.get_by_text("What α does with these centers; now 1").wait_for()
    page.get_by_role("button", name="Step", exact=True).click()
    painted(page, "soft", f"p.handles[21][0] < {before['handles'][21][0]} - 0.05")
    page.get_by_text("· 1 steps").wait_for()
    drag(page, 0, (60, 0))
    painted(page, "soft", f"p.serial > 0 && p.handles[0][0] > {before['handles'][0][0]} + 0.3")
    page.get_by_text("· 0 steps").wait_for()


def test_dgg_s_identity_follows_a_dragged_point_and_its_prior_a_dragged_assignment(lab):
    page = lab("lab_dgg")
    before = painted(page, "codes", "p.handles?.length === 2", 60)
    first = told(page)
    handle = page.locator(".es-handle").nth(0)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = before["handles"][0]
    page.mouse.move(box["x"] + 11, box["y"] + 11)
    page.mouse.down()
    page.mouse.move(box["x"] + 13, box["y"] + 11)
    painted(page, "codes", f"p.handles[0][0] > {x} + 0.001")
    page.mouse.up()  # no other code is nearer: the letter goes back
    painted(page, "codes", f"p.serial > 0 && p.handles[0][0] === {x} && p.handles[0][1] === {y}")
    page.mouse.move(box["x"] + 11, box["y"] + 11)
    page.mouse.down()
    for step in range(1, 7):
        page.mouse.move(box["x"] + 11 + 30 * step, box["y"] + 11 - 8 * step)
    page.mouse.up()
    # the letter ends on the code of a point, and the address line names it
    page.wait_for_function("() => /point=\\d+/.test(location.search)")
    after = painted(page, "codes", f"p.serial > 0 && p.handles[0][0] > {before['handles'][0][0]} + 0.5")
    assert after["handles"][0] != before["handles"][0]
    changes(page, first)

    page.get_by_role("radio", name="2 Prior").or_(page.get_by_role("button", name="2 Prior")).first.click()
    painted(page, "triangle", "p.handles?.length === 4")
    page.get_by_text("F(derived) -1.8275").wait_for()
    page.locator(".es-handle").nth(3).focus()
    page.keyboard.press("Shift+ArrowRight")
    painted(page, "triangle", "p.serial > 0 && p.handles[3][0] > 0.1")
    page.wait_for_function("() => !document.body.innerText.includes('-1.8275')")


MOVES = {
    "lab_pull": "nu",
    "lab_target": "times",
    "lab_alpha": "alpha",
    "lab_js": "direction",
    "lab_dgg": "neighbor",
    "lab_dgg?part=2+Prior+π": "counts",
    "lab_dgg?part=3+Graph": "digit",
    "lab_dgg?part=4+Scale+σ": "row",
    "lab_adversarial": "game",
}


def figure(page: Page, key: str) -> np.ndarray:
    """The panel as it is on the screen once it is still, slightly blurred: edges may lie half a pixel elsewhere."""
    shown = Image.open(io.BytesIO(still(page.locator(f".st-key-{key} .es-plot")))).convert("RGB")
    return np.asarray(shown.resize((shown.width // 4, shown.height // 4), Image.Resampling.BOX), dtype=float)


@pytest.mark.slow
@pytest.mark.parametrize("name", MOVES)
def test_what_is_sketched_while_something_moves_is_what_plotly_draws_later(lab, name):
    page = lab(name)
    page.wait_for_function("() => window.__epochscope?.stats.answers > 0", timeout=60_000)
    page.wait_for_function("() => [...document.querySelectorAll('.es-plot')].every((e) => e.querySelector('canvas'))")
    page.mouse.move(2, 2)
    before = {}
    dial = page.locator(f"[data-dial={MOVES[name]}]").locator("input, select")
    panels = page.evaluate(
        "Object.entries(window.__epochscope.painted).filter(([, p]) => /chart|board/.test(p.kind)).map(([k]) => k)"
    )
    for key in panels:
        before[key] = figure(page, key)
    if dial.evaluate("e => e.tagName") == "SELECT":
        dial.select_option(index=2)
    else:
        dial.press("ArrowRight")
        dial.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('[data-painted]')")
    found = "[...document.querySelectorAll('[data-painted]')].map(e => e.closest('[class*=st-key-]').className)"
    sketched = [re.search(r"st-key-(\w+)", name)[1] for name in page.evaluate(found)]
    sketches = {key: figure(page, key) for key in sketched}
    for key in sketched:
        page.locator(f".st-key-{key} .es-plot").hover(position={"x": 5, "y": 40})
        page.wait_for_function("key => !document.querySelector(`.st-key-${key} [data-painted]`)", arg=key)
        page.mouse.move(2, 2)
    for key, sketch in sketches.items():
        drawn = figure(page, key)
        off = np.abs(sketch - drawn).mean()
        moved = np.abs(before[key] - drawn).mean()
        assert off < 0.75 * moved + 0.1, key
