"""The whole slice in a real browser: press Play, watch, move a slider, scrub, zoom, stop, come back."""

import re
import subprocess
import sys
import urllib.error
import urllib.request
from urllib.parse import urlparse

import pytest
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.server.bundle import unpacked
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.browser import ROOT, Server, painted, press, run_of, settled, stop, trained
from tests.support.waiting import until

QUICK = {"net.widths": "64-64", "pretrain.epochs": 8, "cluster.epochs": 12, "cluster.tol": 0.0}
LONG = "method=IDEC&idec.net.widths=64-64&idec.pretrain.epochs=5&idec.cluster.epochs=4000&idec.cluster.tol=0.0"


@pytest.fixture(scope="module")
def finished(server: Server) -> str:
    """A run of DEC on the digits with epochs 0 to 21; its id."""
    return trained(server, RunSpec("digits", "dec", 10, 0, params=QUICK))


def play(page: Page, server: Server, query: str) -> str:
    """Opens the page with these settings and presses Play; returns the run's id."""
    page.goto(f"{server.url}/?{query}")
    settled(page)
    press(page, "Play")
    return run_of(page)


def to_the_start(page: Page) -> None:
    page.locator("input[type=range][aria-label*=poch]").last.focus()
    page.keyboard.press("Home")


def frame_of(page: Page) -> bytes:
    return page.locator(".st-key-embedding canvas").first.screenshot()


def test_a_link_to_another_page_has_the_frame_around_it(page, server):
    """Also as the very first page that a browser asks for."""
    page.goto(f"{server.url}/data?data=Blobs")
    settled(page)
    expect(page.get_by_role("link", name="Train")).to_be_visible()
    expect(page.get_by_text("The data")).to_be_visible()


def test_press_play_watch_digits_and_reload(page, server):
    run = play(page, server, "dec.net.widths=64-64&dec.pretrain.epochs=10&dec.cluster.epochs=11&dec.cluster.tol=0.0")
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")  # it has made room
    first = painted(page, "embedding", "p.epoch !== null")["epoch"]
    painted(page, "embedding", f"p.epoch > {min(first + 1, 21)}")
    painted(page, "scores", "p.epoch >= 12")
    tile = page.locator(".es-tile", has_text="ACC")
    expect(tile).to_contain_text(re.compile(r"0\.\d{3}"))
    painted(page, "q", "p.n > 0")
    painted(page, "p", "p.n > 0")
    painted(page, "p-q", "p.n > 0")
    painted(page, "transport", "p.epoch === 22")
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    painted(page, "embedding", "p.epoch === 22 && !p.tweening")
    picture = frame_of(page)
    to_the_start(page)
    painted(page, "embedding", "p.epoch === 0 && !p.tweening")
    assert frame_of(page) != picture  # the points have moved
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("epoch=1"))
    page.reload()
    assert run in page.url
    painted(page, "embedding", "p.epoch === 1")
    painted(page, "transport", "p.epoch === 1 && p.n === 23")


def test_pause_step_change_gamma_stop_and_play_again(page, server, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(server.runs))
    first = play(page, server, LONG)
    run = Run(first)
    painted(page, "transport", "p.n >= 3")
    press(page, "Pause")
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    until(lambda: run.status["state"] == "paused")
    n = len(run.epochs())
    press(page, "Step")
    painted(page, "transport", f"p.n === {n + 1}")
    until(lambda: run.status["state"] == "paused")
    assert len(run.epochs()) == n + 1
    press(page, "Play")
    painted(page, "scores", "p.epoch >= 8")
    page.get_by_role("slider", name=re.compile("γ")).press("ArrowRight")
    marked = painted(page, "losses", "p.marks.length === 1")
    assert re.fullmatch(r"γ 0\.1 → 0\.\d+", marked["marks"][0]), marked
    stop(page)
    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    press(page, "Play")
    page.wait_for_url(lambda url: "run=" in url and first not in url)
    painted(page, "embedding", "p.epoch >= 1")
    stop(page)


def test_scrub_back_while_training_goes_on_and_zoom_survives(page, server):
    play(page, server, LONG)
    painted(page, "embedding", "p.epoch >= 8")
    box = page.locator(".st-key-embedding .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(4):
        left, right, *_ = painted(page, "embedding", "p.range")["range"]
        closer = f"p.range && p.range[1] - p.range[0] < {0.95 * (right - left)}"
        until(lambda closer=closer: turned(page, closer))
    zoomed = unmoved_range(page)
    epoch = painted(page, "embedding", "true")["epoch"]
    painted(page, "embedding", f"p.epoch >= {epoch + 2}")
    assert painted(page, "embedding", "p.range")["range"] == pytest.approx(zoomed)

    to_the_start(page)
    for panel in ("embedding", "scores", "q", "tiles", "sizes"):
        painted(page, panel, "p.epoch === 0")
    newest = painted(page, "transport", "p.n > 0")["n"]
    painted(page, "transport", f"p.n > {newest + 2} && p.epoch === 0")  # training goes on behind
    page.keyboard.press("ArrowRight")
    painted(page, "embedding", "p.epoch === 1")
    stop(page)


def turned(page: Page, closer: str) -> bool:
    """Turns the wheel once; whether that was seen. While Plotly lays out its axes anew it may miss a turn."""
    page.mouse.wheel(0, -300)
    try:
        return bool(painted(page, "embedding", closer, seconds=3))
    except PlaywrightTimeoutError:
        return False


def unmoved_range(page: Page) -> list[float]:
    """The range of the embedding's axes as soon as two frames in a row have the same."""
    last: list[float] = []

    def alike() -> bool:
        nonlocal last
        frames = painted(page, "embedding", "p.range")["frames"]
        before, last = last, painted(page, "embedding", f"p.frames > {frames}")["range"]
        return last == before

    until(alike)
    return last


@pytest.mark.slow
def test_another_projection_is_computed_when_chosen_and_one_that_cannot_be_says_why(page, server, finished):
    page.goto(f"{server.url}/?run={finished}")
    painted(page, "transport", "p.epoch === 21")
    page.get_by_text("Own axes", exact=True).first.click()
    expect(page.get_by_text(re.compile("two dimensions|2-D|2 dimensions"))).to_be_visible()
    page.get_by_text("t-SNE", exact=True).first.click()
    painted(page, "embedding", "p.epoch === 21 && p.n === 1797 && p.frames > 0")
    expect(page.locator(".st-key-embedding .es-caption")).to_contain_text("t-SNE")


@pytest.mark.slow
def test_a_run_of_the_command_line_is_watchable_while_it_goes(page, server):
    command = [sys.executable, "-m", "epochscope", "run"]
    command += ["--net.widths", "500-500-2000", "--pretrain.epochs", "400", "--json"]
    before = set(server.runs.glob("*/epochs.jsonl"))
    process = subprocess.Popen(command, cwd=ROOT, env=server.environment, stdout=subprocess.PIPE, text=True)
    try:
        new = until(lambda: set(server.runs.glob("*/epochs.jsonl")) - before)
        page.goto(f"{server.url}/?run={new.pop().parent.name}")
        first = painted(page, "embedding", "p.epoch >= 1")["epoch"]
        painted(page, "embedding", f"p.epoch >= {first + 3}")
        expect(page.get_by_text("view only")).to_be_visible()
    finally:
        process.terminate()
        process.wait()


def test_bundles_of_a_finished_run(server, finished):
    with urllib.request.urlopen(f"{server.url}/api/runs/{finished}/bundle?epochs=20&frames=0&projection=") as answer:
        header, body = unpacked(answer.read())
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert [line["epoch"] for line in header["epochs"]] == [20, 21]
    offset, size = header["epochs"][0]["at"]["labels"]
    assert size == 1797
    assert max(body[offset : offset + size]) < 10


@pytest.mark.parametrize(
    "path",
    [
        "nope/info",
        "nope/bundle",
        "nope/sprites-0.png",
        "nope/neighbors?epoch=0&point=0",
        "nope/neighbors",
        "nope/bundle?projection=../x",
        "nope/bundle?epochs=-1",
    ],
)
def test_addresses_that_lead_nowhere(server, path):
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(f"{server.url}/api/runs/{path}")
    assert answer.value.code == 404
    assert "Traceback" not in answer.value.read().decode()


def test_a_foreign_page_gets_neither_socket_nor_files(server):
    host = urlparse(server.url).netloc
    with pytest.raises(InvalidStatus):
        connect(f"ws://{host}/api/runs/x/live", origin="http://evil.example")


@pytest.mark.slow
def test_a_run_that_waits_for_others_says_so_and_begins(page, server):
    """Two runs train at a time; a third one waits in the queue."""
    addresses = []
    for _ in range(3):
        play(page, server, LONG)
        addresses.append(page.url)
    expect(page.get_by_text("Waiting for another run to end").first).to_be_visible()
    for address in addresses[:2]:
        page.goto(address)
        painted(page, "transport", "p.n >= 1")
        stop(page)
    page.goto(addresses[2])
    painted(page, "embedding", "p.epoch >= 1")
    stop(page)
