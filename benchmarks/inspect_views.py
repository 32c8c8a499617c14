"""How long every view of a stored run takes: `python -m benchmarks.inspect_views <run id>` (a run that is there).

The views of the Inspect page are drawn by Streamlit's own test driver, as a browser would have them drawn when the
cursor comes to rest: all of Python's part, from the files to the figures as JSON, and the page around them. So are the
Runs page (of `--listed` copies of the run, without its arrays) and the Compare page's computations. Then what the Train
page needs of one epoch: its channels packed, its picture, its message to the browser; a feature's colors; the exports.
First time and median of the others, in milliseconds of processor time (PCA: as the run has it, by the clock).
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from epochscope.exports import animation, archive, page, tables, tensorboard
from epochscope.exports.embedding import PCA
from epochscope.inspect.health import notes
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.library.catalog import entries
from epochscope.runs.library.compare import asked, band, numbers, settings, titles
from epochscope.runs.library.features import column
from epochscope.runs.library.history import History
from epochscope.runs.training.packing import Packer
from epochscope.runs.training.projection_frames import compute_frames
from epochscope.server import live, of_points
from epochscope.server.visitors import KEPT_AS
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
VIEWS = ("whole", "point", "cluster", "selection")
TIMES = 5


def _app() -> AppTest:
    """The app as a browser on this machine has it."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    test.user = {KEPT_AS: f"machine {'c' * 64}"}
    return test


def milliseconds(work: Callable[[], Any]) -> float:
    """The processor time of a call, which other programs on this machine hardly change."""
    began = time.process_time()
    work()
    return 1e3 * (time.process_time() - began)


def views(run: Run, repeats: int) -> dict[str, list[float]]:
    """Times of each view at different epochs, as the cursor would move."""
    test = _app().run()
    test.switch_page("pages/inspect.py").run()
    last = len(run.epochs()) - 1
    test.query_params["run"], test.query_params["view"], test.query_params["group"] = run.id, "cluster", "0"
    test.run()
    test.button(key="cluster-select").click().run()
    found = {}
    for view in VIEWS:
        found[view] = []
        for step in range(repeats):
            test.query_params["view"], test.query_params["epoch"] = view, str(last - step)
            found[view].append(milliseconds(test.run))
            assert not test.exception, (view, test.exception)
            assert not test.error, (view, test.error)
    return found


def reading(run: Run) -> dict[str, list[float]]:
    """Times of what is read once of every epoch, and of the findings."""
    history, info = History(run), run.info or {}
    facts = {"n": info["n"], "k": info["k"], "one_cluster": info["one_cluster"]}
    return {
        "labels of all epochs": [milliseconds(history.labels) for _ in range(4)],
        "spread at all epochs": [milliseconds(history.spreads) for _ in range(4)],
        "rows of Q of one point": [milliseconds(lambda: history.rows("q", 7)) for _ in range(4)],
        "findings": [
            milliseconds(
                lambda: notes(run.epochs(), spreads=history.spreads(), param_changes=run.param_changes(), **facts)
            )
            for _ in range(4)
        ],
    }


def each(work: Callable[[int], Any], times: int = TIMES) -> list[float]:
    """Times of a call with 0, 1, 2 ..."""
    return [milliseconds(lambda i=i: work(i)) for i in range(times)]


def stage(run: Run) -> dict[str, list[float]]:
    """What the Train page needs of one epoch: from its arrays to the bytes on the wire."""
    table, packer = run.epochs(), Packer()
    last = len(table) - 1
    compute_frames(run, PCA)
    lines = run.frames(PCA.name).lines()
    arrays = [
        {name: found for name in table[last - i]["has"] if (found := run.array(last - i, name)) is not None}
        for i in range(TIMES)
    ]
    whole = live.MESSAGE_BYTES
    return {
        "channels of an epoch packed": each(lambda i: packer(last - i, arrays[i])),
        f"PCA of an epoch ({len(table)} of them)": [1e3 * line["seconds"] for line in lines],
        "one epoch to the browser": each(
            lambda i: live.bundle(run, epochs=last - i, projection=PCA.name, frames=len(lines) - 1 - i)
        ),
        f"the first {whole / 1e6:.0f} MB to the browser": each(
            lambda _: live.bundle(run, epochs=0, projection=PCA.name, frames=0)
        ),
        "mistakes, entropy of an epoch": each(lambda i: of_points.point_colors(run, last - i)),
        "a feature at the drawn points": each(lambda i: column(run, i)),
    }


def compared(run: Run) -> dict[str, list[float]]:
    """The computations of the Compare page for four runs, and a band over ten."""
    table, specs = run.epochs(), [asked(run)] * 4
    number = next(iter(numbers([table]).values()))
    return {
        "compare: numbers, settings": each(lambda _: (numbers([table] * 4), settings(specs), titles(specs))),
        "compare: band over 10 seeds": each(lambda _: band([table] * 10, *number, seconds=False)),
        "compare: band by seconds": each(lambda _: band([table] * 10, *number, seconds=True)),
    }


def listed(run: Run, count: int) -> dict[str, list[float]]:
    """The Runs page of so many copies of the run, without their arrays."""
    before = os.environ.get("EPOCHSCOPE_RUNS")
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            to = Path(folder) / f"{run.id}-{i}"
            shutil.copytree(run.folder, to, ignore=shutil.ignore_patterns("arrays", "projections", "frames.bin"))
            (to / "frames.bin").touch()
        os.environ["EPOCHSCOPE_RUNS"] = folder
        try:
            assert runs_folder() == Path(folder)
            listing = each(lambda _: entries())
            test = _app().run()
            test.switch_page("pages/runs.py")
            drawn = each(lambda _: test.run())
            assert not test.exception, test.exception
        finally:
            os.environ.pop("EPOCHSCOPE_RUNS") if before is None else os.environ.update(EPOCHSCOPE_RUNS=before)
    return {f"list of {count} runs": listing, f"Runs page of {count} runs": drawn}


def exported(run: Run) -> dict[str, list[float]]:
    """Every file that can be taken away."""
    return {
        "export: CSV": each(lambda _: tables.csv([run]), 3),
        "export: Parquet": each(lambda _: tables.parquet([run]), 3),
        "export: page of an epoch": each(lambda _: page.page(run, PROGRAM), 3),
        "export: GIF": each(lambda _: animation.gif(run, PROGRAM), 2),
        "export: TensorBoard": each(lambda _: tensorboard.projector_zip(run), 2),
        "export: zip of the folder": each(lambda _: archive.pack([run], io.BytesIO()), 2),
    }


def main() -> None:
    """Prints one line a view."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--listed", type=int, default=200)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    run = Run(asked.run)
    info = run.info or {}
    print(f"{run.title}: {len(run.epochs())} epochs, {info['n']} points, {info['m']} drawn")
    parts = (
        lambda: reading(run),
        lambda: views(run, asked.repeats),
        lambda: stage(run),
        lambda: compared(run),
        lambda: listed(run, asked.listed),
        lambda: exported(run),
    )
    for part in parts:
        for name, times in part().items():
            print(f"{name:32s} first {times[0]:8.1f} ms   then {statistics.median(times[1:]):8.1f} ms", flush=True)


if __name__ == "__main__":
    main()
