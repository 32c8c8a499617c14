"""Many seeds as one computation against one seed alone: `python -m benchmarks.futures`.

A: one run, as the app makes it: trained in full (no pretraining that is kept from a run before) and recorded. B: so
many members as futures, as the app makes them, recorded as futures are. Neither has the start of Python and imports.
A B A B ...: what counts are the ratios B / A, of seconds and, where others use the machine, of seconds of the
processors. Beside it the least that is possible: nothing but the products of all layers and the optimizer, of all
members on all cores; and how far the members are from the runs alone: epochs, codes, labels.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from epochscope.data.dataset_cache import dataset
from epochscope.futures.store import Futures
from epochscope.futures.training import futures_writer
from epochscope.futures.training import train as train_futures
from epochscope.methods import METHODS
from epochscope.methods.base import Size
from epochscope.nets.device import cores
from epochscope.nets.pretraining_cache import without_pretraining_cache
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.types import Snapshot

from benchmarks.futures_profile import floor, profile, steps_of


class Cost(NamedTuple):
    """Seconds by the clock, and of all processors."""

    clock: float
    processors: float


def now() -> Cost:
    """Both clocks."""
    return Cost(time.perf_counter(), time.process_time())


def since(began: Cost) -> Cost:
    """What was used since then."""
    return Cost(*(end - start for end, start in zip(now(), began, strict=True)))


def alone(spec: RunSpec) -> tuple[Cost, list[Snapshot]]:
    """What one run costs, and its snapshots."""
    seen: list[Snapshot] = []
    writer, began = RunWriter(spec, PROGRAM), now()
    with without_pretraining_cache():  # members have none
        train(writer, Control(), observe=lambda recorded: seen.append(recorded.snapshot))
    cost = since(began)
    status = Run(writer.id).status
    if status["state"] != "done":
        raise RuntimeError(status["message"])
    return cost, seen


def together(spec: RunSpec, count: int) -> tuple[Cost, list[list[Snapshot]], Futures]:
    """What so many members cost, and the snapshots of each."""
    seen: list[list[Snapshot]] = [[] for _ in range(count)]
    writer, began = futures_writer(spec, range(count), None, PROGRAM), now()
    train_futures(writer, Control(), observe=lambda i, snapshot: seen[i].append(snapshot))
    cost, futures = since(began), Futures(writer.id)
    if futures.status["state"] != "done" or futures.status["message"]:
        raise RuntimeError(futures.status["message"])
    return cost, seen, futures


def apart(one: list[Snapshot], other: list[Snapshot]) -> dict[str, float]:
    """How far two recordings of one seed are from each other."""
    first, last = 1, min(len(one), len(other)) - 1

    def codes(epoch: int) -> float:
        return float(np.abs(one[epoch].z - other[epoch].z).max() / np.abs(one[epoch].z).max())

    a, b = one[last].labels, other[last].labels
    same = float(np.mean(a == b)) if a is not None and b is not None else float("nan")
    return {"epochs": len(one) - len(other), "codes, first": codes(first), "codes, last": codes(last), "labels": same}


def main() -> None:
    """Prints the ratios and the differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--method", default="dec", help="comma-separated")
    parser.add_argument("--members", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="where the time goes, and what arithmetic alone takes")
    options = parser.parse_args()
    data = dataset(options.dataset, {})
    k = len(data.class_names)
    for key in options.method.split(","):
        hp = METHODS[key].start("quick demo", Size.of(data.x, k))
        spec = RunSpec(options.dataset, key, k, 0, {}, hp.flat(), "quick demo")
        kinds = steps_of(partial(alone, spec))  # with imports and what else is done once
        if options.profile:
            print(f"{key}, seconds of one processor:", flush=True)
            for line in profile(partial(alone, spec), partial(together, spec, options.members), options.members):
                print(line, flush=True)
            continue
        ratios, processors, ones, manys = [], [], [], []
        members, futures = [], None
        for _ in range(options.rounds):
            one, _ = alone(spec)
            many, members, futures = together(spec, options.members)
            ratios.append(many.clock / one.clock)
            processors.append(many.processors / one.processors)
            ones.append(one.clock)
            manys.append(many.clock)
        folder = futures.folder if futures else Path()
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        print(
            f"{key}: one {median(ones):.2f} s, {options.members} members {median(manys):.2f} s: ratio "
            f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), of the processors "
            f"{median(processors):.2f}; {size:.1f} MB",
            flush=True,
        )
        least = floor(kinds, options.members)
        print(
            f"  arithmetic alone, {options.members} members on {cores()} cores: {least:.2f} s, "
            f"{least / median(ones):.2f} times one run",
            flush=True,
        )
        for seed in range(min(3, options.members)):
            found = apart(alone(replace(spec, seed=seed))[1], members[seed])
            print(f"  seed {seed}: " + ", ".join(f"{name} {value:.3g}" for name, value in found.items()), flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EPOCHSCOPE_RUNS"] = folder
        main()
