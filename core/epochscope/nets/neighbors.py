"""The neighborhood graph of DGG, its parameters and its spectral embedding, built in steps between which to pause."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix
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
from epochscope.types import EpochscopeError, Progress

EUCLIDEAN, COSINE, CODES, SIAMESE = "Euclidean", "cosine", "pretrained codes", "Siamese network"
NEAREST, RANDOM = "the nearest", "random among the nearest 100"
UNIFORM, GAUSSIAN, STUDENT_T, PUBLISHED = "uniform", "Gaussian", "Student-t", "Gaussian, scale of the published code"
_POOL = 100  # neighbors among which RANDOM draws
_SPARE, _ROUNDS, _PRODUCTS_A_ROUND = 10, 60, 4  # of the orthogonal iteration
_ROW = 12  # the row whose distances the published code uses as scales


@dataclass(frozen=True)
class GraphParams(Params):
    J: int = param(
        20,
        1,
        100,
        symbol="J",
        label="neighbors",
        help="Edges from each point. More edges smooth more, but cross into other clusters more often. The published "
        "HHAR script uses none at all.",
    )
    distance: str = param(
        EUCLIDEAN,
        options=(EUCLIDEAN, COSINE, CODES, SIAMESE),
        label="distance",
        help="How neighbors are found: by distance in the data, by direction alone, in the codes of the pretrained "
        "autoencoder, or in those of a network trained on pairs. The Reuters and STL-10 scripts train that network but "
        "do not use it.",
    )
    choice: str = param(
        NEAREST,
        options=(NEAREST, RANDOM),
        label="choice of neighbors",
        help="The published code draws 20 of the nearest 100, once: a wider reach, more edges into other clusters.",
    )
    affinity: str = param(
        UNIFORM,
        options=(UNIFORM, GAUSSIAN, STUDENT_T, PUBLISHED),
        symbol="w",
        label="weights",
        help="All published scripts use uniform weights. Gaussian and Student-t weights fall with the distance, in "
        "units of that to the 10th neighbor. The published code has an unused Gaussian branch, which takes its scales "
        "from the 12th row of distances instead of the 12th neighbor.",
    )

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        if n <= self.J:
            raise EpochscopeError(
                f"With {n} points a point has at most {n - 1} neighbors: lower the number of neighbors (now {self.J})."
            )
        if self.affinity == PUBLISHED and n < _ROW:
            raise EpochscopeError(
                f"The published code takes its scale from the {_ROW}th point, but there are only {n}: "
                "choose other weights."
            )


class Graph(NamedTuple):
    """Directed edges and their weights: each row of neighbors is nearest first, each row of weights sums to 1."""

    j: Int[Tensor, "n j"]
    w: Float[Tensor, "n j"]

    def drawn(
        self, rows: Int[Tensor, " b"], m: int, rng: torch.Generator
    ) -> tuple[Int[Tensor, "b m"], Float[Tensor, "b m"]]:
        """Neighbors and weights of these points: all (m = 0), or m drawn with probability w_ij, each of weight 1/m."""
        index, w = self.j[rows], self.w[rows]
        if m == 0:
            return index, w
        pick = torch.multinomial(w, m, replacement=True, generator=rng)
        return index.gather(1, pick), torch.full_like(pick, 1, dtype=w.dtype) / m


def search(x: Float[Tensor, "n f"], j: int, metric: str = EUCLIDEAN) -> Generator[Progress, None, Neighbors]:
    """The exact j nearest neighbors of each point, with squared distances (on the unit sphere for the cosine)."""
    pieces: list[Neighbors] = []
    done = 0
    for piece in nearest_in_pieces(on_sphere(x) if metric == COSINE else x, j):
        pieces.append(piece)
        done += len(piece.j)
        yield Progress(done, len(x), "nearest neighbors")
    return Neighbors(torch.cat([piece.j for piece in pieces]), torch.cat([piece.d for piece in pieces]))


def build(x: Float[Tensor, "n f"], hp: GraphParams, rng: torch.Generator) -> Generator[Progress, None, Graph]:
    """The graph over the points x: the data or, if the distance is that of a network, its codes."""
    reach = max(hp.J, _POOL if hp.choice == RANDOM else SCALE_NEIGHBOR)
    nearest = yield from search(x, min(reach, len(x) - 1), hp.distance)
    s2 = local_scale(nearest.d)  # before neighbors are drawn: the scale is that of the nearest ones
    chosen = random_of(nearest, hp.J, rng) if hp.choice == RANDOM else Neighbors(*(t[:, : hp.J] for t in nearest))
    if hp.affinity == GAUSSIAN:
        return Graph(chosen.j, gaussian_weights(chosen.d, s2))
    if hp.affinity == STUDENT_T:
        return Graph(chosen.j, student_t_weights(chosen.d, s2))
    if hp.affinity == PUBLISHED:
        return Graph(chosen.j, published_weights(chosen.d))
    return Graph(chosen.j, uniform_weights(chosen.d))


def spectral_embedding(
    graph: Graph, dims: int, rng: torch.Generator
) -> Generator[Progress, None, Float[Tensor, "n e"]]:
    """Leading eigenvectors of the graph as coordinates of the points, each row of length 1.

    Ng, Jordan, Weiss. On Spectral Clustering: Analysis and an Algorithm. NeurIPS 2001. Computed by orthogonal iteration
    on some more vectors than are returned.
    """
    S = normalized_adjacency(array(graph.j), array(graph.w))
    rounds = orthogonal_rounds(S, dims + _SPARE, rng)
    for done in range(1, _ROUNDS):
        next(rounds)
        yield Progress(done, _ROUNDS, "eigenvectors of the graph")
    V = next(rounds)
    yield Progress(_ROUNDS, _ROUNDS, "eigenvectors of the graph")
    rows = torch.tensor(ritz(S, V).vectors[:, :dims], dtype=graph.w.dtype, device=graph.w.device)
    return on_sphere(rows)


def orthogonal_rounds(S: csr_matrix, columns: int, rng: torch.Generator) -> Iterator[Float[np.ndarray, "n e"]]:
    """Orthonormal vectors that turn toward the leading eigenvectors of S, round by round, without end.

    The products are with (S + I) / 2, whose eigenvalues are all nonnegative.
    """
    n = S.shape[0]
    V = array(torch.randn(n, min(n, columns), generator=rng, device=rng.device)).astype(np.float64)
    while True:
        for _ in range(_PRODUCTS_A_ROUND):
            V = (S @ V + V) / 2
        V = np.linalg.qr(V)[0]
        yield V


class Eigen(NamedTuple):
    """Approximate eigenvectors of a symmetric matrix and their eigenvalues, the largest first."""

    vectors: Float[np.ndarray, "n e"]
    values: Float[np.ndarray, " e"]


def ritz(S: csr_matrix, V: Float[np.ndarray, "n e"]) -> Eigen:
    """The best eigenvectors of S within the span of the orthonormal columns of V."""
    values, turn = np.linalg.eigh(V.T @ (S @ V))
    return Eigen(V @ turn[:, ::-1], values[::-1])
