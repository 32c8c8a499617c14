"""How cost grows with points, clusters and neighbors: `python -m benchmarks.growth`.

Each row is one training of a few epochs in a process of its own, on made-up groups: what an epoch of clustering (and of
pretraining) costs in processor seconds, the most memory that the process held beyond what it held before, bytes on the
disk for an epoch, and seconds until the first picture (start to the frame of its first epoch). Processor seconds, since
others may use the machine; one thread. After each series the slope of every column on log axes, over its upper part: 1
is linear.

`--vary n K J` chooses series, `--most N` limits n, `--features F` says how many the data of the series over n have, and
`--memory GB` leaves out what would need more. A row that fails says why. `--json FILE` adds a line for each row.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from epochscope.methods import METHODS
from epochscope.rights import PROGRAM
from epochscope.runs.format.disk import folder_bytes
from epochscope.runs.format.external import KEY
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.epoch_recorder import Recorded
from epochscope.runs.training.given import described
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import Derivation, ProjectionSpec
from epochscope.runs.training.writer import RunWriter
from epochscope.types import Dataset

QUICK = {"net.widths": "64", "pretrain.epochs": 3, "pretrain.batch": 1024, "cluster.epochs": 3, "cluster.batch": 1024}
QUICK |= {"cluster.tol": 0.0, "restarts": 1, "cluster.restarts": 1, "epochs": 4, "graph.J": 10}
"""Few epochs, and one start of k-means: what is measured is one epoch, not how many it takes."""

_COPIES = 14  # of the data and of n x k arrays, that a training holds at most; an estimate, for what is left out
_NUMBERS = ("epoch_s", "pretrain_s", "memory_mb", "disk_kb", "picture_s")
_FROM = 10  # of a series only points within this factor of its largest count for the slope


class Case(NamedTuple):
    """One training."""

    method: str
    n: int
    f: int = 32
    k: int = 10
    j: int = 10


FEATURES = (32, 784)


def cases(vary: Sequence[str], most: int, features: Sequence[int] = FEATURES) -> Iterator[list[Case]]:
    """The series, each with one number that grows; those over n for data with each of these numbers of features."""
    up = [size for size in (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000) if size <= most]
    if "n" in vary:
        for f in features:
            for method in ("kmeans", "ae_kmeans", "dec"):
                yield [Case(method, n, f) for n in up]
    if "K" in vary:
        for method in ("kmeans", "dec"):
            yield [Case(method, 20_000, k=k) for k in (3, 10, 30, 100, 300, 1000)]
    if "J" in vary:
        yield [Case("dgg", 5_000, j=j) for j in (5, 10, 20, 50, 100)]


def points(case: Case) -> Dataset:
    """Groups of points, normally distributed about k places."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, case.k, case.n)
    x = rng.standard_normal((case.n, case.f), np.float32)
    x += 3 * rng.standard_normal((case.k, case.f), np.float32)[truth]
    names = tuple(map(str, range(case.k)))
    return Dataset(key=KEY, title="groups", x=x, truth=truth, class_names=names, scaling="none", likelihood="real")


class _Watch:
    """Notes what each epoch cost, and makes the picture of the first one."""

    def __init__(self, run: Run) -> None:
        self.run, self.began = run, time.process_time()
        self.picture = 0.0
        self.at: list[tuple[str, float, int]] = []  # phase, processor seconds, bytes on the disk

    def __call__(self, recorded: Recorded) -> None:
        """Called after each epoch."""
        self.at.append((recorded.snapshot.phase, time.process_time(), folder_bytes(self.run.folder)))
        if len(self.at) == 1:
            derivation = Derivation(self.run, ProjectionSpec("pca", {}))
            derivation.step()
            derivation.close()
            self.picture = time.process_time() - self.began
            self.at[0] = (recorded.snapshot.phase, time.process_time(), folder_bytes(self.run.folder))

    def an_epoch(self, phase: str) -> float:
        """Median processor seconds of the epochs of a phase but its first, in which much is done for the first time."""
        pairs = zip(self.at, self.at[1:], strict=False)
        spent = [after[1] - before[1] for before, after in pairs if before[0] == after[0] == phase]
        return median(spent[1:] or spent) if spent else 0.0

    @property
    def disk(self) -> float:
        """Median bytes that an epoch adds."""
        return median(after[2] - before[2] for before, after in zip(self.at, self.at[1:], strict=False))


def measured(case: Case) -> dict[str, float | str]:
    """Trains one case in this process."""
    data = points(case)
    known = METHODS[case.method].params().flat()
    params = {name: value for name, value in (QUICK | {"graph.J": case.j}).items() if name in known}
    writer = RunWriter(RunSpec(KEY, case.method, case.k, 0, described(data), params), PROGRAM)
    run = Run(writer.id)
    watch, before = _Watch(run), _most_memory()
    train(writer, Control(), given=data, observe=watch)
    if run.status["state"] != "done":
        return {"failed": run.status["message"]}
    return {
        "epoch_s": watch.an_epoch("cluster"),
        "pretrain_s": watch.an_epoch("pretrain"),
        "memory_mb": (_most_memory() - before) / 1e6,
        "disk_kb": watch.disk / 1e3,
        "picture_s": watch.picture,
    }


def _most_memory() -> int:
    """The most bytes that this process held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _child(case: Case, answer: Any) -> None:
    try:
        answer.send(measured(case))
    except MemoryError:
        answer.send({"failed": "not enough memory"})


def alone(case: Case, context: Any) -> dict[str, float | str]:
    """As `measured`, in a process that ends afterwards."""
    here, there = context.Pipe()
    process = context.Process(target=_child, args=(case, there))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        return {"failed": "its process was ended: not enough memory, perhaps"}
    finally:
        process.join()


def needed(case: Case) -> float:
    """An estimate of the memory of a case, in GB."""
    return 4e-9 * case.n * (_COPIES * case.k + 5 * case.f) + 0.5


def slope(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Slope of y over x on log axes, over the upper part of the series; None for fewer than two points above 0."""
    pairs = [(math.log(x), math.log(y)) for x, y in zip(xs, ys, strict=True) if y > 0 and x * _FROM >= max(xs)]
    if len({x for x, _ in pairs}) < 2:
        return None
    return float(np.polyfit([x for x, _ in pairs], [y for _, y in pairs], 1)[0])


def row(case: Case, found: dict[str, float | str]) -> str:
    """One row of the table."""
    head = f"| {case.method} | {case.n:,} x {case.f} | {case.k:,} | {case.j if case.method == 'dgg' else '-'} |"
    if "failed" in found:
        return f"{head} {found['failed']} |"
    return f"{head} {' | '.join(f'{float(found[name]):.3g}' if found[name] else '-' for name in _NUMBERS)} |"


def series(rows: Sequence[Case], one: Callable[[Case], dict[str, float | str]], memory: float) -> Iterator[str]:
    """The rows of a series as they are measured, then its slopes."""
    done: list[tuple[Case, dict[str, Any]]] = []
    for case in rows:
        if needed(case) > memory:
            yield row(case, {"failed": f"left out: about {needed(case):.0f} GB"})
            continue
        found = one(case)
        if "failed" not in found:
            done.append((case, found))
        yield row(case, found)
    grown = next(name for name in ("n", "k", "j") if len({getattr(case, name) for case in rows}) > 1)
    xs = [float(getattr(case, grown)) for case, _ in done]
    slopes = [slope(xs, [found[name] for _, found in done]) for name in _NUMBERS] if done else []
    words = ["-" if one is None else f"{round(one, 2) + 0:.2f}" for one in slopes]
    yield f"| | slope over {grown} | | | {' | '.join(words)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vary", nargs="+", choices=("n", "K", "J"), default=["n", "K", "J"])
    parser.add_argument("--most", type=int, default=1_000_000, help="largest number of points")
    parser.add_argument("--features", nargs="+", type=int, default=FEATURES, help="of the series over n")
    parser.add_argument("--memory", type=float, default=24.0, help="GB that one training may need")
    parser.add_argument("--methods", nargs="+", default=[], help="only these")
    parser.add_argument("--json", type=Path, help="add a line for each row to this file")
    options = parser.parse_args(arguments)
    context = multiprocessing.get_context("forkserver")  # imports torch once
    context.set_forkserver_preload(["epochscope.runs.training.manager", "sklearn.cluster"])
    print("| method | points | K | J | s an epoch | s, of pretraining | MB | kB an epoch | s to a picture |")
    print("|---" * 9 + "|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"EPOCHSCOPE_PRETRAINED": "off", "EPOCHSCOPE_RUNS": folder, "OMP_NUM_THREADS": "1"}

        def one(case: Case) -> dict[str, float | str]:
            found = alone(case, context)
            if options.json:
                with options.json.open("a") as file:
                    file.write(json.dumps({**case._asdict(), **found}) + "\n")
            return found

        for rows in cases(options.vary, options.most, options.features):
            if not options.methods or rows[0].method in options.methods:
                for line in series(rows, one, options.memory):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
