"""More points than the browser has rows and edges of: bands of all rows, the density of all edges, trust."""

import numpy as np
import pytest
from epochscope import Recorder
from playwright.sync_api import Page, expect

from tests.support.browser import Server, painted, settled

N, NEIGHBORS = 3000, 8


@pytest.fixture(scope="module")
def clouds(server: Server) -> str:
    """A run of two epochs whose codes curl in four dimensions, with a graph; its id."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, N)
    middles = 3 * rng.normal(size=(4, 4))
    with pytest.MonkeyPatch.context() as here:
        here.setenv("EPOCHSCOPE_RUNS", str(server.runs))
        with Recorder("clouds", truth=truth, k=4, epochs=2) as recorder:
            for epoch in range(2):
                z = rng.normal(size=(N, 4)) + (1 + epoch) * middles[truth]
                q = 1 / (1 + ((z[:, None] - (1 + epoch) * middles[None]) ** 2).sum(axis=2))
                near = rng.integers(0, N, (N, NEIGHBORS))
                recorder.log(z=z, q=q / q.sum(axis=1, keepdims=True), losses={"loss": 1.0}, extra={"neighbors": near})
    assert recorder.run
    return recorder.run


def wheel(page: Page, panel: str, delta: int, times: int) -> None:
    box = page.locator(f".st-key-{panel} .es-plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(times):
        page.mouse.wheel(0, delta)


@pytest.mark.slow
def test_rows_edges_and_trust_of_every_point(page, server, clouds):
    page.goto(f"{server.url}/?run={clouds}&show=graph")
    settled(page)
    seen = painted(page, "q", f"p.n === {N} && !p.waits")
    words = page.locator(".st-key-place0 .es-rows")
    assert seen["rows"][:3] == [0, N, N]
    expect(words).to_contain_text(f"all {N:,} points; a pixel is")
    wheel(page, "place0", -400, 2)
    painted(page, "q", f"p.rows[1] - p.rows[0] < {N}")
    for _ in range(20):
        page.locator(".st-key-place0 .es-plot").press("+")
    seen = painted(page, "q", "p.rows[1] - p.rows[0] === 8 && !p.waits")
    first, last = seen["rows"][:2]
    expect(words).to_have_text(f"rows {first + 1:,}–{last:,} of {N:,}")
    page.keyboard.press("ArrowDown")
    painted(page, "q", f"p.rows[0] === {first + 2} && !p.waits")
    page.keyboard.press("Escape")
    painted(page, "q", f"p.rows[1] === {N} && !p.waits")

    notes = page.locator(".es-notes").first
    painted(page, "embedding", f"p.edgesInView === {N * NEIGHBORS}")
    expect(notes).to_contain_text(f"density of all {N * NEIGHBORS:,} edges")
    for _ in range(12):  # into a part with few edges
        wheel(page, "embedding", -300, 1)
        page.wait_for_function("() => !window.__epochscope.painted.embedding.tweening")
    few = painted(page, "embedding", "p.edgesInView > 0 && p.edgesInView < 20000")
    expect(notes).to_contain_text(f"{few['edges']:,} edges drawn: all with an end in view")

    page.get_by_label("Colors", exact=True).select_option("trust")
    expect(page.locator(".es-caption").first).to_contain_text("colors: trust")
    page.locator(".es-show").get_by_role("button", name="stretched", exact=True).click()
    painted(page, "embedding", "p.stretched !== null")
    expect(notes).to_contain_text("pairs of 15 nearest neighbors lie farther apart")
