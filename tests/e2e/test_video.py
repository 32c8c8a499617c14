"""Videos of a panel and of the whole stage: made by the browser, played back by it."""

import base64
from pathlib import Path

import pytest
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Download, Page, expect

from tests.support.browser import Server, painted, settled, trained

SMALL = {"net.widths": "16", "pretrain.epochs": 2, "cluster.epochs": 2, "cluster.tol": 0.0}
EPOCHS = 6
SPEED = 4
SECONDS = 0.5 + (EPOCHS - 1) * 0.5 / SPEED + 1.2

PLAYED = """async ([data, times]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const video = document.createElement("video");
  video.muted = true;
  video.src = URL.createObjectURL(new Blob([bytes]));
  await new Promise((done, fail) => {
    video.onloadeddata = done;
    video.onerror = () => fail(new Error(video.error.message));
  });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pictures = [];
  for (const time of times) {
    video.currentTime = time;
    await new Promise((done) => (video.onseeked = done));
    context.drawImage(video, 0, 0);
    pictures.push([...context.getImageData(0, 0, canvas.width, canvas.height).data]);
  }
  const differ = (a, b) => a.filter((value, i) => Math.abs(value - b[i]) > 40).length / a.length;
  const { duration, videoWidth: width, videoHeight: height } = video;
  const colors = new Set(pictures[0].map((value) => value >> 5)).size;
  return { duration, width, height, colors, moved: differ(pictures[0], pictures.at(-1)) };
}"""


@pytest.fixture(scope="module")
def digits(server: Server) -> str:
    """A run of six epochs."""
    return trained(server, RunSpec("digits", "dec", 10, 0, params=SMALL))


def played(page: Page, download: Download) -> dict:
    data = base64.b64encode(Path(download.path()).read_bytes()).decode()
    return page.evaluate(PLAYED, [data, [0.1, 1.6]])


def show(page: Page, server: Server, run: str) -> None:
    page.goto(f"{server.url}/?run={run}")
    settled(page)
    painted(page, "embedding", f"p.epoch === {EPOCHS - 1} && !p.tweening")
    painted(page, "scores", f"p.n === {EPOCHS}")
    page.get_by_label("Speed", exact=True).select_option(str(SPEED))


@pytest.mark.slow
def test_a_panel_and_the_stage_as_videos_that_play(page, server, digits):
    show(page, server, digits)
    plot = page.locator(".st-key-embedding .es-plot")
    plot.hover()
    with page.expect_download(timeout=180_000) as coming:
        page.locator(".st-key-embedding").get_by_role("button", name="Save a video").click()
        expect(page.locator(".es-film")).to_contain_text("Video")
    assert coming.value.suggested_filename == f"{digits}-embedding.webm"
    seen, box = played(page, coming.value), plot.bounding_box()
    assert seen["duration"] == pytest.approx(SECONDS, abs=0.05)
    assert seen["width"] == pytest.approx(2 * box["width"], abs=2)
    assert seen["height"] > 2 * box["height"]  # and words around it
    assert seen["colors"] > 3
    assert 0.0005 < seen["moved"] < 0.5  # the points have moved, the background has not
    painted(page, "embedding", f"p.epoch === {EPOCHS - 1}")  # and the cursor is back
    expect(page.locator(".es-film")).to_have_count(0)

    with page.expect_download(timeout=180_000) as coming:
        page.get_by_role("button", name="Save a video of all figures, as fast as they play").click()
    stage = played(page, coming.value)
    assert coming.value.suggested_filename == f"{digits}-stage.webm"
    assert stage["duration"] == pytest.approx(SECONDS, abs=0.05)
    assert stage["width"] > 1.5 * box["width"]
    assert stage["moved"] > 0.0005


@pytest.mark.slow
def test_without_an_encoder_the_recorder_makes_it_and_it_can_be_stopped(page, server, digits):
    page.add_init_script("delete window.VideoEncoder")
    show(page, server, digits)
    plot = page.locator(".st-key-embedding .es-plot")
    start = page.locator(".st-key-embedding").get_by_role("button", name="Save a video")
    plot.hover()
    start.click()
    page.get_by_role("button", name="Stop the video").click()
    expect(page.locator(".es-film")).to_have_count(0)
    painted(page, "embedding", f"p.epoch === {EPOCHS - 1}")
    plot.hover()
    with page.expect_download(timeout=180_000) as coming:
        start.click()
    seen = played(page, coming.value)
    assert seen["width"] == pytest.approx(2 * plot.bounding_box()["width"], abs=2)
    assert seen["moved"] > 0.0005
