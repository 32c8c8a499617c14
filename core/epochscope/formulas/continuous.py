"""Deep continuous clustering: edges between mutual neighbors, robust penalties, and clusters as connected components.

Letters of Shah 2018: z_i a code, u_i its representative, w_ij the weight of an edge, rho(d) = s d^2 / (s + d^2) the
penalty of Geman and McClure with scale s, lambda the weight of the pairwise term. Edges (i, j) are listed once, i < j.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix, diags_array, triu
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.sparse.linalg import eigsh
from torch import Tensor

Edges = Int[np.ndarray, "e 2"]


def mutual_edges(index: Int[np.ndarray, "n j"], d: Float[np.ndarray, "n j"]) -> Edges:
    """Pairs that are among each other's neighbors, and the edges of a minimum spanning tree of all neighbors.

    With the tree no point is without an edge, and parts of the neighborhood graph stay in one piece.
    """
    n, j = index.shape
    rows = np.arange(0, n * j + 1, j)
    far = csr_matrix((d.astype(np.float64).ravel() + 1e-12, index.ravel(), rows), shape=(n, n))  # 0 would be no edge
    near = csr_matrix((np.ones(n * j), index.ravel(), rows), shape=(n, n))
    tree = minimum_spanning_tree(far)
    kept = triu(near.minimum(near.T) + tree + tree.T, k=1).tocoo()
    order = np.lexsort((kept.col, kept.row))
    return np.stack([kept.row[order], kept.col[order]], axis=1).astype(np.int64)


def degrees(edges: Edges, n: int) -> Int[np.ndarray, " n"]:
    """Number of edges of each point."""
    return np.bincount(edges.ravel(), minlength=n)


def edge_weights(edges: Edges, n: int) -> Float[np.ndarray, " e"]:
    """w_ij = mean degree / sqrt(n_i n_j): points with many edges do not count more than others."""
    own = degrees(edges, n)
    return own.mean() / np.sqrt(own[edges[:, 0]] * own[edges[:, 1]])


def balance(z: Float[np.ndarray, "n d"], edges: Edges, w: Float[np.ndarray, " e"]) -> float:
    """lambda = |Z|_2 / (1 + largest eigenvalue of D - R), R the symmetric matrix of weights, D its row sums."""
    n = len(z)
    R = csr_matrix((w, (edges[:, 0], edges[:, 1])), shape=(n, n))
    R = R + R.T
    L = csr_matrix(diags_array(np.asarray(R.sum(axis=1)).ravel()) - R)
    if n <= 200:
        largest = np.linalg.eigvalsh(L.toarray())[-1]
    else:
        start = np.random.default_rng(0).standard_normal(n)
        largest = eigsh(L, 1, which="LA", v0=start, tol=1e-4, return_eigenvectors=False)[0]
    return float(np.linalg.norm(z.astype(np.float64), 2) / (1 + largest))


def geman_mcclure(d2: Float[Tensor, " m"], s: float) -> Float[Tensor, " m"]:
    """rho = s d^2 / (s + d^2) of squared distances: about d^2 when short, never above s."""
    return s * d2 / (s + d2)


def line_weight(d2: Float[np.ndarray, " e"], s: float) -> Float[np.ndarray, " e"]:
    """(s / (s + d^2))^2, the slope of rho in d^2: 1 for an edge that pulls fully, 0 for one that is switched off."""
    return (s / (s + d2)) ** 2


class Scales(NamedTuple):
    """Where the scales of both penalties begin and end, and the length below which an edge joins two points."""

    sigma1: float
    sigma2: float
    delta1: float
    delta2: float
    delta: float


def scales(z: Float[np.ndarray, "n d"], edges: Edges) -> Scales:
    """From the lengths of the edges between codes; of these, the shortest hundredth sets the small scales.

    delta = mean of the shortest 1 %, delta2 = half of the mean of the shortest 1 % (250 at most), sigma2 = 3 longest^2,
    delta1 = mean |z_i - mean|^2, sigma1 = 16 delta1
    """
    z = z.astype(np.float64)
    length = np.sort(np.linalg.norm(z[edges[:, 0]] - z[edges[:, 1]], axis=1))
    longest = float(length[-1]) or 1.0
    length = length[length > 1e-3 * longest] if length[-1] > 0 else np.ones(1)  # copies of a point say nothing
    few = max(1, len(length) // 100)
    delta1 = float(((z - z.mean(axis=0)) ** 2).sum(axis=1).mean()) or 1.0
    return Scales(
        16 * delta1, 3 * longest**2, delta1, float(length[: min(few, 250)].mean()) / 2, float(length[:few].mean())
    )


def components(u: Float[np.ndarray, "n d"], edges: Edges, delta: float, most: int) -> Int[np.ndarray, " n"]:
    """Clusters: parts connected by edges shorter than delta, the largest first.

    -1 for a point that is joined to no other, and for those beyond the `most` largest parts.
    """
    n = len(u)
    u = u.astype(np.float64)
    short = edges[np.linalg.norm(u[edges[:, 0]] - u[edges[:, 1]], axis=1) < delta]
    graph = csr_matrix((np.ones(len(short)), (short[:, 0], short[:, 1])), shape=(n, n))
    count, part = connected_components(graph, directed=False)
    sizes, place = np.bincount(part, minlength=count), np.empty(count, np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(count)
    return np.where((place[part] < most) & (sizes[part] > 1), place[part], -1)


class Rows(NamedTuple):
    """Edges as neighbors of points, each edge in one row; empty places hold -1."""

    j: Int[np.ndarray, "n r"]
    place: tuple[Int[np.ndarray, " e"], Int[np.ndarray, " e"]]  # where each edge stands


def rows_of(edges: Edges, n: int) -> Rows:
    """Each edge in the row of its first point."""
    count = np.bincount(edges[:, 0], minlength=n)
    begin = np.concatenate([[0], np.cumsum(count)[:-1]])  # edges are sorted by their first point
    column = np.arange(len(edges)) - begin[edges[:, 0]]
    j = np.full((n, max(1, int(count.max(initial=1)))), -1)
    j[edges[:, 0], column] = edges[:, 1]
    return Rows(j, (edges[:, 0], column))
