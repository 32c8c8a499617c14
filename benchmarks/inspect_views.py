"""How long the views of the Inspect page take: `python -m benchmarks.inspect_views <run id>` (a run that is there).

Each view is drawn by Streamlit's own test driver, as a browser would have it drawn when the cursor comes to rest: all
of Python's part, from the files to the figures as JSON, and the page around them. First time and median of the others,
in milliseconds of one processor core.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.inspect.health import notes
from core.runs.history import History
from core.runs.store import Run

ROOT = Path(__file__).parents[1]
VIEWS = ("whole", "point", "cluster", "selection")


def milliseconds(work) -> float:
    """The processor time of a call, which other programs on this machine hardly change."""
    began = time.process_time()
    work()
    return 1e3 * (time.process_time() - began)


def views(run: Run, repeats: int) -> dict[str, list[float]]:
    """Times of each view at different epochs, as the cursor would move."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
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
            milliseconds(lambda: notes(run.epochs(), spreads=history.spreads(), marks=run.marks(), **facts))
            for _ in range(4)
        ],
    }


def main() -> None:
    """Prints one line a view."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    run = Run(asked.run)
    info = run.info or {}
    print(f"{run.spec.title}: {len(run.epochs())} epochs, {info['n']} points, {info['m']} drawn")
    for name, times in {**reading(run), **views(run, asked.repeats)}.items():
        print(f"{name:24s} first {times[0]:7.1f} ms   then {statistics.median(times[1:]):7.1f} ms")


if __name__ == "__main__":
    main()
