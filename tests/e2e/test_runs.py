"""The Runs page in a real browser: a run is stopped and continued, exported, deleted and brought back."""

import contextlib
import json
import zipfile

from epochscope.exports.page import page as exported
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from playwright.sync_api import Page, expect

from tests.support.browser import Server, painted, press, run_of, settled, still, stop, trained
from tests.support.waiting import until

SMALL = {"net.widths": "32", "pretrain.epochs": 3, "cluster.epochs": 4}


def pick_first_row(page: Page) -> None:
    """The table is a canvas: its boxes are found by their place, which may move until the page is settled. Its rows in
    words, which nobody sees, say at once whether a click has met one.
    """
    row = page.locator(".st-key-runs-wide [data-testid=stDataFrame] canvas [role=row][aria-rowindex='2']")

    def ticked() -> bool:
        box = page.locator(".st-key-runs-wide [data-testid=stDataFrame]").bounding_box()
        page.mouse.click(box["x"] + 18, box["y"] + 37 + 18)
        with contextlib.suppress(AssertionError):
            expect(row).to_have_attribute("aria-selected", "true", timeout=5000)
            return True
        return False

    still(page.locator(".st-key-runs-wide [data-testid=stDataFrame]"))
    until(ticked)
    expect(page.get_by_role("button", name="Open in Train")).to_be_enabled()


def test_a_stopped_run_goes_on_under_the_eyes_of_its_viewer(page: Page, server: Server):
    page.goto(f"{server.url}/?data=digits&method=dec&dec.pretrain.epochs=400")
    settled(page)
    press(page, "Play")
    painted(page, "transport", "p.n > 3")
    stop(page)
    page.get_by_role("button", name="Continue", exact=True).wait_for()
    run = server.runs / run_of(page)
    before = (run / "epochs.jsonl").read_bytes()
    count = before.count(b"\n")
    page.get_by_role("button", name="Continue", exact=True).click()
    painted(page, "transport", f"p.n > {count}")
    stop(page)
    page.get_by_role("button", name="Continue", exact=True).wait_for()
    assert (run / "epochs.jsonl").read_bytes().startswith(before)


def test_export_delete_and_undo(page: Page, server: Server, tmp_path):
    run = trained(server, RunSpec("digits", "dec", 10, 77, params=SMALL))
    page.goto(f"{server.url}/runs?find=seed+77")
    settled(page)
    pick_first_row(page)
    page.get_by_role("button", name="Export").click()
    for label, magic in (
        ("Embedding, GIF", b"GIF89a"),
        ("Run folder, zip", b"PK"),
        ("Figures, HTML", b"<!doctype"),
        ("One page, HTML", b"<!doctype"),
    ):
        with page.expect_download() as told:
            page.get_by_role("button", name=label).click()
        told.value.save_as(tmp_path / "file")
        assert (tmp_path / "file").read_bytes().startswith(magic)
        if magic == b"PK":
            with zipfile.ZipFile(tmp_path / "file") as file:
                assert json.loads(file.read(f"{run}/run.json"))["spec"]["seed"] == 77
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete this run").click()
    page.get_by_role("button", name="Undo delete").wait_for()
    assert not (server.runs / run).exists()
    page.get_by_role("button", name="Undo delete").click()
    expect(page.get_by_role("button", name="Undo delete")).to_have_count(0)
    assert (server.runs / run / "run.json").exists()


def test_an_exported_page_draws_every_figure_without_a_network(page: Page, server: Server, tmp_path, monkeypatch):
    run = trained(server, RunSpec("digits", "dec", 10, 78, params=SMALL))
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(server.runs))
    (tmp_path / "page.html").write_text(exported(Run(run), PROGRAM))
    page.context.set_offline(True)
    page.goto(f"file://{tmp_path}/page.html")
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert page.locator(".js-plotly-plot").count() == 7
    assert (
        page.evaluate("document.querySelectorAll('.js-plotly-plot .scatterlayer path.point').length") == 1797 + 10
    )  # centers
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
