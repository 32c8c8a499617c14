"""What DGG begins with on its graph: spectral clustering of the neighbors alone, without a network.

`python -m benchmarks.graph_start` prints a row for each data set: ACC and NMI over the seeds, to be read beside those
of DGG. What DGG's training adds is the difference.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from typing import Any

import torch
from epochscope.data import SOURCES
from epochscope.data.dataset_cache import dataset
from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.dispersion import median_range
from epochscope.formulas.metrics import accuracy, nmi
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.nets.device import generator, threads
from epochscope.nets.neighbors import GraphParams, build, spectral_embedding


def labels_of_graph(x: torch.Tensor, k: int, neighbors: int, seed: int) -> torch.Tensor:
    """Labels by k-means on the leading eigenvectors of the graph of nearest neighbors, as DGG's start makes them."""
    rng = generator(seed)
    graph = _end(build(x, GraphParams(J=neighbors), rng))
    rows = _end(spectral_embedding(graph, k + k // 2, rng))
    return squared_distances(rows, _end(best_of_restarts(rows, k, 20, rng)).centers).argmin(dim=1)


def _end(work: Generator[Any, Any, Any]) -> Any:
    """What a part of a method returns; what it yields is ignored."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


def row(key: str, neighbors: int, seeds: int) -> str:
    """Median (lowest to highest) of ACC and NMI over the seeds."""
    data = dataset(key, SOURCES[key].params().flat())
    assert data.truth is not None
    x = torch.tensor(data.x)
    with threads(1):
        found = [labels_of_graph(x, len(data.class_names), neighbors, seed).numpy() for seed in range(seeds)]
    cells = [median_range(score(truth=data.truth, predicted=labels) for labels in found) for score in (accuracy, nmi)]
    return f"| {key} | " + " | ".join("{:.3f} ({:.3f} to {:.3f})".format(*cell) for cell in cells) + " |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", default=["digits"], choices=SOURCES, metavar="KEY")
    parser.add_argument("--neighbors", type=int, default=10, help="edges from each point")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 to this, less one")
    options = parser.parse_args(arguments)
    print("| data | ACC | NMI |\n|---|---|---|")
    for key in options.datasets:
        print(row(key, options.neighbors, options.seeds), flush=True)


if __name__ == "__main__":
    main()
