"""The labs in a browser: the main control of each moves its picture and its residuals."""

import re

import numpy as np
import pytest

from tests.e2e.conftest import Page, Server, painted, settled


@pytest.fixture
def lab(page: Page, server: Server):
    def opened(name: str) -> Page:
        page.goto(f"{server.url}/{name}")
        settled(page)
        return page

    return opened


def told(page: Page) -> str:
    """All lines with residuals."""
    return "\n".join(page.get_by_text("off by").all_inner_texts())


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
    after = painted(page, "pull", f"p.told > 0 && p.handles[12][0] > {before['handles'][12][0]} + 0.5")
    assert after["handles"][:12] == before["handles"][:12]
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=first.split("\n")[0])

    handle.focus()
    page.keyboard.press("ArrowLeft")
    painted(page, "pull", f"p.handles[12][0] < {after['handles'][12][0]} - 0.01 && p.told > {after['told']}")
    page.locator(".es-handle").nth(0).focus()
    page.keyboard.press("Delete")
    painted(page, "pull", f"p.handles.length === {len(before['handles']) - 1}")


def test_a_descent_runs_until_it_is_stopped(lab):
    page = lab("lab_pull")
    painted(page, "pull", "p.handles?.length > 12")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("· 4 steps").first.wait_for()
    page.locator(".st-key-run button", has_text="Stop").click()
    page.locator(".st-key-run button", has_text="Run").wait_for()


def test_js_follows_the_second_gaussian(lab):
    page = lab("lab_js")
    painted(page, "gaussians", "p.handles?.length === 1")
    before = told(page)
    page.locator(".es-handle").focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowUp")
    painted(page, "gaussians", "p.told > 0 && p.handles[0][1] > 2.5")
    page.wait_for_function("() => !document.body.innerText.includes('JS 0.2780')")
    page.locator(".st-key-case").get_by_role("combobox").click()
    page.get_by_role("option", name="wide along different axes").click()
    page.get_by_text(re.compile("JS is lowest along an axis · off by [1-9]")).wait_for()
    assert told(page) != before


def test_a_discriminator_learns_and_codes_are_dragged(lab):
    page = lab("lab_adversarial")
    painted(page, "densities", "p.handles?.length === 3")
    page.get_by_role("button", name="Learn", exact=True).click()
    page.get_by_text("(V + 2 ln 2)/2 of this D is already JS, to 0.01 · off by").wait_for()
    painted(page, "densities", "p.told > 3")
    page.locator(".st-key-learn").get_by_role("button", name="Stop").first.click()
    page.locator(".st-key-learn").get_by_role("button", name="Learn").first.wait_for()
    before = told(page)
    page.locator(".es-handle").nth(2).focus()
    page.keyboard.press("Shift+ArrowRight")
    painted(page, "densities", "p.handles[2][0] > 0.3")
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=before.split("\n")[2])


def changes(page: Page, before: str) -> None:
    """Waits until residuals are others than those of `before`, its lines."""
    page.wait_for_function(
        "before => before.split('\\n').some((line) => !document.body.innerText.includes(line))", arg=before
    )


def test_a_row_dragged_out_of_the_triangle_comes_back_to_its_edge(lab):
    page = lab("lab_target")
    before = painted(page, "target", "p.handles?.length === 10")
    first = told(page)
    drag(page, 8, (0, 400))  # below the triangle
    after = painted(page, "target", "p.told > 0 && Math.abs(p.handles[8][1]) < 1e-6")
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
    painted(page, "soft", f"p.told > 0 && p.handles[0][0] > {before['handles'][0][0]} + 0.3")
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
    painted(page, "codes", f"p.told > 0 && p.handles[0][0] === {x} && p.handles[0][1] === {y}")
    page.mouse.move(box["x"] + 11, box["y"] + 11)
    page.mouse.down()
    for step in range(1, 7):
        page.mouse.move(box["x"] + 11 + 30 * step, box["y"] + 11 - 8 * step)
    page.mouse.up()
    # the letter ends on the code of a point, and the address line names it
    page.wait_for_function("() => /point=\\d+/.test(location.search)")
    after = painted(page, "codes", f"p.told > 0 && p.handles[0][0] > {before['handles'][0][0]} + 0.5")
    assert after["handles"][0] != before["handles"][0]
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=first.split("\n")[0])

    page.get_by_role("radio", name="2 Prior").or_(page.get_by_role("button", name="2 Prior")).first.click()
    painted(page, "triangle", "p.handles?.length === 4")
    page.get_by_text("F(derived) −1.8517").or_(page.get_by_text("F(derived) -1.8517")).wait_for()
    page.locator(".es-handle").nth(3).focus()
    page.keyboard.press("Shift+ArrowRight")
    painted(page, "triangle", "p.told > 0 && p.handles[3][0] > 0.1")
    page.wait_for_function("() => !document.body.innerText.includes('-1.8517')")
