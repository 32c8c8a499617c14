"""The stage itself, on one finished run: key, tooltip, selection, replay, and what stays behind when it leaves."""

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from epochscope.runs.format.spec import RunSpec
from epochscope.server.stage_files import stage_url
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser import Server, busy_per_frame, changed, fit_the_screen, painted, settled, still, trained
from tests.support.waiting import until

NAMES = {"embedding": "embedding", "place0": "q", "place3": "scores"}
SMALL = {"net.widths": "32-32", "pretrain.epochs": 6, "cluster.epochs": 6, "cluster.tol": 0.0}


@pytest.fixture(scope="module")
def digits(server: Server) -> str:
    """A short run of DEC on the digits; its id."""
    return trained(server, RunSpec("digits", "dec", 10, 0, params=SMALL))


@pytest.fixture(scope="module")
def many(server: Server) -> str:
    """A run of 5,000 points."""
    return trained(server, RunSpec("blobs", "dec", 3, 0, data={"n": 5000}, params=SMALL))


def show(page: Page, server: Server, run: str, more: str = "") -> None:
    page.goto(f"{server.url}/?run={run}{more}")
    settled(page)
    painted(page, "embedding", "p.epoch === 13 && !p.tweening")


def plot(page: Page):
    return page.locator(".st-key-embedding canvas").first


@pytest.mark.slow
def test_classes_words_colors_and_what_stays_behind(page, server, digits):
    show(page, server, digits)
    _hovering_shows_the_sample_s_picture_and_words(page)
    _a_class_can_be_hidden_and_stays_hidden_in_other_epochs(page)
    _colors_can_tell_cluster_or_confidence(page)
    _nothing_stays_behind_when_the_page_is_left(page)


def _hovering_shows_the_sample_s_picture_and_words(page: Page) -> None:
    box = plot(page).bounding_box()
    tip = page.locator(".es-tip").first
    spots = itertools.cycle((0.2 + 0.03 * x, 0.1 + 0.03 * y) for y in range(20) for x in range(20))

    def found() -> bool:  # somewhere on this path lies a point
        across, down = next(spots)
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return tip.is_visible()

    until(found)
    expect(tip).to_contain_text(re.compile("class|cluster"))
    expect(tip.locator(".es-tip-tile")).to_have_attribute("style", re.compile("sprites"))
    page.mouse.move(2, 2)
    expect(tip).to_be_hidden()


def _a_class_can_be_hidden_and_stays_hidden_in_other_epochs(page: Page) -> None:
    full = still(plot(page))
    zero = page.locator(".es-legend button", has_text=re.compile("^0$"))
    zero.click()
    expect(zero).to_have_attribute("aria-pressed", "false")
    changed(plot(page), full)
    page.keyboard.press("Home")
    painted(page, "embedding", "p.epoch === 0")
    expect(zero).to_have_attribute("aria-pressed", "false")
    zero.click()
    page.keyboard.press("End")
    painted(page, "embedding", "p.epoch === 13 && !p.tweening")


def _colors_can_tell_cluster_or_confidence(page: Page) -> None:
    before = still(plot(page))
    for mode in ("cluster", "confidence"):
        page.get_by_label("Colors", exact=True).select_option(mode)
        expect(page.locator(".st-key-embedding .es-caption")).to_contain_text(f"colors: {mode}")
        before = changed(plot(page), before)
    page.wait_for_url("**color=confidence*")
    page.reload()
    expect(page.locator(".st-key-embedding .es-caption")).to_contain_text("colors: confidence")


def _nothing_stays_behind_when_the_page_is_left(page: Page) -> None:
    page.get_by_role("link", name="Runs").click()
    page.wait_for_function("() => Object.keys(window.__epochscope.painted).length === 0")
    page.wait_for_function("() => [...window.__epochscope.stores.values()].every((store) => store.links.size === 0)")


@pytest.mark.slow
def test_every_epoch_again_and_again_and_backwards(page, server, digits):
    show(page, server, digits)
    _no_point_is_cut_off_and_the_range_only_grows(page)
    _no_figure_is_rebuilt_and_memory_stays_flat_over_many_epochs(page)
    page.keyboard.press("End")
    painted(page, "transport", "p.epoch === 13")
    _it_plays_backwards_at_any_speed(page)


def _no_figure_is_rebuilt_and_memory_stays_flat_over_many_epochs(page: Page) -> None:
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .xaxislayer-above').length >= 7")
    page.evaluate("document.querySelectorAll('.js-plotly-plot').forEach((plot, i) => (plot.dataset.mark = i))")
    marked = page.evaluate("document.querySelectorAll('[data-mark]').length")
    slider = page.locator("input[type=range][aria-label=Epoch]")
    sizes = []
    for turn in range(6):
        for epoch in range(14):
            slider.fill(str(epoch))
            painted(page, "embedding", f"p.epoch === {epoch}")
        if turn in (1, 5):
            sizes.append(page.evaluate("document.querySelectorAll('*').length"))
    assert page.evaluate("document.querySelectorAll('[data-mark]').length") == marked > 5
    assert abs(sizes[1] - sizes[0]) < 50


def _no_point_is_cut_off_and_the_range_only_grows(page: Page) -> None:
    page.keyboard.press("Home")
    slider = page.locator("input[type=range][aria-label=Epoch]")
    widths = []
    for epoch in range(0, 14, 2):
        slider.fill(str(epoch))
        seen = painted(page, "embedding", f"p.epoch === {epoch} && !p.tweening")
        (x0, x1, y0, y1), (left, right, low, high) = seen["box"], seen["range"]
        assert left < x0 <= x1 < right, epoch
        assert low < y0 <= y1 < high, epoch
        widths.append(round(right - left, 6))
    assert widths == sorted(widths)


def _it_plays_backwards_at_any_speed(page: Page) -> None:
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.get_by_label("Speed", exact=True)).to_have_value("4")
    page.keyboard.press("Shift+Space")
    painted(page, "transport", "p.playing && p.direction === -1 && p.epoch <= 11")
    expect(page.get_by_role("button", name="Pause (Shift + Space)")).to_be_visible()
    page.keyboard.press("Space")  # turns round
    painted(page, "transport", "p.playing && p.direction === 1")
    page.get_by_role("button", name="Replay backwards").click()
    painted(page, "transport", "!p.playing && p.epoch === 0")  # it ends at the beginning
    page.get_by_label("Speed", exact=True).select_option("0.25")
    page.get_by_role("button", name="Replay backwards").click()
    painted(page, "transport", "p.playing && p.epoch === 13")  # and begins at the end
    page.get_by_role("button", name="Pause (Shift + Space)").click()
    painted(page, "transport", "!p.playing")


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["Box Select", "Lasso Select"])
def test_a_selection_stays_when_the_epoch_changes_and_goes_when_told(page, server, digits, tool):
    show(page, server, digits)
    box = plot(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # shows the tools
    page.locator(".st-key-embedding").get_by_role("button", name=tool).click()
    corners = [(0.2, 0.25), (0.75, 0.25), (0.75, 0.7), (0.2, 0.7)] if "Lasso" in tool else [(0.2, 0.25), (0.75, 0.7)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()
    chip = page.locator(".st-key-embedding .es-chip")
    expect(chip).to_contain_text(re.compile(r"^[\d,]+ selected"))
    said = chip.inner_text()
    assert 0 < int(re.sub(r"\D", "", said)) < 1797
    page.keyboard.press("Home")
    painted(page, "embedding", "p.epoch === 0")
    assert chip.inner_text() == said
    expect(page).to_have_url(re.compile("selected=points-13-"))
    page.reload()  # a link holds it
    expect(chip).to_contain_text(said.splitlines()[0])
    chip.get_by_role("button", name="Clear the selection").click()
    expect(chip).to_be_hidden()
    expect(page).not_to_have_url(re.compile("selected="))


def test_pictures_are_kept_replay_and_what_the_stage_does_not_know(page, server, digits):
    show(page, server, digits)
    _space_replays_and_pauses(page)
    page.keyboard.press("End")
    painted(page, "embedding", "p.epoch === 13 && !p.tweening")
    _pictures_are_kept_as_svg_and_png(page, digits)
    _what_the_stage_does_not_know_is_said_in_the_place_of_the_panel(page, digits)


def _pictures_are_kept_as_svg_and_png(page: Page, digits: str) -> None:
    def kept(panel: str, form: str) -> Path:
        page.locator(f".st-key-{panel} .es-plot").hover()
        with page.expect_download() as coming:
            page.locator(f".st-key-{panel}").get_by_role("button", name=f"Save this picture as {form}").click()
        assert coming.value.suggested_filename == f"{digits}-{NAMES[panel]}-epoch13.{form.lower()}"
        return Path(coming.value.path())

    picture = ElementTree.parse(kept("embedding", "SVG"))
    assert len(picture.findall(".//{*}circle")) == 1797 + 10  # and the key
    words = {
        text
        for element in picture.iter("{http://www.w3.org/2000/svg}text")
        if (text := "".join(element.itertext()).strip())
    }
    assert "first direction" in words
    caption = " ".join(text for text in words if text.startswith("PCA of the codes z"))
    assert "all 1,797 points" in caption
    assert "colors: true class" in caption
    assert any(text.startswith("DEC on Digits") and text.endswith("epoch 13 (cluster)") for text in words)
    with Image.open(kept("embedding", "PNG")) as image:
        shown = page.locator(".st-key-embedding .es-plot").bounding_box()
        assert image.width == 2 * round(shown["width"])
        assert image.height > 2 * shown["height"]
        assert len(image.convert("RGB").getcolors(1 << 24) or []) > 50
    lines = ElementTree.parse(kept("place3", "SVG"))
    assert len(lines.findall(".//{*}path[@class='js-line']")) == 3
    assert ElementTree.parse(kept("place0", "SVG")).find(".//{*}image") is not None  # a heat map is a bitmap


def _space_replays_and_pauses(page: Page) -> None:
    page.keyboard.press("Home")
    painted(page, "transport", "p.epoch === 0 && !p.playing")
    page.keyboard.press("Space")
    painted(page, "transport", "p.playing && p.epoch >= 2")
    page.keyboard.press("Space")
    painted(page, "transport", "!p.playing")


def _what_the_stage_does_not_know_is_said_in_the_place_of_the_panel(page: Page, digits: str) -> None:
    said = page.evaluate(UNKNOWN, [stage_url(), digits])
    words = (
        "panel",
        "panel",
        "list of numbers",
        "matrix",
        "scaled channel",
        "gray channel",
        "table of numbers",
        "color mode",
    )
    for (text, left), word in zip(said, words, strict=True):
        assert re.fullmatch(rf'The stage knows no {word} ".+"; it knows .+\.', text), text
        assert left == 0


@pytest.mark.slow
def test_a_feature_colors_the_points_by_number_or_name(page, server, digits, many):
    caption = page.locator(".st-key-embedding .es-caption")
    show(page, server, digits, "&color=feature-28")
    expect(caption).to_contain_text("colors: pixel 28 (row 3, column 4), from 0 to 1")
    before = still(plot(page))
    page.get_by_label("Feature", exact=True).fill("0")
    page.get_by_label("Feature", exact=True).press("Enter")
    expect(caption).to_contain_text("pixel 0 (row 0, column 0)")
    page.wait_for_url("**color=feature-0*")
    changed(plot(page), before)
    show(page, server, many, "&color=feature-9")
    expect(caption).to_contain_text("no feature 9, choose one from 0 to 1")
    page.get_by_label("Feature", exact=True).fill("0")
    page.get_by_label("Feature", exact=True).press("Enter")
    expect(caption).to_contain_text("colors: x, from")
    page.get_by_label("Feature", exact=True).fill("y")
    page.get_by_label("Feature", exact=True).press("Enter")
    expect(caption).to_contain_text("colors: y, from")


def test_five_thousand_points_move_smoothly(page, server, many):
    show(page, server, many, "&pca.points=5000")
    assert painted(page, "embedding", "p.n > 0")["n"] == 5000
    page.keyboard.press("Home")
    painted(page, "embedding", "p.epoch === 0 && !p.tweening")
    page.keyboard.press("Space")
    painted(page, "transport", "p.epoch >= 1")
    assert busy_per_frame(page, "embedding", 30) < 33  # 30 frames a second


@pytest.mark.slow
def test_one_screen_holds_it_all(browser, server, digits):
    """On a projector and on a desk, in light and dark; also where the window changes its size."""
    context = browser.new_context(viewport={"width": 1024, "height": 768}, color_scheme="dark")
    page = context.new_page()
    show(page, server, digits)
    for width, height, scheme in ((1024, 768, "dark"), (1440, 900, "dark"), (1440, 900, "light"), (1024, 768, "light")):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        painted(page, "embedding", "!p.tweening")
        fit_the_screen(page)
    context.close()


UNKNOWN = """async ([address, run]) => {
    const { mount } = await import(window.location.origin + "/" + address);
    const asked = [
        { kind: "pie" },
        { kind: "toString" },
        { kind: "bars", value: "weights" },
        { kind: "raster", value: "q-r", matrices: { q: {}, p: {} } },
        { kind: "grid", value: "q" },
        { kind: "pictures", value: "labels" },
        { kind: "lines", table: "weights" },
        { kind: "points", projection: "", color: "colour" },
    ];
    return asked.map((panel, i) => {
        const host = document.body.appendChild(document.createElement("div"));
        const data = { run, base: "", panel, name: `unknown${i}`, palette: ["#3f90da"] };
        const leave = mount({ parentElement: host, data });
        const said = host.innerText;
        leave();
        return [said, host.childElementCount];
    });
}"""
