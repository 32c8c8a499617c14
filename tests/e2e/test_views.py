"""Everything a method may show, in a real browser: it is drawn, it follows the cursor, and runs without it survive."""

import json
import os
import re

import pytest
from epochscope import methods
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import (
    Server,
    busy_per_frame,
    changed,
    fit_the_screen,
    painted,
    serving,
    settled,
    still,
    trained,
)
from tests.support.showcase import SHOWCASE

pytestmark = pytest.mark.slow
LAUNCHER = ("-c", "from tests.support import showcase; showcase.register(); from streamlit.web import cli; cli.main()")
DEC = {"net.widths": "16", "pretrain.epochs": 2, "cluster.epochs": 2, "cluster.tol": 0.0}
LAST = 7  # epoch 0 is pretraining, 1 to 7 are clustering


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """A server that knows the showcase method; this process knows it, too, to record its runs."""
    folder = tmp_path_factory.mktemp("show")
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_DATA": str(folder / "data")}
    environment["EPOCHSCOPE_OFFLINE"] = "1"
    methods.METHODS["showcase"] = SHOWCASE
    try:
        with serving(folder, environment, LAUNCHER) as url:
            yield Server(url, folder / "runs", environment)
    finally:
        del methods.METHODS["showcase"]
    output = (folder / "log").read_text()
    assert "Traceback" not in output, output[-3000:]


def showcase(show: Server, data: str = "digits", k: int = 10, values: dict | None = None, **params) -> str:
    return trained(show, RunSpec(data, "showcase", k, 0, data=values or {}, params={"epochs": LAST - 1, **params}))


@pytest.fixture(scope="module")
def digits(show: Server) -> str:
    return showcase(show)


@pytest.fixture(scope="module")
def plain(show: Server) -> str:
    """A run of a method that shows less, on data without pictures."""
    return trained(show, RunSpec("blobs", "dec", 3, 0, data={"n": 300}, params=DEC))


def look(page: Page, server: Server, run: str, more: str = "", epoch: int = LAST) -> None:
    page.goto(f"{server.url}/?run={run}{more}")
    settled(page)
    painted(page, "embedding", f"p.epoch === {epoch} && !p.tweening")


def home(page: Page) -> None:
    page.keyboard.press("Home")
    painted(page, "embedding", "p.epoch === 0 && !p.tweening")


def canvas(page: Page, place: str) -> Locator:
    return page.locator(f".st-key-{place} canvas").first


SIXES = [
    ["pi", "pi-q", "field", "measures", "mixing", "graph"],
    ["affinity", "samples", "decoded_centers", "entropy", "force", "changed"],
    ["reconstructions", "cross_reconstructions", "q", "scores", "losses", "sizes"],
]


@pytest.mark.parametrize("keys", SIXES, ids=["first", "second", "third"])
def test_each_figure_is_drawn_follows_the_cursor_and_waits_where_there_is_nothing(page, show, digits, keys):
    look(page, show, digits, "&figures=" + ".".join(keys))
    last = {key: painted(page, key, f"p.epoch === {LAST} && p.n > 0")["n"] for key in keys}
    assert all(last.values())
    now = [still(canvas(page, f"place{place}")) for place in range(6)]
    home(page)
    page.keyboard.press("ArrowRight")  # the first epoch of clustering
    for key in keys:
        painted(page, key, "p.epoch === 1 && p.n > 0")
    for place, before in enumerate(now):
        changed(canvas(page, f"place{place}"), before)
    page.keyboard.press("Home")
    for key in keys:
        painted(page, key, "p.epoch === 0")
    for place, key in enumerate(keys):
        if page.evaluate(f"window.__epochscope.painted['{key}'].kind") != "lines":
            expect(page.locator(f".st-key-place{place} .es-note")).to_contain_text("in this phase")


def test_pictures_are_scaled_by_whole_pixels(page, show, digits):
    look(page, show, digits, "&figures=decoded_centers.samples.reconstructions")
    for key, tiles in (("decoded_centers", 10), ("samples", 50), ("reconstructions", 12)):
        seen = painted(page, key, "p.zoom >= 1")  # the first paint may come before the layout is final
        assert (seen["n"], seen["zoom"] % 1) == (tiles, 0)


def chip(page: Page, name: str):
    return page.locator(".es-show").get_by_role("button", name=name, exact=True)


OVERLAYS = {
    "graph": "p.edges > 10000",
    "ellipses": "p.ellipses === 10",
    "pull": "p.arrows > 50",
    "paths": "p.path === 7",
}


def test_each_overlay_is_laid_over_the_points_and_taken_away(page, show, digits):
    look(page, show, digits)
    for name, claim in OVERLAYS.items():
        page.keyboard.press("End")
        painted(page, "embedding", f"p.epoch === {LAST} && !p.tweening")
        bare = still(canvas(page, "embedding"))
        chip(page, name).click()
        expect(chip(page, name)).to_have_attribute("aria-pressed", "true")
        painted(page, "embedding", f"p.shows?.includes('{name}') && {claim}")
        changed(canvas(page, "embedding"), bare)
        home(page)
        if name != "paths":
            expect(page.locator(".es-notes")).to_contain_text(f"no {name} in this phase")
        page.keyboard.press("End")
        painted(page, "embedding", f"p.epoch === {LAST} && {claim}")
        page.wait_for_url(re.compile(f"show=.*{name}"))
    page.reload()
    for left, name in reversed(list(enumerate(OVERLAYS))):
        painted(page, "embedding", f"p.shows?.includes('{name}')")
        chip(page, name).click()
        painted(page, "embedding", f"p.shows?.length === {left}")


def test_a_graph_says_how_much_of_it_is_drawn(page, show, digits):
    look(page, show, digits, "&show=graph")
    expect(page.locator(".es-notes")).to_contain_text("17,970 of 17,970 edges drawn, between drawn points")
    before = still(canvas(page, "embedding"))
    page.get_by_label("Colors", exact=True).select_option("cluster")
    expect(page.locator(".es-notes")).to_contain_text("between clusters")
    changed(canvas(page, "embedding"), before)


def test_regions_exist_only_where_the_plane_is_the_space_of_the_codes(page, show, digits):
    look(page, show, digits)
    expect(chip(page, "paths")).to_be_visible()
    expect(chip(page, "regions")).to_have_count(0)
    look(page, show, digits, "&projection=Raw&show=regions")
    bare_less = painted(page, "embedding", "p.shows?.includes('regions')")
    assert bare_less["n"] == 1797


def test_an_overlay_that_needs_a_linear_projection_says_so(page, show, digits):
    page.goto(f"{show.url}/?run={digits}&projection=t-SNE&show=ellipses")
    settled(page)
    expect(chip(page, "ellipses")).to_be_disabled()
    expect(chip(page, "ellipses")).to_have_attribute("title", re.compile("t-SNE is not linear.*choose PCA"))
    expect(chip(page, "graph")).to_be_enabled()


def test_the_picked_point_shows_its_neighbors(page, show, digits):
    look(page, show, digits)
    page.evaluate("[...window.__epochscope.stores.values()][0].pick(7)")
    near = page.locator(".es-neighbors")
    expect(near).to_be_visible()
    tiles = near.locator(".es-neighbor-list button")
    expect(tiles).to_have_count(10)
    expect(tiles.first.locator("i")).to_have_attribute("style", re.compile("sprites"))
    weights = [float(text) for text in tiles.locator("b").all_inner_texts()]
    assert weights == sorted(weights, reverse=True)
    assert 0.95 < sum(weights) < 1.05
    js = tiles.locator("span").all_inner_texts()
    page.keyboard.press("ArrowLeft")
    painted(page, "embedding", f"p.epoch === {LAST - 1}")
    page.wait_for_function(
        "(old) => [...document.querySelectorAll('.es-neighbor-list span')].map((e) => e.textContent).join() !== old",
        arg=",".join(js),
    )
    near.get_by_role("button", name="Deselect the point").click()
    expect(near).to_be_hidden()


def test_another_figure_can_be_chosen_and_stays_after_a_reload(page, show, digits):
    look(page, show, digits)
    title = page.locator(".st-key-place2 .es-title")
    title.select_option("samples")
    painted(page, "samples", "p.n > 0")
    page.wait_for_url(re.compile(r"figures=\.\.samples"))
    page.reload()
    painted(page, "samples", "p.n > 0")
    expect(page.locator(".st-key-place2 .es-title")).to_have_value("samples")
    there = page.locator(".st-key-place0 .es-title").input_value()
    page.locator(".st-key-place0 .es-title").select_option("samples")  # it moves, and what was there makes way
    expect(page.locator(".st-key-place2 .es-title")).to_have_value(there)
    expect(page.locator(".st-key-place0 .es-title")).to_have_value("samples")


def test_one_measure_at_a_time_is_shown_and_can_be_chosen(page, show, digits):
    look(page, show, digits, "&figures=....measures")
    painted(page, "measures", "p.n > 0")
    choice = page.get_by_label("Measure", exact=True)
    expect(choice).to_have_value("temperature")
    before = still(page.locator(".st-key-place4 .es-plot"))
    choice.select_option("entropy of q")
    changed(page.locator(".st-key-place4 .es-plot"), before)


def test_a_run_that_shows_less_offers_less(page, show, plain):
    look(page, show, plain, "&figures=samples.field.nope&show=graph.ellipses.nope", epoch=5)
    chips = set(page.locator(".es-show button").all_inner_texts())
    assert {"paths", "stretched"} <= chips <= {"paths", "pull", "stretched"}
    keys = set(page.locator(".st-key-place0 .es-title option").evaluate_all("all => all.map((one) => one.value)"))
    assert {"q", "p", "p-q", "scores", "losses", "sizes", "changed", "entropy"} <= keys
    assert not {"samples", "field", "pi", "graph", "mixing", "decoded_centers"} & keys  # the data are no pictures
    painted(page, "q", "p.n > 0")
    page.evaluate("[...window.__epochscope.stores.values()][0].pick(7)")
    frames = painted(page, "embedding", "p.frames > 0")["frames"]
    home(page)
    painted(page, "embedding", f"p.frames > {frames}")  # it has been painted with the point picked
    expect(page.locator(".es-neighbors")).to_be_hidden()


def test_a_run_recorded_before_there_were_extras_is_still_shown(page, show):
    run = trained(show, RunSpec("blobs", "dec", 3, 1, data={"n": 300}, params=DEC))
    folder = show.runs / run
    lines = [json.loads(line) for line in (folder / "epochs.jsonl").read_text().splitlines()]
    for line in lines:
        for key in ("held", "measures", "entropy"):
            line.pop(key, None)
    (folder / "epochs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    info = json.loads((folder / "info.json").read_text())
    info.pop("decodes")
    (folder / "info.json").write_text(json.dumps(info))
    look(page, show, run, epoch=5)
    painted(page, "sizes", "p.n === 3")
    home(page)


def test_a_collapse_is_seen(page, show):
    run = showcase(show, collapses=True)
    look(page, show, run)
    expect(page.locator(".es-tile", has_text="used clusters")).to_contain_text("1 of 10")
    expect(page.locator(".es-tile", has_text="used clusters")).to_contain_text("9 unused")
    painted(page, "scores", "p.levels?.includes('all in one cluster')")


def test_a_failed_run_says_so_beside_its_last_pictures(page, show):
    run = showcase(show, fails_at=4)
    look(page, show, run, epoch=4)
    sentence = page.locator(".es-state-text")
    expect(sentence).to_have_text("NaN in W at epoch 4: alpha is too large for these distances; lower alpha.")
    box = sentence.bounding_box()
    assert page.evaluate("(e) => e.scrollHeight <= e.clientHeight + 1", sentence.element_handle())
    assert box["height"] < 30
    painted(page, "q", "p.n > 0")


def test_two_thousand_points_with_twenty_neighbors_move_smoothly(page, show):
    run = showcase(show, "blobs", 3, {"n": 2000}, neighbors=20)
    look(page, show, run, "&show=graph")
    painted(page, "embedding", "p.edges === 40000")  # a sample at first
    home(page)
    page.keyboard.press("Space")
    painted(page, "transport", "p.epoch >= 1")
    assert busy_per_frame(page, "embedding", 20) < 33  # 30 frames a second


def test_one_screen_holds_it_all_whatever_is_chosen(page, show, digits):
    for figures in ("", "decoded_centers.samples.field.measures.mixing.entropy"):
        page.set_viewport_size({"width": 1440, "height": 900})
        look(page, show, digits, f"&show=graph.ellipses.pull&color=confidence&figures={figures}")
        for width, height in ((1440, 900), (1024, 768)):
            page.set_viewport_size({"width": width, "height": height})
            fit_the_screen(page)
            page.wait_for_function(WHOLE)


# Nothing is cut off: neither the words under the points nor a curve.
WHOLE = """() => {
    const fits = (e, by) => e.scrollHeight <= e.clientHeight + by;
    const caption = document.querySelector(".st-key-embedding .es-caption");
    const curves = [...document.querySelectorAll(".es-curves")];
    return fits(caption, 1) && caption.scrollWidth <= caption.clientWidth + 1 && curves.every((e) => fits(e, 2));
}"""
