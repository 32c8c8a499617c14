"""Runs in one HTML file, opened from the disk without a network: it looks and moves as the stage does."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from epochscope.portable.board import board
from epochscope.portable.content import shown_projections
from epochscope.portable.file import page_style, runs_file
from epochscope.portable.site import write_site
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.shown import provides
from epochscope.server import live
from epochscope.server.bundle import unpacked
from epochscope.server.routes import plotly_url
from epochscope.server.stage_files import stage_url
from playwright.sync_api import expect

from tests.support.browser import painted, trained
from tests.support.hostile import hostile_run
from tests.support.waiting import until

SMALL = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": 4, "cluster.tol": 0.0}
# The same board, with its data from the server.
LIVE = """async ([stage, plotly, style, run]) => {
    document.head.innerHTML = `<style>${style}</style>`;
    document.body.innerHTML = '<main><div id="place"></div></main>';
    document.documentElement.dataset.theme = "light";
    await (await import(stage)).ready;
    const { Board } = await import(new URL("hosts/board.js", stage).href);
    const { HEIGHTS } = await import(new URL("hosts/file.js", stage).href);
    new Board(document.getElementById("place"), { base: location.origin, plotly, heights: HEIGHTS }).show(run);
}"""
HASH = """() => {
    const [store] = window.__epochscope.stores.values();
    const frames = [...store.projections.values()][0].frames;
    const sum = (xy) => xy.reduce((sum, value, i) => sum + value * (1 + (i % 97)), 0);
    return [...frames.values()].map(({ epoch, xy }) => [epoch, sum([...xy])]);
}"""


@pytest.fixture
def offline(browser):
    """A page without a network that collects what goes wrong."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=True)
    opened, wrong = context.new_page(), []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture
def at_server(server, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(server.runs))


@pytest.mark.slow
@pytest.mark.usefixtures("at_server")
def test_a_file_shows_what_the_stage_shows(server, offline, page, tmp_path):
    run = Run(trained(server, RunSpec("digits", "dec", 10, 0, params=SMALL)))
    (tmp_path / "run.html").write_bytes(runs_file([run], PROGRAM))
    nothing_hovers(offline)
    offline.goto(f"file://{tmp_path}/run.html")
    last = len(run.epochs()) - 1
    painted(offline, "embedding", f"p.epoch === {last} && p.n === 1797 && !p.tweening")
    assert dict(map(tuple, offline.evaluate(HASH))) == {epoch: places(run, epoch) for epoch in range(last + 1)}
    from_server(server, page, run)
    for one in (offline, page):
        one.locator("main").evaluate("(main) => { main.style.width = '1100px'; }")
    looks_alike(offline, page, last)
    expect(offline.locator("[data-name=place0]")).to_contain_text("1,000 of 1,797 points")  # a sample of Q's rows
    expect(page.locator("[data-name=place0]")).to_contain_text("all 1,797 points")
    for one in (offline, page):  # scrubbing
        one.get_by_role("slider", name="Epoch").press("Home")
        one.get_by_role("slider", name="Epoch").press("ArrowRight")
    looks_alike(offline, page, 1)
    tools = offline.locator("[data-name=place1] .modebar")
    expect(tools).to_have_css("opacity", "0")  # they would lie on the figure
    offline.locator("[data-name=place1]").hover()
    expect(tools).to_have_css("opacity", "1")
    hover_and_choose(offline)
    expect(offline.locator("table")).to_contain_text("hidden layers")
    expect(offline.locator(".facts")).to_contain_text("1,797 points")


def nothing_hovers(page):
    """The browser says so, as some do without a mouse: Plotly shows its tools all the time then."""
    features = [{"name": name, "value": "none"} for name in ("hover", "any-hover")]
    page.context.new_cdp_session(page).send("Emulation.setEmulatedMedia", {"features": features})


def places(run, epoch):
    """A number that depends on the place of every point of an epoch."""
    (projection,) = shown_projections(run, PROGRAM)
    header, body = unpacked(live.bundle(run, epochs=len(run.epochs()), projection=projection.name, frames=0))
    start, size = next(line["at"] for line in header["frames"] if line["epoch"] == epoch)
    xy = np.frombuffer(body[start : start + size], "<i2").astype(np.int64)
    return int((xy * (1 + np.arange(len(xy)) % 97)).sum())


def from_server(server, page, run):
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(f"{server.url}/healthz")
    shown = board(run, provides(run), None, shown_projections(run, PROGRAM))
    page.evaluate(LIVE, [f"{server.url}/{stage_url()}", f"{server.url}/{plotly_url()}", page_style(), shown])


CANVAS = """(name) => {
    const canvas = document.querySelector(`[data-name=${name}] .es-canvas`);
    return [canvas.width, canvas.height, canvas.toDataURL()];
}"""


def looks_alike(offline, page, epoch):
    """Both have painted the epoch, with the same pixels."""
    for one in (offline, page):
        for panel in ("embedding", "q", "transport"):
            painted(one, panel, f"p.epoch === {epoch} && !p.tweening")
    until(lambda: offline.evaluate(CANVAS, "embedding") == page.evaluate(CANVAS, "embedding"))
    tiles = [one.locator(".es-tiles").inner_text() for one in (offline, page)]
    assert tiles[0] == tiles[1]


def hover_and_choose(page):
    """The tooltip has the picture of the point; another figure and other colors ask nobody."""
    points = page.locator("[data-name=embedding]")
    box = points.bounding_box()
    tip = points.locator(".es-tip")
    spots = iter([(x / 40, y / 40) for y in range(6, 34) for x in range(6, 34)])

    def found() -> bool:
        across, down = next(spots)
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return tip.is_visible()

    until(found)
    expect(tip).to_contain_text("class")
    assert "blob:" in tip.locator(".es-tip-tile").evaluate("(tile) => tile.style.backgroundImage")
    page.get_by_label("Colors", exact=True).select_option("mistakes")
    expect(points.locator(".es-legend")).to_contain_text("mistake")
    page.locator("[data-name=place1] select.es-title").select_option("sizes")
    painted(page, "sizes", "p.epoch === 1")


@pytest.mark.slow
@pytest.mark.usefixtures("at_server")
def test_nothing_in_a_run_becomes_script_and_two_runs_move_together(server, offline, tmp_path):
    runs = [hostile_run(), Run(trained(server, RunSpec("blobs", "dec", 3, 0, data={"n": 120}, params=SMALL)))]
    (tmp_path / "runs.html").write_bytes(runs_file(runs, PROGRAM))
    offline.goto(f"file://{tmp_path}/runs.html")
    painted(offline, "embedding0", "p.epoch === 2 && p.n === 60")
    painted(offline, "embedding1", f"p.epoch === {len(runs[1].epochs()) - 1} && p.n === 120")
    offline.keyboard.press("Home")
    painted(offline, "embedding0", "p.epoch === 0")
    painted(offline, "embedding1", "p.epoch === 0")
    painted(offline, "compare", "p.epoch === 0")
    offline.get_by_role("group", name="Runs").get_by_role("button").nth(1).click()
    painted(offline, "embedding", "p.epoch === 0 && p.n === 60")
    offline.locator("[data-name=embedding]").hover()
    expect(offline.locator(".notes").first).to_contain_text("<img src=x")
    assert offline.evaluate("() => [window.stolen, document.querySelectorAll('img[src=x]').length]") == [None, 0]


@pytest.fixture
def hosted(tmp_path):
    """A host of static files; yields its folder and its address."""
    folder = tmp_path / "site"
    serve = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    thread = threading.Thread(target=serve.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{serve.server_port}"
    serve.shutdown()
    serve.server_close()
    thread.join()


@pytest.mark.slow
@pytest.mark.usefixtures("at_server")
def test_a_site_needs_a_host_of_files_only(server, page, hosted):
    folder, address = hosted
    runs = [hostile_run(), Run(trained(server, RunSpec("digits", "dec", 10, 0, params=SMALL)))]
    write_site(runs, PROGRAM, folder, "<b>A course</b>")
    page.goto(address)
    expect(page.get_by_role("heading", name="<b>A course</b>")).to_be_visible()
    loaded = "(all) => all.every((one) => one.complete && one.naturalWidth > 0)"
    until(lambda: page.locator(".cards img").evaluate_all(loaded))
    page.locator(".cards a").nth(1).click()
    painted(page, "embedding", f"p.epoch === {len(runs[1].epochs()) - 1} && p.n === 1797")
    page.keyboard.press("Home")
    painted(page, "embedding", "p.epoch === 0 && !p.tweening")
    page.get_by_role("link", name="All runs").click()
    page.get_by_role("link", name="Compare these runs").click()
    painted(page, "embedding0", "p.epoch === 2 && p.n === 60")
    painted(page, "compare", "p.n > 0")
    assert page.evaluate("() => window.stolen") is None
