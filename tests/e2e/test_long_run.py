"""A run that one message cannot hold: the epoch of the cursor is painted first, the others arrive behind it."""

from collections.abc import Callable

import pytest
from epochscope.projections import PROJECTIONS
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Server, painted, trained

EPOCHS = 150
PLAN = {"net.widths": "8", "pretrain.epochs": 1, "cluster.epochs": EPOCHS - 3, "cluster.tol": 0.0}


@pytest.fixture(scope="module")
def long(server: Server) -> str:
    """A run of more bytes than one message carries, with its PCA frames; its id."""
    run = trained(server, RunSpec("blobs", "idec", 3, 0, data={"n": 5000}, params=PLAN))
    with pytest.MonkeyPatch.context() as here:
        here.setenv("EPOCHSCOPE_RUNS", str(server.runs))
        compute_frames(Run(run), ProjectionSpec("pca", PROJECTIONS["pca"].params().flat()))
    return run


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
