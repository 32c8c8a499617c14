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
from torch.nn.functional import one_hot

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
LEARNED_FROM_GRAPH = "spectral clustering of the data, learned"
LEARNED_EPOCHS = 3
"""Epochs in which first clusters that are learned are the target, instead of P."""
START_HELP = (
    "The best of three: k-means on the codes, k-means on the data, and spectral clustering of the graph of ten nearest "
    "neighbors in the data are each turned into centers of codes; that is taken with which the most neighbors share a "
    "cluster. No labels are used."
)
GRAPH_HELP = "Spectral clustering of the data: of the graph of ten nearest neighbors; its clusters need not be round."
LEARNED_HELP = (
    f"Learned: in the first {LEARNED_EPOCHS} epochs these clusters themselves are the target, ones and zeros instead "
    "of P, since the nearest center of codes is another one for many points."
)
_NEIGHBORS = 10
_MOST_PRODUCTS = 1e13  # of the search for all neighbors, some minutes: beyond it the graph is left out


def start_of_centers_param(*, learns: bool = False) -> Any:
    """The parameter `start` of the methods that train centers of codes. `learns`: toward a target of each point."""
    learned, its_help = ((LEARNED_FROM_GRAPH,), f" {LEARNED_HELP}") if learns else ((), "")
    return param(
        FROM_CODES,
        options=(FROM_CODES, FROM_GRAPH_OF_DATA, *learned, BEST_OF_THREE),
        label="first clusters",
        help=f"The papers run k-means on the codes. {GRAPH_HELP}{its_help} {START_HELP}",
    )


Labels = Int[Tensor, " n"]


class First(NamedTuple):
    """First centers of codes, the label of the nearest one for each point, and labels to be learned, if there are."""

    centers: Float[Tensor, "k d"]
    labels: Labels
    learned: Labels | None = None

    def target(self, epoch: int) -> Float[Tensor, "n k"] | None:
        """The target in this epoch of clustering where it is the first clusters; None: P, as the paper has it."""
        if self.learned is None or epoch >= LEARNED_EPOCHS:
            return None
        return one_hot(self.learned, len(self.centers)).to(self.centers.dtype)


def first_clusters(
    choice: str, z: Float[Tensor, "n d"], k: int, restarts: int, rng: torch.Generator, *, x: Float[Tensor, "n f"]
) -> Generator[Progress, None, First]:
    """The first clusters of the codes z of the data x, as the parameter `start` says."""
    if choice in (FROM_GRAPH_OF_DATA, LEARNED_FROM_GRAPH) and graph_can_be_had(len(x), x.shape[1]):
        _, labels = yield from _by_graph(x, k, restarts, rng)
        return _in_codes(z, labels, k)._replace(learned=labels if choice == LEARNED_FROM_GRAPH else None)
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
    if not graph_can_be_had(len(x), x.shape[1]):
        return (yield from judge_of(x, _NEIGHBORS, rng)), found
    graph, labels = yield from _by_graph(x, k, restarts, rng)
    found.append(labels)
    return Agreement(torch.arange(len(x)), graph.j), found  # every point is watched


def graph_can_be_had(n: int, f: int) -> bool:
    """Whether the neighbors of all n points with f features are found within minutes."""
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
