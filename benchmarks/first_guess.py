"""What recognizing data is worth: k-means on files as a stranger brings them, `python -m benchmarks.first_guess`.

Each set is written as a file of numbers without a word on what it is, and read as the Data page reads it. Its points
are clustered by scikit-learn's k-means (10 restarts), once standardized and once in the recommended scaling, with the
number of classes as k. Labels are only for the scores. Sets of which no file is there are left out (EPOCHSCOPE_DATA).
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import sklearn.datasets
from epochscope.data import SOURCES, Fetcher, load
from epochscope.data.draw import drawn
from epochscope.data.own.choose import chosen
from epochscope.data.own.read import read
from epochscope.data.own.sources import choice_for
from epochscope.data.own.user_datasets import recognized
from epochscope.data.reuters21578 import ARCHIVES, R8_TOPICS, read_lines
from epochscope.data.scaling import AS_STORED, STANDARDIZE, scaled
from epochscope.data.tfidf import count_terms
from epochscope.formulas.dispersion import median_range
from epochscope.formulas.metrics import accuracy, nmi, one_cluster_accuracy
from sklearn.cluster import KMeans

from benchmarks import simulated
from benchmarks.simulated import Simulated

File = tuple[str, bytes, str]
"""Its name, its content and the name of its labels."""


def arrays(x: np.ndarray, truth: np.ndarray) -> File:
    """As .npz: no feature has a name."""
    file = io.BytesIO()
    np.savez(file, X=x, y=truth)
    return "points.npz", file.getvalue(), "y"


def table(x: np.ndarray, truth: np.ndarray, names: Any) -> File:
    """As .parquet, with names of the features."""
    columns = pd.DataFrame(x, columns=list(names)).assign(**{"true class": truth})
    return "points.parquet", columns.to_parquet(), "true class"


def stored(key: str, **values: Any) -> File:
    """A built-in set as its file has it: pixels as whole numbers, others as stored."""
    data = load(key, values)
    assert data.truth is not None
    return arrays(data.x if data.pictures is None else data.pictures.reshape(len(data), -1), data.truth)


def bundled(name: str) -> File:
    """A small table of scikit-learn."""
    found = getattr(sklearn.datasets, f"load_{name}")()
    return table(found.data, found.target, found.feature_names)


def r8() -> File:
    """The 2,000 most frequent words of Reuters R8, counted."""
    paths = Fetcher().fetch(ARCHIVES["reuters_r8"]).values()
    lines = [line for path in paths for line in read_lines(path, R8_TOPICS)]
    counted = count_terms(line.text for line in lines)
    return table(counted.counts.toarray(), np.array([line.topic for line in lines]), counted.terms)


def simulation(make: Callable[[int], Simulated]) -> Callable[[], File]:
    return lambda: arrays(*make(0))


SETS: Mapping[str, tuple[str, Callable[[], File]]] = {
    "digits": ("", lambda: bundled("digits")),
    "MNIST": ("mnist", lambda: stored("mnist")),
    "Fashion-MNIST": ("fashion_mnist", lambda: stored("fashion_mnist")),
    "simulated cells": ("", simulation(simulated.cells)),
    "simulated texts": ("", simulation(simulated.texts)),
    "Reuters R8, word counts": ("reuters_r8", r8),
    "simulated shares": ("", simulation(simulated.shares)),
    "HAPT motion features": ("hapt561", lambda: stored("hapt561", scaling=AS_STORED)),
    "CIFAR-10 features": ("cifar10_features", lambda: stored("cifar10_features", scaling=AS_STORED)),
    "wine": ("", lambda: bundled("wine")),
    "breast cancer": ("", lambda: bundled("breast_cancer")),
}
"""Title -> the built-in set whose file is needed ("": none), and what makes the file."""


def scores(x: np.ndarray, truth: np.ndarray, seeds: int) -> str:
    """Median ACC and NMI of k-means over the seeds, with the range of ACC."""
    k = int(truth.max()) + 1
    found = [KMeans(k, n_init=10, random_state=seed).fit_predict(x) for seed in range(seeds)]
    acc = median_range(accuracy(truth=truth, predicted=labels) for labels in found)
    shared = median_range(nmi(truth=truth, predicted=labels) for labels in found)
    return f"{acc.median:.3f} ({acc.low:.3f} to {acc.high:.3f}) | {shared.median:.3f}"


def row(title: str, file: File, seeds: int, most: int) -> str:
    """One line of the table; of more than `most` points so many are clustered, scaled by the statistics of all."""
    name, content, label = file
    raw = read(content, name)
    points = chosen(raw, choice_for(raw, label=label), name)
    assert points.truth is not None
    found = recognized(points)
    n, f = points.x.shape
    rows = drawn(n, most, seed=0)
    cells = [
        scores(scaled(points.x, scaling)[rows], points.truth[rows], seeds) for scaling in (STANDARDIZE, found.scaling)
    ]
    alone = one_cluster_accuracy(points.truth[rows])
    return f"| {title}, {len(rows):,} x {f:,} | {found.scaling} | {alone:.2f} | {cells[0]} | {cells[1]} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a markdown table, one line as soon as its set is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS, metavar="TITLE")
    parser.add_argument("--seeds", type=int, default=5, help="seeds of k-means: 0 to this, less one")
    parser.add_argument("--points", type=int, default=2_000, help="at most so many points are clustered")
    options = parser.parse_args(arguments)
    print("| file | recommended scaling | ACC of one cluster | ACC, standardized | NMI | ACC, recommended | NMI |")
    print("|---" * 7 + "|", flush=True)
    for title in options.sets:
        needed, make = SETS[title]
        if needed and not SOURCES[needed].needs_download().cached:
            print(f"{title}: its file is not in {Fetcher().cache}", flush=True)
            continue
        print(row(title, make(), options.seeds, options.points), flush=True)


if __name__ == "__main__":
    main()
