"""First labels for the clustering of codes: by k-means on the codes, by the graph of the data, or the best of three
proposals by a sign without labels.

The papers run k-means on the codes. On data for which the autoencoder keeps something else than what separates groups,
its codes cluster worse than the data themselves, and what is trained on these labels cannot recover.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.agreement import Agreement
from epochscope.formulas.hard_assignment import nearest_centers, sums_of_clusters
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.methods.shared.watch import judge_of
from epochscope.nets.neighbors import Graph, GraphParams, build, spectral_embedding
from epochscope.nets.training import array
from epochscope.params import param
from epochscope.types import Progress

FROM_CODES, BEST_OF_THREE = "k-means on the codes", "the best of three"
FROM_GRAPH_OF_DATA = "spectral clustering of the data"
START_HELP = (
    "The best of three: k-means on the codes, k-means on the data, and spectral clustering of the graph of ten nearest "
    "neighbors in the data are each turned into centers of codes; that is taken with which the most neighbors share a "
    "cluster. No labels are used."
)
GRAPH_HELP = "Spectral clustering of the data: of the graph of ten nearest neighbors; its clusters need not be round."
_NEIGHBORS = 10
_MOST_PRODUCTS = 1e13  # of the search for all neighbors, some minutes: beyond it the graph is left out


def start_of_centers_param() -> Any:
    """The parameter `start` of the methods that train centers of codes."""
    return param(
        FROM_CODES,
        options=(FROM_CODES, FROM_GRAPH_OF_DATA, BEST_OF_THREE),
        label="first clusters",
        help=f"The papers run k-means on the codes. {GRAPH_HELP} {START_HELP}",
    )


class First(NamedTuple):
    """First centers of codes, and the label of the nearest one for each point."""

    centers: Float[Tensor, "k d"]
    labels: Int[Tensor, " n"]


Labels = Int[Tensor, " n"]


def first_clusters(
    choice: str, z: Float[Tensor, "n d"], k: int, restarts: int, rng: torch.Generator, *, x: Float[Tensor, "n f"]
) -> Generator[Progress, None, First]:
    """The first clusters of the codes z of the data x, as the parameter `start` says."""
    if choice == FROM_GRAPH_OF_DATA and _graph_can_be_had(x):
        _, labels = yield from _by_graph(x, k, restarts, rng)
        return _in_codes(z, labels, k)
    on_codes = (yield from best_of_restarts(z, k, restarts, rng)).centers
    first = _nearest(z, on_codes)
    if choice != BEST_OF_THREE:
        return first
    judge, others = yield from _by_the_data(x, k, restarts, rng)
    return max([first, *(_in_codes(z, labels, k) for labels in others)], key=lambda one: judge.of(array(one.labels)))


def first_labels(
    choice: str, z: Float[Tensor, "n d"], k: int, restarts: int, rng: torch.Generator, *, x: Float[Tensor, "n f"]
) -> Generator[Progress, None, Labels]:
    """As `first_clusters`, for a method that learns any labels, not only those of the nearest center of codes."""
    on_codes = (yield from best_of_restarts(z, k, restarts, rng)).centers
    labels = _nearest(z, on_codes).labels
    if choice != BEST_OF_THREE:
        return labels
    judge, others = yield from _by_the_data(x, k, restarts, rng)
    return max([labels, *others], key=lambda one: judge.of(array(one)))


def _by_the_data(
    x: Float[Tensor, "n f"], k: int, restarts: int, rng: torch.Generator
) -> Generator[Progress, None, tuple[Agreement, list[Labels]]]:
    """The judge, and labels by k-means on the data and by spectral clustering of their graph, if it can be had."""
    on_data = (yield from best_of_restarts(x, k, restarts, rng)).centers
    found = [nearest_centers(x, on_data).labels]
    if not _graph_can_be_had(x):
        return (yield from judge_of(x, _NEIGHBORS, rng)), found
    graph, labels = yield from _by_graph(x, k, restarts, rng)
    found.append(labels)
    return Agreement(torch.arange(len(x)), graph.j), found  # every point is watched


def _graph_can_be_had(x: Float[Tensor, "n f"]) -> bool:
    n, f = x.shape
    return n > _NEIGHBORS and n * n * f <= _MOST_PRODUCTS


def _by_graph(
    x: Float[Tensor, "n f"], k: int, restarts: int, rng: torch.Generator
) -> Generator[Progress, None, tuple[Graph, Labels]]:
    """The graph of nearest neighbors, and labels by spectral clustering of it."""
    graph = yield from build(x, GraphParams(J=_NEIGHBORS), rng)
    rows = yield from spectral_embedding(graph, min(len(x), k + k // 2), rng)
    centers = (yield from best_of_restarts(rows, k, restarts, rng)).centers
    return graph, nearest_centers(rows, centers).labels


def _nearest(z: Float[Tensor, "n d"], centers: Float[Tensor, "k d"]) -> First:
    return First(centers, nearest_centers(z, centers).labels)


def _in_codes(z: Float[Tensor, "n d"], labels: Labels, k: int) -> First:
    """Centers at the mean code of each label; that of a label without points is the mean of all codes."""
    sizes, sums = sums_of_clusters(z, labels, k)
    return _nearest(z, torch.where(sizes[:, None] > 0, sums / sizes.clamp(min=1)[:, None], z.mean(dim=0)))
