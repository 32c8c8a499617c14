"""ACC, NMI and ARI of methods on data sets over several seeds: `python -m benchmarks.accuracy --datasets digits mnist`.

Each run is one process of the command line. Each finished run adds a line to bundled/results.jsonl, which the Results
page reads; what stands there already with the same settings is not run again, so a benchmark that was interrupted goes
on where it was. A run that fails is written down as failed, is tried again by the next call, and stops nothing else.

"At the start" means the clusters with which the clustering phase begins: for DEC and IDEC these are the result of
autoencoder + k-means with the same seed (a test says so). Seconds an epoch mean something where runs come one after the
other (`--jobs 1`); side by side (`--jobs 2`) each run has one thread. With `--remember` pretraining that another method
shares is done once for each seed: the scores are the same bit for bit, and no seconds are written down.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from epochscope.data import SOURCES
from epochscope.data.dataset_cache import dataset
from epochscope.formulas.dispersion import median_range
from epochscope.methods import METHODS
from epochscope.methods.base import Size
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, known
from epochscope.runs.library.results import RESULTS, Result, append, asked, read, rewrite
from epochscope.runs.library.trash import remove
from epochscope.runs.training.request import resolve
from epochscope.types import EpochscopeError

PRESETS = {"mnist": "minutes", "fashion_mnist": "minutes"}
"""The preset for a data set, for the methods that have it; else the first one, a quick demo."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one markdown row for each method and data set as soon as its seeds are done."""
    options = _parser().parse_args(arguments)
    environment = dict(os.environ)
    if not options.remember:
        environment["EPOCHSCOPE_PRETRAINED"] = "off"  # the seconds are to be those of all the work
    if options.jobs > 1:
        environment["OMP_NUM_THREADS"] = "1"
    try:
        requests = {
            (data, method): [spec(data, method, seed, options.preset, options.extra) for seed in range(options.seeds)]
            for data in options.datasets
            for method in options.methods
        }
    except EpochscopeError as error:
        raise SystemExit(f"benchmarks.accuracy: {error}") from None
    if options.fresh:
        chosen = requests.keys()
        rewrite((r for r in read(options.results) if (r.dataset, r.method) not in chosen), options.results)
    print(
        "| data | method | preset | acc at the start | nmi at the start | acc | nmi | ari | epochs | seconds an epoch |"
    )
    print("|---" * 10 + "|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        environment["EPOCHSCOPE_RUNS"] = os.environ["EPOCHSCOPE_RUNS"] = options.keep or folder
        how = {"keep": bool(options.keep), "timed": not options.remember, "environment": environment}
        one = partial(result, path=options.results, **how)
        for specs in requests.values():
            with ThreadPoolExecutor(options.jobs) as pool:
                print(row(list(pool.map(one, specs))), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", default=["digits"], choices=SOURCES, metavar="KEY")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS, metavar="KEY")
    parser.add_argument("--seeds", type=int, default=5, help="runs have the seeds 0 to this, less one")
    parser.add_argument("--preset", help="default: the one for the data set (PRESETS), else the method's first")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side")
    parser.add_argument("--remember", action="store_true", help="share long pretraining between methods; no seconds")
    parser.add_argument("--fresh", action="store_true", help="forget the results of these methods on these data sets")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the run folders there; else they are deleted")
    parser.add_argument("extra", nargs="*", help="flags for every run, after --: --gamma 0.2 --data.n 5000 --k 20")
    return parser


def spec(data: str, method: str, seed: int, preset: str | None, extra: Sequence[str]) -> RunSpec:
    """The run that is asked for, with every value filled in."""
    if len(extra) % 2 or not all(name.startswith("--") for name in extra[::2]):
        raise EpochscopeError(f"Flags for the runs must come in pairs --name value, but got {' '.join(extra)!r}.")
    given = {name.removeprefix("--"): value for name, value in zip(extra[::2], extra[1::2], strict=True)}
    of_data = {name.removeprefix("data."): value for name, value in given.items() if name.startswith("data.")}
    of_method = {name: value for name, value in given.items() if name != "k" and not name.startswith("data.")}
    algorithm = known(METHODS, method, "method")
    titles = [each.title for each in algorithm.presets]
    title = preset or PRESETS.get(data, "")
    title = title if preset or title in titles else titles[0]
    values = known(SOURCES, data, "data set").params().but(of_data).flat()
    points = dataset(data, values)
    k = int(given.get("k") or len(points.class_names) or 10)
    params = algorithm.start(title, Size.of(points.x, k)).but(of_method).flat()
    return RunSpec(data, method, k, seed, values, params, title)


def result(spec: RunSpec, *, path: Path, keep: bool, timed: bool, environment: dict[str, str]) -> Result:
    """The result of a run: from the file where it stands there, else trained now and written down."""
    wanted = asked(spec, state="").settings
    for known_result in read(path):
        if known_result.settings == wanted and known_result.state == "done":
            return known_result
    found = trained(spec, keep=keep, environment=environment)
    found = found if timed else replace(found, seconds=None)
    append(found, path)
    words = f"ACC {found.acc}, {found.epochs} epochs" if found.state == "done" else f"failed: {found.message}"
    print(f"{resolve(spec).title} ({spec.preset}): {words}", file=sys.stderr, flush=True)
    return found


def trained(spec: RunSpec, *, keep: bool, environment: dict[str, str]) -> Result:
    """Runs the command line. Whatever becomes of it is a result; only a run stopped by somebody ends the benchmark."""
    flags = [f"--data.{name}={value}" for name, value in spec.data.items()]
    flags += [f"--{name}={value}" for name, value in spec.params.items()]
    request = ["--dataset", spec.dataset, "--method", spec.method, "--k", str(spec.k), "--seed", str(spec.seed)]
    command = [sys.executable, "-m", "epochscope", "run", *request, "--preset", spec.preset, "--json", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    try:
        outcome: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return asked(spec, state="failed", message=f"The program ended with code {done.returncode}: {last[:300]}")
    if outcome["state"] == "stopped":
        raise KeyboardInterrupt
    run = Run(outcome["run"])
    made = (run.info or {}).get("made_with", {})
    about = {"device": made.get("device", ""), "threads": made.get("threads", 0), "version": made.get("epochscope", "")}
    table = run.epochs()
    start = next((line["scores"] for line in table if "acc" in (line.get("scores") or {})), {})
    if not keep:
        remove(run, PROGRAM)
    if outcome["state"] != "done":
        return asked(spec, state="failed", message=outcome["message"], **about)
    numbers = {"epochs": outcome["epochs"], "seconds": outcome["training_seconds"]}
    scores = {name: outcome[name] for name in ("acc", "nmi", "ari")}
    begun = {name: start[name] for name in scores if start.get(name) is not None}
    return asked(spec, state="done", start=begun, **scores, **numbers, **about)


def row(results: Sequence[Result]) -> str:
    """Median (lowest to highest) over the seeds that came to an end."""
    done = [each for each in results if each.state == "done"]
    one = results[0]
    head = f"| {one.dataset} | {one.method} | {one.preset} |"
    if not done:
        return f"{head} all {len(results)} failed: {one.message} |"
    cells = [[each.start.get(name) for each in done] for name in ("acc", "nmi")]
    cells += [[getattr(each, name) for each in done] for name in ("acc", "nmi", "ari")]
    epochs = median_range(each.epochs for each in done).median
    seconds = words([each.seconds / each.epochs for each in done if each.epochs and each.seconds is not None], 2)
    failed = f" {len(results) - len(done)} of {len(results)} failed |" if len(done) < len(results) else ""
    return f"{head} {' | '.join(map(words, cells))} | {epochs:.0f} | {seconds} |{failed}"


def words(values: Sequence[float | None], digits: int = 3) -> str:
    """median (lowest to highest)"""
    found = [value for value in values if value is not None]
    return "{0:.{d}f} ({1:.{d}f} to {2:.{d}f})".format(*median_range(found), d=digits) if found else "-"


if __name__ == "__main__":
    main()
