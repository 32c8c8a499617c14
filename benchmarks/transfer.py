"""Whether one preset carries over to data it was not made for: `EPOCHSCOPE_DATA=... python -m benchmarks.transfer`.

Each method is trained with one preset (by default, "recommended") on seven kinds of data: pictures, texts, sensors,
features of a network, and counts of genes made by a simulator. Of each set, some points are drawn; another draw
(`--draw`) gives others. A preset is judged by three numbers: how far ACC ends below the start of the clustering phase,
whether it ends above k-means on the same points, and whether the best epoch by the sign without labels was a good one.

Each finished run adds a line to the file of results; what stands there with the same settings is not run again, so the
command may be stopped and called again at any time. Seeds come first: after one seed of everything the second begins.
`--table` only prints what is there. Downloads nothing; a set whose files are missing is named and left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from epochscope.data import Fetcher, load
from epochscope.formulas.dispersion import median_range
from epochscope.formulas.metrics import accuracy, ari, nmi
from epochscope.methods import METHODS
from epochscope.methods.base import RECOMMENDED, Size
from epochscope.nets.device import denormals_flushed, generator, threads
from epochscope.types import AGREEMENT, BACK, EpochscopeError, Likelihood, Snapshot
from sklearn.cluster import KMeans

from benchmarks.rows import append_line, read_lines

RESULTS = Path(__file__).with_name("transfer.jsonl")
COUNTS = "counts"
SETS: Mapping[str, Mapping[str, Any]] = {
    "digits": {},
    "hapt561": {"n": 10_411},
    COUNTS: {},
    "cifar10_features": {"n": 10_000},
    "mnist": {"n": 10_000},
    "fashion_mnist": {"n": 10_000},
    "reuters_r8": {"n": 7674},
}
FIRST = ("dec", "idec", "dgg")
KMEANS = "kmeans"
_SETTINGS = ("set", "draw", "n", "method", "preset", "params", "seed")


class Drawn(NamedTuple):
    """Points of a set, with their classes, which only the scores see."""

    x: np.ndarray
    truth: np.ndarray
    likelihood: Likelihood

    @property
    def size(self) -> Size:
        return Size.of(self.x, int(self.truth.max()) + 1)


def simulated_counts(n: int, seed: int, *, f: int = 2000, k: int = 8) -> Drawn:
    """Counts of f genes in n cells of k types of uneven size, as log(1 + count per cell of median depth).

    Negative binomial counts (a gamma mixture of Poisson); each type raises or lowers a twentieth of the genes; the
    depth of a cell is log-normal.
    """
    rng = np.random.default_rng(seed)
    truth = rng.choice(k, n, p=rng.dirichlet(np.full(k, 3.0)))
    log_mean = np.tile(rng.normal(-1.5, 1.2, f), (k, 1))
    for of_type in log_mean:
        markers = rng.choice(f, f // 20, replace=False)
        of_type[markers] += rng.normal(0.8, 0.8, len(markers))
    mean = np.exp(log_mean[truth])
    mean *= 1500 * rng.lognormal(0, 0.5, (n, 1)) / mean.sum(axis=1, keepdims=True)
    counts = rng.poisson(mean * rng.gamma(2.0, 0.5, mean.shape))
    depth = counts.sum(axis=1, keepdims=True)
    x = np.log1p(counts / depth * np.median(depth)).astype(np.float32)
    return Drawn(x, np.unique(truth, return_inverse=True)[1], "real")


@cache
def drawn(key: str, n: int, draw: int) -> Drawn:
    """At most n points of a set, another choice for each `draw`. Raises EpochscopeError where files are missing."""
    if key == COUNTS:
        return simulated_counts(n, draw)
    whole = load(key, SETS[key], cache=Fetcher().cache, offline=True)
    assert whole.truth is not None
    rows = np.random.default_rng(draw).permutation(len(whole))[:n]
    return Drawn(np.array(whole.x[rows]), np.unique(whole.truth[rows], return_inverse=True)[1], whole.likelihood)


def request(key: str, points: Drawn, options: argparse.Namespace, method: str, seed: int) -> dict[str, Any]:
    """The settings of a run, with every parameter as a plain number."""
    params = {} if method == KMEANS else METHODS[method].start(options.preset, points.size).flat()
    preset = "" if method == KMEANS else options.preset
    n, f, k = points.size
    return {
        "set": key,
        "draw": options.draw,
        "n": n,
        "f": f,
        "k": k,
        "method": method,
        "preset": preset,
        "params": params,
        "seed": seed,
    }


def trained(asked: Mapping[str, Any], points: Drawn) -> dict[str, Any]:
    """The outcome of a run: scores at the start and at the end of clustering, and what the sign says."""
    method, k = METHODS[asked["method"]], points.size.k
    hp: Any = method.params().but(asked["params"])
    hp = hp.suited(points.likelihood)
    began, epochs, back = time.perf_counter(), [], None
    with denormals_flushed(), threads(1):
        for step in method.run(torch.tensor(points.x), k, hp, generator(asked["seed"])):
            if isinstance(step, Snapshot) and step.labels is not None:
                epochs.append({**scores(points.truth, step.labels), "sign": step.measures.get(AGREEMENT)})
                back = step.measures.get(BACK)
    return {
        "start": epochs[0],
        "end": epochs[-1],
        "best_acc": max(epoch["acc"] for epoch in epochs),
        "lowest_acc": min(epoch["acc"] for epoch in epochs),
        "epochs": len(epochs),
        "returned": back is not None,
        "seconds": round(time.perf_counter() - began, 1),
    }


def scores(truth: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """ACC, NMI and ARI."""
    found = {"acc": accuracy, "nmi": nmi, "ari": ari}
    return {name: round(formula(truth=truth, predicted=labels), 4) for name, formula in found.items()}


def by_kmeans(points: Drawn, seed: int) -> dict[str, Any]:
    """k-means on the data, the best of 20 starts."""
    labels = KMeans(points.size.k, n_init=20, random_state=seed).fit_predict(points.x)
    return {"end": scores(points.truth, labels)}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two results have the same settings."""
    return all(one[name] == other[name] for name in _SETTINGS)


def measure(options: argparse.Namespace) -> None:
    """Runs what is missing."""
    known = read_lines(options.results)
    for seed in range(options.seeds):
        for key in options.sets:
            try:
                points = drawn(key, options.n, options.draw)
            except EpochscopeError as error:
                print(f"{key} is left out: {error}", file=sys.stderr) if seed == 0 else None
                continue
            for method in (KMEANS, *options.methods):
                asked = request(key, points, options, method, seed)
                if any(same(asked, result) for result in known):
                    continue
                outcome = by_kmeans(points, seed) if method == KMEANS else trained(asked, points)
                append_line(options.results, asked | outcome)
                print(f"{key} {method} seed {seed}: {outcome}", file=sys.stderr, flush=True)


class Cell(NamedTuple):
    """One method on one set: medians over the seeds."""

    start: float
    end: float
    low: float
    high: float
    change: float  # median over the seeds of end - start
    kmeans: float
    seeds: int


def cells(results: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> dict[tuple[str, str], Cell]:
    """All cells of the table with the settings of `options`, by method and set."""
    chosen = [r for r in results if r["draw"] == options.draw and r["preset"] in ("", options.preset)]
    found = {}
    for method in options.methods:
        for key in options.sets:
            here = list(_latest(r for r in chosen if (r["method"], r["set"]) == (method, key)))
            plain = [r["end"]["acc"] for r in chosen if (r["method"], r["set"]) == (KMEANS, key)]
            if not here or not plain:
                continue
            end = median_range(r["end"]["acc"] for r in here)
            start = median_range(r["start"]["acc"] for r in here).median
            change = median_range(r["end"]["acc"] - r["start"]["acc"] for r in here).median
            found[method, key] = Cell(start, *end, change, median_range(plain).median, len(here))
    return found


def _latest(results: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The results with the settings of the last one: earlier ones may be of another version of the preset."""
    every = list(results)
    return (r for r in every if r["params"] == every[-1]["params"] and r["n"] == every[-1]["n"])


def table(found: Mapping[tuple[str, str], Cell]) -> str:
    """One row a method: ACC at the start → at the end (lowest to highest); k-means in the last row."""
    methods, keys = (list(dict.fromkeys(pair[i] for pair in found)) for i in (0, 1))
    lines = [
        "| method | " + " | ".join(keys) + " | above k-means | falls by more than 0.03 |",
        "|---" * (len(keys) + 3) + "|",
    ]
    for method in methods:
        row = {key: found[method, key] for key in keys if (method, key) in found}
        words = [_words(row[key]) if key in row else "-" for key in keys]
        above = sum(cell.end > cell.kmeans for cell in row.values())
        falls = sum(cell.change < -0.03 for cell in row.values())
        lines.append(f"| {METHODS[method].title} | {' | '.join(words)} | {above} of {len(row)} | {falls} |")
    plain = {key: cell.kmeans for (_, key), cell in found.items()}
    lines.append("| k-means on the data | " + " | ".join(f"{plain[key]:.3f}" for key in keys) + " | | |")
    return "\n".join(lines)


def _words(cell: Cell) -> str:
    return f"{cell.start:.3f} → {cell.end:.3f} ({cell.low:.3f} to {cell.high:.3f}; {cell.seeds})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what is missing, then prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS, metavar="KEY")
    parser.add_argument("--methods", nargs="+", default=list(FIRST), choices=METHODS, metavar="KEY")
    parser.add_argument("--preset", default=RECOMMENDED)
    parser.add_argument("--seeds", type=int, default=5, help="runs have the seeds 0 to this, less one")
    parser.add_argument("--n", type=int, default=1000, help="points drawn of each set, at most; default 1000")
    parser.add_argument("--draw", type=int, default=1, help="which points; presets are made with draw 0 alone")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--table", action="store_true", help="train nothing, print the table of what is there")
    options = parser.parse_args(arguments)
    if not options.table:
        measure(options)
    print(table(cells(read_lines(options.results), options)))


if __name__ == "__main__":
    main()
