"""A run that one message cannot hold: the epoch of the cursor is painted first, the others arrive behind it."""

from collections.abc import Callable

import numpy as np
import pytest
from epochscope import Recorder
from epochscope.projections import PROJECTIONS
from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Server, painted

EPOCHS = 150


@pytest.fixture(scope="module")
def long(server: Server) -> str:
    """A run of more bytes than one message carries, with its PCA frames; its id."""
    truth = np.arange(5000) % 3
    near, ends = np.random.default_rng(0).normal(size=(5000, 4)), np.eye(4)[truth]
    with pytest.MonkeyPatch.context() as here:
        here.setenv("EPOCHSCOPE_RUNS", str(server.runs))
        with Recorder("a long loop", x=near, truth=truth, k=3, epochs=EPOCHS) as recorder:
            for epoch in range(EPOCHS):
                z = near + 6 * (epoch / EPOCHS) * ends
                q = np.exp(z[:, :3]) / np.exp(z[:, :3]).sum(axis=1, keepdims=True)
                recorder.log(z=z, q=q, p=ends[:, :3], losses=1 / (1 + epoch))
        compute_frames(Run(recorder.run), ProjectionSpec("pca", PROJECTIONS["pca"].params().flat()))
    return recorder.run


@pytest.fixture
def let_go(page: Page) -> Callable[[], None]:
    """Requests for the epochs in their turn wait until the test calls this."""
    held: list[Route] = []
    holding = True

    def answer(route: Route) -> None:
        if holding:
            held.append(route)
        else:
            route.continue_()

    def release() -> None:
        nonlocal holding
        holding = False
        for route in held:
            route.continue_()

    page.route(lambda url: "/bundle?" in url and "&at=" not in url, answer)
    return release


@pytest.mark.slow
@pytest.mark.parametrize("shown", [EPOCHS - 1, 50])
def test_the_epoch_of_the_cursor_is_painted_before_the_others_are_there(page, server, long, let_go, shown):
    page.goto(f"{server.url}/?run={long}" + (f"&epoch={shown}" if shown < EPOCHS - 1 else ""))
    painted(page, "embedding", f"p.epoch === {shown} && p.n > 0")
    painted(page, "transport", f"p.n === 2 && p.epoch === {shown}")
    loaded = page.get_by_text(f"2 of {EPOCHS} loaded")
    expect(loaded).to_be_visible()
    let_go()
    painted(page, "transport", f"p.n === {EPOCHS} && p.epoch === {shown}")
    painted(page, "scores", f"p.n === {EPOCHS}")
    expect(page.locator(".es-loaded")).to_be_hidden()
    page.keyboard.press("Home")
    painted(page, "embedding", "p.epoch === 0")
