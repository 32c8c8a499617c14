"""Seconds until the ACC is good and stays so: `EPOCHSCOPE_DATA=... python -m benchmarks.time_to_accuracy`.

From the start of training (modules and data are loaded) to the first epoch from which on the ACC never falls below 0.75
or 0.80 again. Our DEC with a preset, and in turn DEC of ClustPy, if it is installed (`pip install clustpy`; it is no
dependency), with 50 epochs of pretraining and 50 of clustering, its defaults otherwise. Scoring is not counted. Each
run is a process of its own; beside seconds on the wall stand those of the processor, which other programs disturb less,
and the load of the machine. Beside the ACC stands what needs no labels: how far clusters agree with the neighbors in
the data. Only that may choose among parameters; `--values NAME=VALUE` gives ours others than the preset has.

Each finished run adds a line with its course to benchmarks/time_to_accuracy.jsonl. What stands there with the same
settings is not run again, so the command may be stopped and called again; `--table` only prints what is there.
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
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from epochscope.formulas.agreement import Agreement
from epochscope.formulas.dispersion import median_range

from benchmarks.rows import append_line, head, read_lines
from benchmarks.rows import row as cells_of

PEER_EPOCHS = 50  # of pretraining, and of clustering
RESULTS = Path(__file__).with_suffix(".jsonl")
_NEIGHBORS, _WATCHED = 10, 2000
_SETTINGS = ("dataset", "n", "draw", "method", "preset", "values", "side", "seed")
_PEERS = ("dataset", "n", "draw", "side", "seed")  # the peer has DEC alone, and no presets


class Point(NamedTuple):
    """The state after an epoch that has clusters: seconds since the start, the ACC, agreement with the neighbors."""

    wall: float
    processor: float
    acc: float
    neighbors: float = 0.0


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

    def __init__(self, truth: np.ndarray, judge: Agreement) -> None:
        self._truth, self._judge, self._left_out = truth, judge, (0.0, 0.0)
        self._began = self.now()

    def now(self) -> tuple[float, float]:
        """Seconds on the wall, and of the processor, from some origin."""
        return time.perf_counter(), time.process_time()

    def scored(self, labels: np.ndarray) -> Point:
        """The point of these labels."""
        from epochscope.formulas.metrics import accuracy

        before = self.now()
        acc, agreement = accuracy(truth=self._truth, predicted=labels), self._judge.of(labels)
        wall, processor = (b - a - left for a, b, left in zip(self._began, before, self._left_out, strict=True))
        self.leave_out(before)
        return Point(round(wall, 2), round(processor, 2), round(float(acc), 4), round(agreement, 4))

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
    hp = method.start(options.preset, Size.of(data.x, k)).but(given(options.values)).suited(data.likelihood)
    clock = Clock(data.truth, judge_of(data.x))
    with denormals_flushed(), threads(), sharing_cores():
        for step in method.run(torch.tensor(data.x, device=device), k, hp, generator(seed, device)):
            if isinstance(step, Snapshot) and step.labels is not None:
                yield clock.scored(step.labels)


def peer(options: argparse.Namespace, data: Any, k: int, seed: int) -> Iterator[Point]:
    """DEC of ClustPy, on standardized data as its documentation advises; its clustering is called epoch by epoch."""
    import clustpy.deep as other  # pyright: ignore[reportMissingImports]

    x = ((data.x - data.x.mean()) / data.x.std()).astype(np.float32)
    course: list[Point] = []
    clock = Clock(data.truth, judge_of(data.x))

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


def judge_of(x: np.ndarray) -> Agreement:
    """The ten nearest neighbors in the data of at most 2,000 points."""
    import torch
    from epochscope.formulas.graph import nearest_in_pieces
    from epochscope.formulas.label_free import sample_rows

    whole = torch.from_numpy(np.array(x, dtype=np.float32))
    rows = torch.from_numpy(np.sort(sample_rows(len(whole), _WATCHED)))
    pieces = nearest_in_pieces(whole, min(_NEIGHBORS, len(whole) - 1), rows)
    return Agreement(rows, torch.cat([piece.j for piece in pieces]))


def given(values: Sequence[str]) -> dict[str, str]:
    """Parameters by name. Raises ValueError for a text without "="."""
    return dict(text.split("=", 1) for text in values)


def one(options: argparse.Namespace) -> None:
    """Prints the course of one run as JSON."""
    from epochscope.data import SOURCES, load

    values = {"n": options.n, "seed": options.draw}
    known = SOURCES[options.dataset].params().flat()
    data = load(options.dataset, {name: value for name, value in values.items() if name in known})
    k = len(data.class_names)
    print(json.dumps(list(SIDES[options.one](options, data, k, options.seed))))


def course_of(asked: Mapping[str, Any]) -> list[Point]:
    """The course of a run in a process of its own."""
    flags = [f"--{name}={asked[name]}" for name in ("dataset", "n", "draw", "method", "preset", "seed")]
    flags += ["--values", *asked["values"]] if asked["values"] else []
    command = [sys.executable, "-m", "benchmarks.time_to_accuracy", f"--one={asked['side']}", *flags]
    ran = subprocess.run(
        command, env={**os.environ, "EPOCHSCOPE_PRETRAINED": "off"}, stdout=subprocess.PIPE, check=True
    )
    return [Point(*point) for point in json.loads(ran.stdout.splitlines()[-1])]


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two lines are of the same run."""
    return all(one[name] == other[name] for name in (_PEERS if one["side"] == "peer" else _SETTINGS))


def measure(wanted: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> None:
    """Runs what is missing, in this order, and adds a line for each."""
    for asked in wanted:
        if any(same(asked, line) for line in read_lines(options.results)):
            continue
        before = os.getloadavg()[0]
        course = course_of(asked)
        load = [round(before, 1), round(os.getloadavg()[0], 1)]  # of the machine, at both ends of the run
        line = {**asked, "processors": os.cpu_count(), "load": load, "course": [list(point) for point in course]}
        append_line(options.results, line)
        levels = {str(level): lasting(course, level) for level in options.levels}
        print(asked["side"], asked["seed"], course[-1], levels, file=sys.stderr, flush=True)


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
    return cells_of(*cells)


def words(values: Sequence[float], digits: int) -> str:
    """median (lowest to highest)"""
    return "{0:.{d}f} ({1:.{d}f} to {2:.{d}f})".format(*values, d=digits)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the sides in turn, seed by seed; prints a table, the ratios, and a line of JSON."""
    options = _parser().parse_args(arguments)
    if options.one:
        one(options)
        return
    about = {name: getattr(options, name) for name in ("dataset", "n", "draw", "method", "preset", "values")}
    seeds = {"ours": options.seeds, "peer": options.peer_seeds}
    rounds = range(max(seeds.values()))
    wanted = [{**about, "side": side, "seed": seed} for seed in rounds for side in SIDES if seed < seeds[side]]
    if not options.table:
        measure([asked for asked in wanted if asked["side"] == "ours" or find_spec("clustpy")], options)
    lines = [line for line in read_lines(options.results) if any(same(asked, line) for asked in wanted)]
    told = {}
    for side in SIDES:
        courses = [[Point(*point) for point in line["course"]] for line in lines if line["side"] == side]
        if courses:
            told[side] = summary(courses, options.levels)
    print(head("side", "ACC at the end", "s in all", *(f"s to {level}" for level in options.levels)))
    for side, numbers in told.items():
        print(row(side, numbers, options.levels))
    print("Seconds on the wall / of the processor.")
    if "peer" not in told:
        print("No run of ClustPy: no ratio.")
    print(json.dumps(about | {"sides": told, "ratio": ratios(told, options)}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--draw", type=int, default=1, help="which points; the preset was chosen with draw 0")
    parser.add_argument("--method", default="dec")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--values", nargs="+", default=[], metavar="NAME=VALUE", help="in place of the preset's")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peer-seeds", type=int, default=5, help="of the peer, which takes several times as long")
    parser.add_argument("--levels", type=float, nargs="+", default=[0.75, 0.8])
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of runs")
    parser.add_argument("--table", action="store_true", help="train nothing, print what is there")
    parser.add_argument("--one", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    return parser


def ratios(told: Mapping[str, Any], options: argparse.Namespace) -> dict[str, float | None]:
    """For each level: our seconds of the processor over the peer's; None where one side does not reach it."""
    found: dict[str, float | None] = {}
    for level in map(str, options.levels):
        both = [told.get(side, {}).get(level, {}).get("processor") for side in SIDES]
        found[level] = round(both[0][0] / both[1][0], 3) if all(both) else None
    return found


if __name__ == "__main__":
    main()
