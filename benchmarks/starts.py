"""Does the start decide what VaDE and DKM end with? `EPOCHSCOPE_DATA=... python -m benchmarks.starts`.

The same pretraining (same seed), then clustering from several starts: k-means on the codes, as the papers do; for VaDE
EM from there, and the likeliest of ten mixtures, each by EM from one start of k-means; spectral clustering of the
graph of the data, which knows no codes. Last, the true classes: this start USES LABELS. It is no method, but an upper
bound: what ends below it is lost after the start, what ends above the others was lost by them. Beside ACC before and
after clustering stand the classes that lead no cluster, so that one sees which were merged.

Each run adds a line to the file of results; what stands there is not run again. `--table` prints what is there.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import torch
from epochscope.data import SOURCES, load
from epochscope.formulas.metrics import accuracy, nmi
from epochscope.methods import dkm, vade
from epochscope.methods.base import Size
from epochscope.methods.shared.first_labels import FROM_CODES, FROM_GRAPH_OF_DATA, First, first_clusters
from epochscope.methods.shared.lloyd import to_the_end
from epochscope.methods.shared.mixtures import (
    FROM_EM,
    FROM_KMEANS,
    EMState,
    Mixture,
    em,
    mixture_of_labels,
    mixture_start,
)
from epochscope.nets.device import denormals_flushed, generator, threads
from epochscope.runs.training.scores import lost_classes
from epochscope.types import Snapshot

from benchmarks.rows import append_line, head, ranged, read_lines, row

RESULTS = Path(__file__).with_name("starts.jsonl")
METHODS = {"vade": vade, "dkm": dkm}
KMEANS, EM, BEST, GRAPH = "k-means", "EM", "likeliest of ten", "graph of the data"
CLASSES = "true classes (uses labels)"
STARTS = {"vade": (KMEANS, EM, BEST, GRAPH, CLASSES), "dkm": (KMEANS, GRAPH, CLASSES)}
LOWERED = {"vade": ("negative ELBO",), "dkm": ("summed reconstruction", "lambda weighted distance")}
"""The losses whose sum a method lowers."""

MIXTURES, ITERATIONS = 10, 300
_SETTINGS = ("dataset", "n", "method", "preset", "params", "start", "seed")

Work = Generator[Any, None, Any]


class Task(NamedTuple):
    """The data of the experiment."""

    x: torch.Tensor
    truth: np.ndarray
    likelihood: Any
    names: tuple[str, ...]

    @property
    def classes(self) -> torch.Tensor:
        return torch.tensor(self.truth, dtype=torch.int64)


@cache
def task(key: str, n: int) -> Task:
    """The first n points of a data set as the benchmark of accuracy has it. Raises EpochscopeError without files."""
    usual = SOURCES[key].params()
    whole = load(key, usual.but({"n": n} if "n" in usual.flat() else {}).flat(), offline=True)
    assert whole.truth is not None
    return Task(torch.tensor(whole.x[:n]), np.array(whole.truth[:n]), whole.likelihood, whole.class_names)


def likeliest(z: torch.Tensor, k: int, rng: torch.Generator, floor: float) -> Generator[Any, None, Mixture]:
    """Of ten mixtures, each by EM from one start of k-means, the one with the highest likelihood of the codes."""
    best: EMState | None = None
    for _ in range(MIXTURES):
        first = yield from mixture_start(FROM_KMEANS, z, k, 1, rng, floor=floor)
        found = yield from to_the_end(em(z, first, floor, most=ITERATIONS, tol=1e-5), ITERATIONS, "EM")
        if best is None or found.log_likelihood > best.log_likelihood:
            best = found
    assert best is not None
    return best.mixture


def mixtures(start: str, truth: torch.Tensor) -> Callable[..., Work]:
    """What stands in the place of `mixture_start` in VaDE."""

    def of(_: str, z: torch.Tensor, k: int, restarts: int, rng: torch.Generator, *, floor: float, x: Any) -> Work:
        if start in (KMEANS, EM):
            choice = FROM_KMEANS if start == KMEANS else FROM_EM
            return (yield from mixture_start(choice, z, k, restarts, rng, floor=floor, x=x))
        if start == BEST:
            return (yield from likeliest(z, k, rng, floor))
        first = yield from first_of(start, truth)("", z, k, restarts, rng, x=x)
        return mixture_of_labels(z, first.labels, first.centers, floor)

    return of


def first_of(start: str, truth: torch.Tensor) -> Callable[..., Work]:
    """What stands in the place of `first_clusters` in DKM; the centers of true classes are the means of their codes."""

    def of(_: str, z: torch.Tensor, k: int, restarts: int, rng: torch.Generator, *, x: torch.Tensor) -> Work:
        if start == CLASSES:
            return First(torch.stack([z[truth == j].mean(dim=0) for j in range(k)]), truth)
        choice = FROM_CODES if start == KMEANS else FROM_GRAPH_OF_DATA
        return (yield from first_clusters(choice, z, k, restarts, rng, x=x))

    return of


@contextmanager
def started(method: str, start: str, truth: torch.Tensor) -> Iterator[None]:
    """Context in which the method begins its clustering with this start, whatever its parameters say."""
    name, made = {"vade": ("mixture_start", mixtures), "dkm": ("first_clusters", first_of)}[method]
    with patch.object(METHODS[method], name, made(start, truth)):
        yield


def trained(asked: dict[str, Any], data: Task) -> dict[str, Any]:
    """ACC, NMI and lost classes at the start and at the end of clustering, and the loss at the end."""
    method = METHODS[asked["method"]].METHOD
    hp = method.params().but(asked["params"]).suited(data.likelihood)
    found: list[Snapshot] = []
    with denormals_flushed(), threads(1), started(asked["method"], asked["start"], data.classes):
        for step in method.run(data.x, len(data.names), hp, generator(asked["seed"])):
            if isinstance(step, Snapshot) and step.labels is not None:
                found = [*found[:1], step]
    return {
        "begun": scored(found[0], data),
        "ended": scored(found[-1], data),
        "losses": {name: round(float(value), 4) for name, value in found[-1].losses.items()},
    }


def scored(step: Snapshot, data: Task) -> dict[str, Any]:
    """ACC, NMI and the names of the classes that lead no cluster."""
    assert step.labels is not None
    labels = step.labels.astype(np.int64)
    found = {"acc": accuracy, "nmi": nmi}
    scores = {name: round(formula(truth=data.truth, predicted=labels), 4) for name, formula in found.items()}
    return {**scores, "lost": [data.names[i] for i in lost_classes(labels, data.truth)]}


def measure(options: argparse.Namespace) -> None:
    """Runs what is missing, seeds first."""
    data = task(options.dataset, options.n)
    for seed in range(options.seeds):
        for method in options.methods:
            for start in STARTS[method]:
                size = Size.of(data.x, len(data.names))
                params = METHODS[method].METHOD.start(options.preset, size).flat()
                asked = {"dataset": options.dataset, "n": len(data.x), "method": method, "preset": options.preset}
                asked |= {"params": params, "start": start, "seed": seed}
                known = read_lines(options.results)
                if any(all(asked[name] == line.get(name) for name in _SETTINGS) for line in known):
                    continue
                outcome = trained(asked, data)
                append_line(options.results, asked | outcome)
                print(f"{method} from {start}, seed {seed}: {outcome}", file=sys.stderr, flush=True)


def table(lines: Sequence[dict[str, Any]]) -> str:
    """One row for each method, number of points and start; ranges over the seeds."""
    names = ("data", "points", "method", "preset", "start", "acc at the start", "acc", "nmi", "loss")
    rows = [head(*names, "classes lost", "seeds")]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault(tuple(line[name] for name in ("dataset", "n", "method", "preset", "start")), []).append(line)
    for group, members in groups.items():
        cells = [ranged([line[part][score] for line in members]) for part, score in _COLUMNS]
        cells.append(ranged([sum(line["losses"].get(name, 0.0) for name in LOWERED[group[2]]) for line in members], 2))
        lost = "; ".join(", ".join(line["ended"]["lost"]) or "none" for line in members)
        rows.append(row(*group, *cells, lost, len(members)))
    return "\n".join(rows)


_COLUMNS = (("begun", "acc"), ("ended", "acc"), ("ended", "nmi"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what is missing, then prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist", choices=SOURCES, metavar="KEY")
    parser.add_argument("--n", type=int, default=10_000, help="points")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--preset", default="minutes")
    parser.add_argument("--seeds", type=int, default=5, help="runs have the seeds 0 to this, less one")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--table", action="store_true", help="train nothing, print what is there")
    options = parser.parse_args(arguments)
    if not options.table:
        with tempfile.TemporaryDirectory() as folder:  # one pretraining for all starts of a seed
            os.environ.setdefault("EPOCHSCOPE_PRETRAINED", folder)
            measure(options)
    print(table(read_lines(options.results)))


if __name__ == "__main__":
    main()
