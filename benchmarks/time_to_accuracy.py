"""Seconds until the ACC is good and stays so: `EPOCHSCOPE_DATA=... python -m benchmarks.time_to_accuracy`.

From the start of training (modules and data are loaded) to the first epoch from which on the ACC never falls below 0.75
or 0.80 again. Our DEC with a preset, and in turn DEC of ClustPy, if it is installed (`pip install clustpy`; it is no
dependency), with 50 epochs of pretraining and 50 of clustering, its defaults otherwise. Scoring is not counted. Each
run is a process of its own; beside seconds on the wall stand those of the processor, which other programs disturb less.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from epochscope.formulas.dispersion import median_range

PEER_EPOCHS = 50  # of pretraining, and of clustering


class Point(NamedTuple):
    """The state after an epoch that has clusters: seconds since the start, and the ACC."""

    wall: float
    processor: float
    acc: float


def lasting(course: Sequence[Point], level: float) -> Point | None:
    """The first epoch from which on the ACC never is below `level`; None if the last one is."""
    found = None
    for point in reversed(course):
        if point.acc < level:
            break
        found = point
    return found


class Clock:
    """Seconds on the wall and of the processor since the start, without those of scoring."""

    def __init__(self, truth: np.ndarray) -> None:
        self._truth, self._left_out = truth, (0.0, 0.0)
        self._began = self.now()

    def now(self) -> tuple[float, float]:
        """Seconds on the wall, and of the processor, from some origin."""
        return time.perf_counter(), time.process_time()

    def scored(self, labels: np.ndarray) -> Point:
        """The point of these labels."""
        from epochscope.formulas.metrics import accuracy

        before = self.now()
        acc = accuracy(truth=self._truth, predicted=labels)
        wall, processor = (b - a - left for a, b, left in zip(self._began, before, self._left_out, strict=True))
        self.leave_out(before)
        return Point(round(wall, 2), round(processor, 2), round(float(acc), 4))

    def leave_out(self, since: tuple[float, float]) -> None:
        """Does not count what was done since then."""
        spent = (b - a for a, b in zip(since, self.now(), strict=True))
        self._left_out = tuple(left + more for left, more in zip(self._left_out, spent, strict=True))  # type: ignore[assignment]


def ours(options: argparse.Namespace, data: Any, k: int, seed: int) -> Iterator[Point]:
    """Our method, one point an epoch of clustering."""
    import torch
    from epochscope.methods import METHODS
    from epochscope.methods.base import Size
    from epochscope.nets.device import compute_device, denormals_flushed, generator, sharing_cores, threads
    from epochscope.types import Snapshot

    method, device = METHODS[options.method], compute_device()
    hp = method.start(options.preset, Size.of(data.x, k)).suited(data.likelihood)
    clock = Clock(data.truth)
    with denormals_flushed(), threads(), sharing_cores():
        for step in method.run(torch.tensor(data.x, device=device), k, hp, generator(seed, device)):
            if isinstance(step, Snapshot) and step.labels is not None:
                yield clock.scored(step.labels)


def peer(options: argparse.Namespace, data: Any, k: int, seed: int) -> Iterator[Point]:
    """DEC of ClustPy, on standardized data as its documentation advises; its clustering is called epoch by epoch."""
    import clustpy.deep as other  # pyright: ignore[reportMissingImports]

    x = ((data.x - data.x.mean()) / data.x.std()).astype(np.float32)
    course: list[Point] = []
    clock = Clock(data.truth)

    class Watched(other.dec._DEC_Module):
        def fit(self, network: Any, batches: Any, epochs: int, *rest: Any) -> Any:
            in_order = other.get_dataloader(x, 256, False)
            for _ in range(epochs):
                super().fit(network, batches, 1, *rest)
                before = clock.now()
                labels = other.predict_batchwise(in_order, network, self)
                clock.leave_out(before)
                course.append(clock.scored(labels))
            return self

    other.dec._DEC_Module = Watched
    other.DEC(k, pretrain_epochs=PEER_EPOCHS, clustering_epochs=PEER_EPOCHS, random_state=seed).fit(x)
    yield from course


SIDES = {"ours": ours, "peer": peer}


def one(options: argparse.Namespace) -> None:
    """Prints the course of one run as JSON."""
    from epochscope.data import SOURCES, load

    values = {"n": options.n, "seed": options.draw}
    known = SOURCES[options.dataset].params().flat()
    data = load(options.dataset, {name: value for name, value in values.items() if name in known})
    k = len(data.class_names)
    print(json.dumps(list(SIDES[options.one](options, data, k, options.seed))))


def course_of(side: str, seed: int, options: argparse.Namespace) -> list[Point]:
    """The course of a run in a process of its own."""
    flags = [f"--{name}={getattr(options, name)}" for name in ("dataset", "n", "draw", "method", "preset")]
    command = [sys.executable, "-m", "benchmarks.time_to_accuracy", f"--one={side}", f"--seed={seed}", *flags]
    ran = subprocess.run(
        command, env={**os.environ, "EPOCHSCOPE_PRETRAINED": "off"}, stdout=subprocess.PIPE, check=True
    )
    return [Point(*point) for point in json.loads(ran.stdout.splitlines()[-1])]


def summary(courses: Sequence[Sequence[Point]], levels: Sequence[float]) -> dict[str, Any]:
    """Of several runs: the ACC at the end, and for each level how many reached it and after how many seconds."""
    told: dict[str, Any] = {"runs": len(courses), "acc": list(median_range(course[-1].acc for course in courses))}
    told["seconds"] = list(median_range(course[-1].wall for course in courses))
    told["processor"] = list(median_range(course[-1].processor for course in courses))
    for level in levels:
        points = [point for course in courses if (point := lasting(course, level))]
        told[f"{level}"] = {
            "reached": len(points),
            "seconds": list(median_range(point.wall for point in points)) if points else None,
            "processor": list(median_range(point.processor for point in points)) if points else None,
        }
    return told


def row(side: str, told: Mapping[str, Any], levels: Sequence[float]) -> str:
    """One row of the table; (wall / processor) seconds."""
    cells = [side, words(told["acc"], 3), f"{words(told['seconds'], 0)} / {words(told['processor'], 0)}"]
    for level in levels:
        at = told[f"{level}"]
        times = f"{words(at['seconds'], 0)} / {words(at['processor'], 0)}" if at["seconds"] else "-"
        cells.append(f"{times}; {at['reached']} of {told['runs']}")
    return "| " + " | ".join(cells) + " |"


def words(values: Sequence[float], digits: int) -> str:
    """median (lowest to highest)"""
    return "{0:.{d}f} ({1:.{d}f} to {2:.{d}f})".format(*values, d=digits)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the sides in turn, seed by seed; prints a table, the ratios, and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--draw", type=int, default=1, help="which points; the preset was chosen with draw 0")
    parser.add_argument("--method", default="dec")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peer-seeds", type=int, default=5, help="of the peer, which takes several times as long")
    parser.add_argument("--levels", type=float, nargs="+", default=[0.75, 0.8])
    parser.add_argument("--one", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        one(options)
        return
    seeds = {"ours": options.seeds, "peer": options.peer_seeds if find_spec("clustpy") else 0}
    courses: dict[str, list[list[Point]]] = {side: [] for side in SIDES}
    for seed in range(max(seeds.values())):
        for side, course in courses.items():
            if seed < seeds[side]:
                course.append(course_of(side, seed, options))
                print(side, seed, course[-1][-1], {str(a): lasting(course[-1], a) for a in options.levels}, flush=True)
    told = {side: summary(each, options.levels) for side, each in courses.items() if each}
    heads = " | ".join(f"s to {level}" for level in options.levels)
    print(f"| side | ACC at the end | s in all, wall / processor | {heads} |")
    print("|---" * (3 + len(options.levels)) + "|")
    for side, numbers in told.items():
        print(row(side, numbers, options.levels))
    if "peer" not in told:
        print("ClustPy is not installed: no ratio.")
    shown = ("dataset", "n", "draw", "method", "preset")
    print(
        json.dumps({name: getattr(options, name) for name in shown} | {"sides": told, "ratio": ratios(told, options)})
    )


def ratios(told: Mapping[str, Any], options: argparse.Namespace) -> dict[str, float | None]:
    """For each level: our seconds of the processor over the peer's; None where one side does not reach it."""
    found: dict[str, float | None] = {}
    for level in map(str, options.levels):
        both = [told.get(side, {}).get(level, {}).get("processor") for side in SIDES]
        found[level] = round(both[0][0] / both[1][0], 3) if all(both) else None
    return found


if __name__ == "__main__":
    main()
