"""A stranger installs the wheel, with a package of their own that is called core, and has everything.

See conftest.py for what the environment shares with this checkout: the dependencies, and nothing of epochscope.
"""

from __future__ import annotations

import ast
import json
import re
import signal
import socket
import sys
import zipfile
from email.parser import HeaderParser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.signals import ctrl_c_counts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FOLDERS = {
    "api",
    "app",  # the app's script, its pages, its settings
    "bundled",
    "cards",
    "classroom",
    "cli",
    "data",
    "exports",
    "figures",
    "formulas",
    "futures",
    "inspect",
    "integrations",
    "labs",
    "methods",
    "nets",
    "notebook",
    "portable",
    "projections",
    "runs",
    "server",
    "stage",
    "sweeps",
    "testing",
    "tours",
    "ui",
}
OPTIONAL = {"h5py", "anywidget", "traitlets", "IPython"}  # with the extras h5 and notebook, or where it is one
OPTIONAL |= {"lightning", "transformers", "keras"}  # whose callbacks are used where they are
OPTIONAL |= {"distributed"}  # with the extra sweep
RECORDER = """
import sys
import epochscope
assert not {"torch", "numpy"} & sys.modules.keys()
from epochscope import Recorder
import numpy as np
z = np.random.default_rng(0).normal(size=(50, 3))
with Recorder("my loop", x=z, truth=np.arange(50) % 2, k=2) as rec:
    for epoch in range(3):
        rec.log(z=z + epoch, labels=np.arange(50) % 2, losses={"loss": 1.0 / (epoch + 1)})
print(rec.run)
print(epochscope.__file__)
"""


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_it_holds_the_package_and_what_ships_and_nothing_else(wheel: Path) -> None:
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB")
    names = names_in(wheel)
    assert {name.split("/")[0] for name in names} == {
        "epochscope",
        wheel.name.replace("-py3-none-any.whl", ".dist-info"),
    }
    assert {name.split("/")[1] for name in names if name.count("/") > 1 and name.startswith("epochscope/")} == FOLDERS
    assert {name for name in names if name.endswith((".png", ".gif", ".zip"))} == {
        "epochscope/bundled/icon.png",
        "epochscope/bundled/runs.zip",
    }
    catalogs = {name for name in names if name.startswith("epochscope/bundled/messages/")}
    assert len(catalogs) == 8  # four of each language; what they were made of does not ship
    assert all(name.endswith(".mo") for name in catalogs)
    strange = re.compile(r"node_modules|package.*\.json|/tests?/|\.test\.|\.pyc|benchmarks")
    assert not [name for name in names if strange.search(name)]
    assert wheel.stat().st_size < 7e6  # of which the runs of the tours are 4.6 MB


def test_it_declares_what_it_imports(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sources = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")]
        metadata = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
    imported: set[str] = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported.add(node.module.split(".")[0])
    needed = HeaderParser().parsestr(metadata).get_all("Requires-Dist") or []
    declared = {_name(re.split(r"[^\w.-]", line)[0]) for line in needed if "extra ==" not in line}
    of = packages_distributions()
    missing = {
        module
        for module in imported - sys.stdlib_module_names - OPTIONAL - {"epochscope"}
        if not {_name(one) for one in of.get(module, [module])} & declared
    }
    assert missing == set()


def _name(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_the_checkout_is_out_of_sight(stranger) -> None:
    done = stranger.run("python", "-c", "import epochscope, sys; print(epochscope.__file__); import core")
    assert Path(done.stdout.strip()).is_relative_to(stranger.bin.parent)
    assert "this is a stranger's package" in done.stderr


def test_the_command_line_does_everything(stranger, tmp_path: Path) -> None:
    assert stranger.run("python", "-m", "epochscope", "--version").stdout == "epochscope 0.1.0\n"
    command = ["run", "--dataset", "digits", "--method", "kmeans", "--restarts", "2", "--json"]
    done = stranger.run("epochscope", *command)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["state"] == "done"
    assert result["acc"] > 0.5
    listed = json.loads(stranger.run("epochscope", "list", "--json").stdout)
    assert result["run"] in [one["run"] for one in listed["runs"]]
    assert listed["problems"] == []
    archive = str(tmp_path / "runs.zip")
    assert stranger.run("epochscope", "export", result["run"], "--to", archive).returncode == 0
    assert stranger.run("epochscope", "delete", result["run"]).stdout.split() == [result["run"]]
    again = stranger.run("epochscope", "delete", result["run"])
    assert again.returncode == 2
    assert again.stderr.startswith("epochscope: ")
    imported = stranger.run("epochscope", "import", archive)
    assert imported.returncode == 0, imported.stderr
    (back,) = imported.stdout.split()
    assert back.startswith(result["run"])  # and more: the run in the trash may still come back under its own id


def test_a_loop_of_their_own_is_recorded(stranger) -> None:
    (stranger.work / "loop.py").write_text(RECORDER)
    done = stranger.run("python", "loop.py")
    assert done.returncode == 0, done.stderr
    run, place = done.stdout.split()
    assert Path(place).is_relative_to(stranger.bin.parent)
    assert run in stranger.run("epochscope", "list").stdout


def test_a_port_that_is_taken(stranger) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = stranger.run("epochscope", "--no-browser", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == (f"epochscope: Port {port} is taken; choose another with --port, or 0 for any free one.\n")


def test_ctrl_c_ends_it_in_order(stranger) -> None:
    with ctrl_c_counts(), stranger.app() as (_, process):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 130
    output = (stranger.work / "app.log").read_text()
    assert "Traceback" not in output
    assert "mail" not in output


def test_the_app_in_a_browser(stranger, wheel: Path, context: BrowserContext, page: Page) -> None:
    """Every page and every lab; a run is trained and painted; the tours' runs and the results are there."""
    with stranger.app() as (url, _):
        page.goto(f"{url}/?dec.net.widths=64-64&dec.pretrain.epochs=3&dec.cluster.epochs=4&dec.cluster.tol=0.0")
        _settled(page)
        page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Play", exact=True).first.click()
        _painted(page, "embedding", "p.epoch === 8")
        _painted(page, "q", "p.n > 0")
        page.goto(f"{url}/?run=tour-dec&epoch=8")
        _painted(page, "embedding", "p.epoch === 8 && p.n === 1797")
        pages = sorted(Path(name).stem for name in names_in(wheel) if re.search(r"/app/pages/\w+\.py$", name))
        assert len(pages) == 17
        for name in pages:
            page.goto(f"{url}/{name}" if name != "train" else url)
            _settled(page)
            expect(page.get_by_test_id("stException")).to_have_count(0)
            if name.startswith("lab_"):
                page.wait_for_function("() => Object.keys(window.__epochscope?.painted ?? {}).length > 0")
        page.goto(f"{url}/results")
        _settled(page)
        results = page.get_by_test_id("stMainBlockContainer")
        expect(results).to_contain_text("Measured here")
        expect(results.get_by_test_id("stTable").filter(has_text="DEC").first).to_be_visible()
        page.goto("about:blank")
        output = (stranger.work / "app.log").read_text()
    assert "Traceback" not in output, output[-2000:]


def _settled(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def _painted(page: Page, panel: str, claim: str) -> None:
    look = f"() => {{ const p = window.__epochscope?.painted?.['{panel}']; return p && ({claim}); }}"
    page.wait_for_function(look)
