"""The graph of DGG: nearest neighbors of all points and their weights, with places to pause during the search."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.graph import (
    SCALE_NEIGHBOR,
    Neighbors,
    gaussian_weights,
    local_scale,
    nearest_in_pieces,
    normalized_adjacency,
    on_sphere,
    published_weights,
    random_of,
    student_t_weights,
    uniform_weights,
)
from epochscope.nets.training import array
from epochscope.params import Params, param
from epochscope.types import EpochscopeError, Tick

EUCLIDEAN, COSINE, CODES, SIAMESE = "Euclidean", "cosine", "pretrained codes", "Siamese network"
NEAREST, RANDOM = "the nearest", "random among the nearest 100"
UNIFORM, GAUSSIAN, STUDENT_T, PUBLISHED = "uniform", "Gaussian", "Student-t", "Gaussian, scale of the published code"
_POOL = 100  # neighbors among which RANDOM draws
_SPARE, _ROUNDS, _PRODUCTS_A_ROUND = 10, 60, 4  # of the orthogonal iteration
_ROW = 12  # the row whose distances the published code takes for a scale


@dataclass(frozen=True)
class GraphParams(Params):
    J: int = param(
        20,
        1,
        100,
        symbol="J",
        label="neighbors",
        help="Edges from each point. More of them smooth more, and cross more often into other clusters. The published "
        "HHAR script loads none at all.",
    )
    distance: str = param(
        EUCLIDEAN,
        options=(EUCLIDEAN, COSINE, CODES, SIAMESE),
        label="distance",
        help="What near means: in the data, by their direction alone, in the codes of the pretrained autoencoder, or "
        "in those of a network trained on pairs. The Reuters and STL-10 scripts train that network, then do without.",
    )
    choice: str = param(
        NEAREST,
        options=(NEAREST, RANDOM),
        label="choice of neighbors",
        help="The published code draws 20 once among the nearest 100: a wider reach, more edges into other clusters.",
    )
    affinity: str = param(
        UNIFORM,
        options=(UNIFORM, GAUSSIAN, STUDENT_T, PUBLISHED),
        symbol="w",
        label="weights",
        help="Uniform is what all published scripts run. Gaussian and Student-t fall with the distance, in units of "
        "that to the 10th neighbor. The published code has a Gaussian branch, never run, that takes its scales from "
        "the 12th row of distances instead of the 12th neighbor.",
    )

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        if n <= self.J:
            raise EpochscopeError(
                f"A point among {n} has only {n - 1} others: lower the number of neighbors (now {self.J})."
            )
        if self.affinity == PUBLISHED and n < _ROW:
            raise EpochscopeError(
                f"The scale of the published code is that of its {_ROW}th point, but there are only {n}: "
                "choose other weights."
            )


class Graph(NamedTuple):
    """Directed edges: the rows of neighbors are sorted, nearest first; the rows of weights sum to 1."""

    j: Int[Tensor, "n j"]
    w: Float[Tensor, "n j"]

    def drawn(
        self, rows: Int[Tensor, " b"], m: int, rng: torch.Generator
    ) -> tuple[Int[Tensor, "b m"], Float[Tensor, "b m"]]:
        """Of these points all neighbors and weights (m = 0), or m neighbors drawn with chance w_ij that count 1/m."""
        index, w = self.j[rows], self.w[rows]
        if m == 0:
            return index, w
        pick = torch.multinomial(w, m, replacement=True, generator=rng)
        return index.gather(1, pick), torch.full_like(pick, 1, dtype=w.dtype) / m


def search(x: Float[Tensor, "n f"], j: int, metric: str = EUCLIDEAN) -> Generator[Tick, None, Neighbors]:
    """The j nearest neighbors of each point, exactly; squared distances, on the unit sphere for the cosine."""
    found: list[Neighbors] = []
    done = 0
    for piece in nearest_in_pieces(on_sphere(x) if metric == COSINE else x, j):
        found.append(piece)
        done += len(piece.j)
        yield Tick(done, len(x), "nearest neighbors")
    return Neighbors(torch.cat([piece.j for piece in found]), torch.cat([piece.d for piece in found]))


def build(x: Float[Tensor, "n f"], hp: GraphParams, rng: torch.Generator) -> Generator[Tick, None, Graph]:
    """The graph over points given by their data or, where the distance is that of a network, by its codes."""
    reach = max(hp.J, _POOL if hp.choice == RANDOM else SCALE_NEIGHBOR)
    found = yield from search(x, min(reach, len(x) - 1), hp.distance)
    s2 = local_scale(found.d)  # of the neighbors found, before any are drawn
    found = random_of(found, hp.J, rng) if hp.choice == RANDOM else Neighbors(*(t[:, : hp.J] for t in found))
    if hp.affinity == GAUSSIAN:
        return Graph(found.j, gaussian_weights(found.d, s2))
    if hp.affinity == STUDENT_T:
        return Graph(found.j, student_t_weights(found.d, s2))
    if hp.affinity == PUBLISHED:
        return Graph(found.j, published_weights(found.d))
    return Graph(found.j, uniform_weights(found.d))


def spectral_embedding(graph: Graph, dims: int, rng: torch.Generator) -> Generator[Tick, None, Float[Tensor, "n e"]]:
    """Points by the leading eigenvectors of the graph, each row of length 1: those that many short paths join lie near.

    Ng, Jordan, Weiss. On Spectral Clustering: Analysis and an Algorithm. NeurIPS 2001. By orthogonal iteration with
    (S + I) / 2, whose eigenvalues are all positive, on some vectors more than asked for.
    """
    S = normalized_adjacency(array(graph.j), array(graph.w))
    n = S.shape[0]
    V = array(torch.randn(n, min(n, dims + _SPARE), generator=rng, device=rng.device)).astype(np.float64)
    for done in range(1, _ROUNDS + 1):
        for _ in range(_PRODUCTS_A_ROUND):
            V = (S @ V + V) / 2
        V = np.linalg.qr(V)[0]
        yield Tick(done, _ROUNDS, "eigenvectors of the graph")
    turn = np.linalg.eigh(V.T @ (S @ V))[1][:, ::-1]  # the largest first
    rows = torch.tensor((V @ turn)[:, :dims], dtype=graph.w.dtype, device=graph.w.device)
    return on_sphere(rows)
