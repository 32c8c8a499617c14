"""Spectral clustering: k-means on the leading eigenvectors of a graph over the data, without a network.

Ng, Jordan, Weiss. On Spectral Clustering: Analysis and an Algorithm. NeurIPS 2001.
Departs from the paper: by default A joins a point to its nearest neighbors only, which takes any number of points; the
eigenvectors come from orthogonal iteration, shown as they turn. With all pairs joined they are exact, and sigma is the
width whose clusters are tightest, as in the paper; the widths that are tried are ours. Both ways k-means takes the best
of several starts where the paper starts at points nearly at right angles.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.graph import gaussian_affinity, normalized_adjacency, on_sphere
from epochscope.formulas.subspaces import normalized_affinity
from epochscope.methods.base import DIGITS, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import best_of_restarts, lloyd, require_distinct, restarts_param
from epochscope.methods.shared.presets import recommended_without_network
from epochscope.methods.shared.spectral import leading_rows
from epochscope.nets.neighbors import (
    COSINE,
    EUCLIDEAN,
    GAUSSIAN,
    STUDENT_T,
    UNIFORM,
    Graph,
    GraphParams,
    build,
    orthogonal_rounds,
    ritz,
    search,
)
from epochscope.nets.training import array
from epochscope.params import MOST_EPOCHS, Params, group, param
from epochscope.types import EpochscopeError, Progress, Snapshot

NEIGHBORS, ALL = "nearest neighbors", "all points"
SHOWN = 12
"""Epochs in which the turning of the eigenvectors is shown."""

_SPARE = 10  # vectors of the orthogonal iteration beyond those wanted: they make it converge sooner
_MOST_POINTS = 5000  # of a dense n x n matrix: 200 MB in double precision, about a minute for its eigenvectors


@dataclass(frozen=True)
class SpectralGraphParams(Params):
    """The graph whose eigenvectors are clustered."""

    joins: str = param(
        NEIGHBORS,
        options=(NEIGHBORS, ALL),
        label="a point is joined to",
        help="Nearest neighbors: a sparse graph, for any number of points. All points: the paper's full matrix A, for "
        "at most 5,000 points, with the best of several widths σ.",
    )
    J: int = param(
        10,
        1,
        100,
        symbol="J",
        label="neighbors",
        help="Edges from each point. With too few the graph falls apart; with many, edges cross into other clusters.",
    )
    distance: str = param(
        EUCLIDEAN,
        options=(EUCLIDEAN, COSINE),
        label="distance",
        help="How neighbors are found: by distance in the data, or by direction alone.",
    )
    affinity: str = param(
        UNIFORM,
        options=(UNIFORM, GAUSSIAN, STUDENT_T),
        symbol="w",
        label="weights",
        help="Weights of the neighbors. Gaussian and Student-t weights fall with the distance, in units of that to the "
        "10th neighbor.",
    )
    widths: int = param(
        5,
        1,
        15,
        symbol="σ",
        label="widths tried",
        help="Used where all points are joined: widths σ of the Gaussian, each √2 times the one before, around the "
        "median distance to the 10th neighbor. The one with the tightest clusters is taken; no labels are used.",
    )

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        if n <= self.J:
            raise EpochscopeError(
                f"With {n} points a point has at most {n - 1} neighbors: lower the number of neighbors (now {self.J})."
            )
        if self.joins == ALL and n > _MOST_POINTS:
            raise EpochscopeError(
                f"A matrix of all pairs of {n} points is too large: take at most {_MOST_POINTS} points, or join "
                "nearest neighbors."
            )


@dataclass(frozen=True)
class SpectralParams(MethodParams):
    more: int = param(
        0,
        0,
        50,
        label="eigenvectors beyond k",
        help="The paper clusters k eigenvectors for k clusters. Some more keep groups apart that the first k mix.",
    )
    rounds: int = param(
        60,
        SHOWN,
        2000,
        label="rounds of the eigenvectors",
        help="Rounds of orthogonal iteration, of four products with the graph each, shown in 12 epochs.",
    )
    epochs: int = param(100, 1, MOST_EPOCHS, label="iterations", help="k-means iterations shown, at most.")
    restarts: int = restarts_param()
    graph: SpectralGraphParams = group(SpectralGraphParams, "Graph")

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        self.graph.check(n=n, f=f, k=k)


def run(x: Float[Tensor, "n f"], k: int, hp: SpectralParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    require_distinct(len(torch.unique(x, dim=0)), len(x), k)
    yield Snapshot(phase="start", z=array(x))
    graph = yield from build(x, GraphParams(J=hp.graph.J, distance=hp.graph.distance, affinity=hp.graph.affinity), rng)
    edges = {"neighbors": array(graph.j), "weights": array(graph.w)}
    embed = of_all_pairs if hp.graph.joins == ALL else of_neighbors
    rows, start, measures = yield from embed(x, graph, edges, k=k, hp=hp, rng=rng)
    z = array(rows)
    for labels, mu, inertia in lloyd(rows, start, hp.epochs):  # step 5
        yield Snapshot(
            phase="cluster",
            z=z,
            labels=array(labels),
            centers=array(mu),
            losses={"inertia": inertia},
            measures=measures,
            extra=edges | {"decoded_centers": array(means_of(x, labels, k))},
        )


class Embedded(NamedTuple):
    """Coordinates of the points, centers for k-means to start at, and what is known of the eigenvalues."""

    rows: Float[Tensor, "n e"]  # each of length 1
    start: Float[Tensor, "k e"]
    measures: dict[str, float]


def of_neighbors(
    x: Float[Tensor, "n f"],
    graph: Graph,
    edges: dict[str, np.ndarray],
    *,
    k: int,
    hp: SpectralParams,
    rng: torch.Generator,
) -> Generator[Snapshot | Progress, Any, Embedded]:
    """Steps 2 to 4 on the graph of nearest neighbors: its leading eigenvectors, as they turn into place."""
    S = normalized_adjacency(array(graph.j), array(graph.w))  # step 2
    dims = min(len(x), k + hp.more)
    rows, measures = x, {}
    every = hp.rounds / SHOWN
    for done, V in enumerate(islice(orthogonal_rounds(S, dims + _SPARE, rng), hp.rounds), start=1):
        yield Progress(done, hp.rounds, "eigenvectors of the graph")
        if done == 1 or done // every > (done - 1) // every:
            found = ritz(S, V)  # step 3
            rows = on_sphere(torch.tensor(found.vectors[:, :dims], dtype=x.dtype, device=x.device))  # step 4
            measures = spectrum(found.values, S @ found.vectors - found.vectors * found.values, k)
            yield Snapshot(phase="eigenvectors", z=array(rows), measures=measures, extra=edges)
    best = yield from best_of_restarts(rows, k, hp.restarts, rng)
    return Embedded(rows, best.start, measures)


def spectrum(values: Float[np.ndarray, " e"], residual: Float[np.ndarray, "n e"], k: int) -> dict[str, float]:
    """The k-th eigenvalue, how far the next lies below it, and how far from an eigenvector the first k still are."""
    gap = {"gap after eigenvalue k": float(values[k - 1] - values[k])} if len(values) > k else {}
    return {
        "eigenvalue k": float(values[k - 1]),
        "residual of the eigenvectors": float(np.linalg.norm(residual[:, :k], axis=0).max()),
    } | gap


def of_all_pairs(
    x: Float[Tensor, "n f"],
    graph: Graph,
    edges: dict[str, np.ndarray],
    *,
    k: int,
    hp: SpectralParams,
    rng: torch.Generator,
) -> Generator[Snapshot | Progress, Any, Embedded]:
    """Steps 1 to 4 with all pairs joined, for several widths; the one with the least inertia per point is kept."""
    near = yield from search(x, min(10, len(x) - 1), hp.graph.distance)
    unit = float(near.d[:, -1].sqrt().median())
    x = on_sphere(x) if hp.graph.distance == COSINE else x
    d = squared_distances(x, x)
    best, least = None, float("inf")
    for i in range(hp.graph.widths):
        sigma = unit * 2 ** ((i - hp.graph.widths // 2) / 2)
        A = gaussian_affinity(d, sigma)  # step 1
        rows = leading_rows(normalized_affinity(A), min(len(x), k + hp.more))  # steps 2 to 4
        found = yield from best_of_restarts(rows, k, hp.restarts, rng)
        measures = {"width σ": sigma, "inertia at this width": found.inertia}
        yield Snapshot(phase="eigenvectors", z=array(rows), measures=measures, extra=edges)
        if found.inertia < least:
            best, least = Embedded(rows, found.start, measures), found.inertia
    assert best is not None  # there is at least one width
    return best


def means_of(x: Float[Tensor, "n f"], labels: Tensor, k: int) -> Float[Tensor, "k f"]:
    """The mean point of each cluster: there is no decoder that could show a center."""
    member = torch.nn.functional.one_hot(labels, k).to(x.dtype)
    return member.T @ x / member.sum(dim=0).clamp(min=1)[:, None]


METHOD = Method(
    key="spectral",
    title="Spectral clustering",
    cite="A. Ng, M. Jordan, Y. Weiss. On Spectral Clustering: Analysis and an Algorithm. NeurIPS, 2001",
    about="Joins each point to its nearest neighbors and looks for coordinates in which joined points lie close "
    "together: the leading eigenvectors of the graph. k-means then clusters these coordinates, without a network.",
    params=SpectralParams,
    provides=frozenset({"z", "labels", "centers", "neighbors", "weights", "decoded_centers"}),
    plan=lambda hp: {
        "start": 0,
        "eigenvectors": hp.graph.widths if hp.graph.joins == ALL else SHOWN,
        "cluster": hp.epochs,
    },
    run=run,
    overlay="graph",
    space="eigenvectors of the graph",
    presets=(
        Preset(
            "quick demo",
            {"restarts": 10},
            "Chosen here: ten neighbors with equal weights; seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended_without_network(
            {"epochs": 300},
            "Ten neighbors with equal weights, as many eigenvectors as clusters.",
            also=lambda size: {"graph.J": max(1, min(10, size.n - 1))},
        ),
        Preset(
            "as in the paper",
            {"graph.joins": ALL, "graph.widths": 9, "restarts": 20, "more": 0},
            "Ng, Jordan and Weiss 2001: all pairs joined, k eigenvectors, and the width with the tightest clusters. "
            "They name neither the widths to try nor a number of starts.",
        ),
    ),
)
