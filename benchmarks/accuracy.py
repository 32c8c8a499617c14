"""All methods on all data sets with one preset: `EPOCHSCOPE_DATA=... python -m benchmarks.accuracy`.

Every method is trained with the preset that a stranger gets for data of their own, "recommended", the same rule for
every set, whatever labels say; five seeds. One seed of everything comes first, then the second, so that the table is
whole early. Each run is one process of the command line, and each finished one adds a line to bundled/results.jsonl,
which the Results page reads: scores, settings, versions, and measures that need no labels. What stands there with the
same settings is not run again, so the command may be stopped and called again at any time. A run that fails is written
down, is tried again by the next call, and stops nothing else; one that a method refuses (too many points) is written
down and never begun. Nothing is downloaded: a set whose files are missing is named and left out.

"At the start" means the clusters with which the clustering phase begins: for DEC and IDEC these are the result of
autoencoder + k-means with the same seed (a test says so). Seconds an epoch mean something where runs come one after the
other (`--jobs 1`); side by side (`--jobs 2`) each run has one thread. With `--remember` pretraining that another method
shares is done once for each seed: the scores are the same bit for bit, and no seconds are written down.

`--table` trains nothing: it prints what is there, ranks, and which measure without labels would have chosen well.
Other presets: `--preset minutes "quick demo"`, the first of these that a method has.
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
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import numpy as np
import torch
from epochscope.data import SOURCES
from epochscope.data.dataset_cache import dataset
from epochscope.formulas.agreement import Agreement
from epochscope.formulas.graph import nearest_in_pieces
from epochscope.formulas.label_free import sample_rows, silhouette
from epochscope.methods import METHODS
from epochscope.methods.base import RECOMMENDED, Size
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, known
from epochscope.runs.library.results import KEPT_LABELS, OURS, RESULTS, Result, append, asked, packed, read, rewrite
from epochscope.runs.library.trash import remove
from epochscope.runs.training.request import resolve
from epochscope.types import EpochscopeError

from benchmarks import accuracy_table

SETS = (
    "digits",
    "mnist",
    "fashion_mnist",
    "reuters_r8",
    "hapt561",
    "cifar10_features",
    "20newsgroups",
    "usps",
)
NEIGHBORS, WATCHED_POINTS = 10, 2000
_LIBRARIES = ("torch", "numpy", "scikit-learn")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what is missing, then prints the tables."""
    options = _parser().parse_args(arguments)
    try:
        if options.published:
            print(accuracy_table.of_published([one for one in read(options.results) if one.system == OURS]))
            return
        if not options.table:
            measure(requested(options), options)
        print(accuracy_table.tables(chosen(read(options.results), options)))
    except EpochscopeError as error:
        raise SystemExit(f"benchmarks.accuracy: {error}") from None


def chosen(results: Sequence[Result], options: argparse.Namespace) -> list[Result]:
    """Our results of these sets, methods, presets, seeds and flags; it needs no data."""
    flags = given(options.extra)

    def fits(result: Result) -> bool:
        values = {**{f"data.{name}": value for name, value in result.data.items()}, **result.params, "k": result.k}
        return (
            result.system == OURS
            and result.dataset in options.datasets
            and result.method in options.methods
            and result.preset in options.preset
            and result.seed < options.seeds
            and all(str(values[name]) == value for name, value in flags.items() if name in values)
        )

    return [result for result in results if fits(result)]


def requested(options: argparse.Namespace) -> list[RunSpec]:
    """All runs that are asked for, seeds first. Names sets that cannot be loaded, and leaves them out.

    Raises EpochscopeError for a preset or flag that does not exist.
    """
    there = []
    for data in options.datasets:
        try:
            points(data, json.dumps(data_values(data, options.extra)))
            there.append(data)
        except EpochscopeError as error:
            print(f"{data} is left out: {error}", file=sys.stderr)
    return [
        spec(data, method, seed, options.preset, options.extra)
        for seed in range(options.seeds)
        for data in there
        for method in options.methods
    ]


def measure(requests: Sequence[RunSpec], options: argparse.Namespace) -> None:
    """Trains what is missing."""
    environment = {**os.environ, "EPOCHSCOPE_OFFLINE": "1"}
    if not options.remember:
        environment["EPOCHSCOPE_PRETRAINED"] = "off"  # the seconds are to be those of all the work
    if options.jobs > 1:
        environment["OMP_NUM_THREADS"] = "1"
    if options.fresh:
        chosen = {replace(asked(spec, state=""), params={}).group for spec in requests}
        rewrite((r for r in read(options.results) if replace(r, params={}).group not in chosen), options.results)
    with tempfile.TemporaryDirectory() as folder:
        environment["EPOCHSCOPE_RUNS"] = os.environ["EPOCHSCOPE_RUNS"] = options.keep or folder
        how = {"keep": bool(options.keep), "timed": not options.remember, "environment": environment}
        one = partial(finish, path=options.results, limit=options.limit, **how)
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(one, requests))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", default=SETS, choices=SOURCES, metavar="KEY")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS, metavar="KEY")
    parser.add_argument("--seeds", type=int, default=5, help="runs have the seeds 0 to this, less one")
    parser.add_argument("--preset", nargs="+", default=[RECOMMENDED], metavar="TITLE", help="default: recommended")
    parser.add_argument("--table", action="store_true", help="train nothing, print what is there")
    parser.add_argument(
        "--published", action="store_true", help="train nothing, print what papers report of MNIST, too"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side")
    parser.add_argument("--limit", type=float, help="seconds a run may take; a longer one is written down as failed")
    parser.add_argument("--remember", action="store_true", help="share long pretraining between methods; no seconds")
    parser.add_argument("--fresh", action="store_true", help="forget the results of these methods on these data sets")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the run folders there; else they are deleted")
    parser.add_argument("extra", nargs="*", help="flags for every run, after --: --gamma 0.2 --data.n 5000 --k 20")
    return parser


def given(extra: Sequence[str]) -> dict[str, str]:
    """Values by name, from flags. Raises EpochscopeError where they are no pairs."""
    if len(extra) % 2 or not all(name.startswith("--") for name in extra[::2]):
        raise EpochscopeError(f"Flags for the runs must come in pairs --name value, but got {' '.join(extra)!r}.")
    return {name.removeprefix("--"): value for name, value in zip(extra[::2], extra[1::2], strict=True)}


def data_values(data: str, extra: Sequence[str]) -> dict[str, Any]:
    """The parameters of a data set, with those of the flags that it has; `--data.n` is for the sets that have it."""
    usual = known(SOURCES, data, "data set").params()
    flags = {name.removeprefix("data."): value for name, value in given(extra).items() if name.startswith("data.")}
    return usual.but({name: value for name, value in flags.items() if name != "n" or "n" in usual.flat()}).flat()


@cache
def points(data: str, values: str) -> Any:
    """A data set from what lies on this machine. Raises EpochscopeError where files are missing."""
    return dataset(data, json.loads(values), offline=True)


def spec(data: str, method: str, seed: int, presets: Sequence[str], extra: Sequence[str]) -> RunSpec:
    """The run that is asked for, with every value filled in; its preset is the first of these that the method has."""
    flags = given(extra)
    of_method = {name: value for name, value in flags.items() if name != "k" and not name.startswith("data.")}
    algorithm = known(METHODS, method, "method")
    titles = [each.title for each in algorithm.presets]
    title = next((preset for preset in presets if preset in titles), presets[-1])
    values = data_values(data, extra)
    here = points(data, json.dumps(values))
    k = int(flags.get("k") or len(here.class_names) or 10)
    params = algorithm.start(title, Size.of(here.x, k)).but(of_method).flat()
    return RunSpec(data, method, k, seed, values, params, title)


def finish(
    spec: RunSpec, *, path: Path, keep: bool, timed: bool, limit: float | None, environment: dict[str, str]
) -> None:
    """Trains a run and writes down its result, unless it stands there."""
    known_result = next((r for r in read(path) if r.settings == asked(spec, state="").settings), None)
    if known_result and known_result.state == "done":
        return
    found = refused(spec) or trained(spec, keep=keep, limit=limit, environment=environment)
    n, f = points(spec.dataset, json.dumps(spec.data)).x.shape
    found = replace(found, n=n, f=f, seconds=found.seconds if timed else None)
    if known_result and found.state == "failed" and found.message == known_result.message:
        return
    append(found, path)
    words = f"ACC {found.acc}, {found.epochs} epochs" if found.state == "done" else f"failed: {found.message}"
    print(f"{resolve(spec).title} ({spec.preset}): {words}", file=sys.stderr, flush=True)


def refused(spec: RunSpec) -> Result | None:
    """The result of a run that its method does not begin with such data; None if it does."""
    n, f = points(spec.dataset, json.dumps(spec.data)).x.shape
    try:
        METHODS[spec.method].params().but(spec.params).check(n=n, f=f, k=spec.k)
    except EpochscopeError as error:
        return asked(spec, state="failed", message=str(error))
    return None


def trained(spec: RunSpec, *, keep: bool, limit: float | None, environment: dict[str, str]) -> Result:
    """Runs the command line. Whatever becomes of it is a result; only a run stopped by somebody ends the benchmark."""
    flags = [f"--data.{name}={value}" for name, value in spec.data.items()]
    flags += [f"--{name}={value}" for name, value in spec.params.items()]
    request = ["--dataset", spec.dataset, "--method", spec.method, "--k", str(spec.k), "--seed", str(spec.seed)]
    command = [sys.executable, "-m", "epochscope", "run", *request, "--preset", spec.preset, "--json", *flags]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=limit)
    except TimeoutExpired:
        return asked(spec, state="failed", message=f"It took longer than {limit:g} seconds and was ended.")
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
    about["libraries"] = {name: version(name) for name in _LIBRARIES}
    if outcome["state"] != "done":
        found = asked(spec, state="failed", message=outcome["message"], **about)
    else:
        found = asked(spec, state="done", **scored(run, outcome), **label_free(run), **about)
    if not keep:
        remove(run, PROGRAM)
    return found


def scored(run: Run, outcome: dict[str, Any]) -> dict[str, Any]:
    """Scores of a finished run, at its end and at the start of its clustering, epochs and seconds."""
    start = next((line["scores"] for line in run.epochs() if "acc" in (line.get("scores") or {})), {})
    scores = {name: outcome[name] for name in ("acc", "nmi", "ari")}
    begun = {name: start[name] for name in scores if start.get(name) is not None}
    return {**scores, "start": begun, "epochs": outcome["epochs"], "seconds": outcome["training_seconds"]}


def label_free(run: Run) -> dict[str, Any]:
    """What needs no labels, of the last epoch of a run, and some of its clusters for comparisons with other runs."""
    last = len(run.epochs()) - 1
    labels, z = run.array(last, "labels"), run.array(last, "z")
    if labels is None:
        return {}
    labels = labels.astype(np.int64)
    apart = None if z is None else silhouette(z.astype(np.float32), labels[run.points()["index"]])
    judge = watched_neighbors(run.spec.dataset, json.dumps(run.spec.data))
    return {
        "silhouette": None if apart is None else round(apart, 4),
        "neighbors": round(judge.of(labels + 1), 4),  # a count of -1 would be none; those in no cluster are a part
        "labels": packed(labels[sample_rows(len(labels), KEPT_LABELS)]),
    }


@cache
def watched_neighbors(data: str, values: str) -> Agreement:
    """The ten nearest neighbors in the data of 2,000 points, the same for every run."""
    x = torch.from_numpy(np.array(points(data, values).x, dtype=np.float32))
    rows = torch.from_numpy(np.sort(sample_rows(len(x), WATCHED_POINTS)))
    pieces = nearest_in_pieces(x, min(NEIGHBORS, len(x) - 1), rows)
    return Agreement(rows, torch.cat([piece.j for piece in pieces]))


if __name__ == "__main__":
    main()
