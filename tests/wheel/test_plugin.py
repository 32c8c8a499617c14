"""The example of a plugin package, installed beside the wheel; and packages whose plugins do not work."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
CONTRACT = """
from epochscope.testing import check_method
from epochscope.methods import METHODS
check_method(METHODS["minibatch_kmeans"], {"epochs": 5})
"""


@pytest.fixture(scope="module")
def extended(wheel: Path, build, install, tmp_path_factory):
    """Somebody who has installed the wheel and the example."""
    folder = tmp_path_factory.mktemp("extended")
    return install(folder, [wheel, build(ROOT / "examples" / "plugin", folder / "dist")])


def test_the_method_keeps_the_contract(extended) -> None:
    done = extended.run("python", "-c", CONTRACT)
    assert done.returncode == 0, done.stderr


def test_it_is_used_like_what_is_built_in(extended, page: Page) -> None:
    """A run on the command line; its page offers the figure, which draws a number for each epoch."""
    flags = ["--dataset", "spirals", "--data.turns", "1", "--method", "minibatch_kmeans", "--epochs", "6", "--k", "2"]
    done = extended.run("epochscope", "run", *flags, "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["epochs"] == 8  # the start, the starting centers, six epochs
    with extended.app() as (url, _):
        page.goto(f"{url}/?run={run['run']}&figures=...mean_entropy")
        page.wait_for_function("() => window.__epochscope?.painted?.mean_entropy?.epoch > 0")
        expect(page.get_by_text("Nothing recorded yet.")).to_have_count(0)
        expect(page.get_by_text("mean entropy of a row, nats").first).to_be_visible()
        page.goto(f"{url}/methods?card=Mini-batch k-means")
        expect(page.get_by_text("Web-scale k-means clustering").first).to_be_visible()
        page.goto(f"{url}/data?data=Two spirals")
        expect(page.get_by_text("Two spirals around each other").first).to_be_visible()
        page.goto("about:blank")


def test_a_broken_plugin_is_one_sentence_and_the_rest_is_there(
    wheel: Path, install, tmp_path: Path, page: Page
) -> None:
    folder = install(tmp_path, [wheel])
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder.bin.parent)}))
    info = packages / "wrecked-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrecked\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[epochscope.methods]\nsunk = wrecked:METHOD\n")
    (packages / "wrecked.py").write_text("import a_module_that_is_not_there\n")
    listed = folder.run("epochscope", "list")
    sentence = (
        "The method sunk of the package wrecked is left out: it cannot be loaded (ModuleNotFoundError: No module named "
        "'a_module_that_is_not_there'). Update or remove that package."
    )
    assert listed.stderr.splitlines() == [f"epochscope: {sentence}"]
    assert "minutes" in listed.stdout
    with folder.app() as (url, _):
        page.goto(f"{url}/methods")
        expect(page.get_by_text("The method sunk of the package wrecked is left out").first).to_be_visible()
        expect(page.get_by_text("Deep embedded clustering").or_(page.get_by_text("k-means")).first).to_be_visible()
        page.goto("about:blank")
