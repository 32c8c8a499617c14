"""How well clusters fit the neighborhoods of the data: a sign of quality that needs no classes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, Integer
from torch import Tensor


class Agreement:
    """Agreement of clusters with given neighbors of some watched points."""

    def __init__(self, rows: Int[Tensor, " m"], neighbors: Int[Tensor, "m j"]) -> None:
        """`rows`: the watched points; `neighbors`: the row numbers of the nearest neighbors of each."""
        self.rows, self.neighbors = rows.cpu().numpy(), neighbors.cpu().numpy()

    def of(self, labels: Integer[np.ndarray, " n"]) -> float:
        """Share of neighbors in the same cluster, less the share that labels in random order would have.

        S = 1/(m J) sum_i sum_j 1[c_i = c_j] - sum_k (n_k / n)^2

        Between -1 and 1. It is 0 with all points in one cluster, and falls both where a group is torn and where two
        groups are merged (it is the modularity of the neighborhood graph, if all points are watched).
        """
        alike = float((labels[self.rows][:, None] == labels[self.neighbors]).mean())
        return alike - chance(labels)


def chance(labels: Integer[np.ndarray, " n"]) -> float:
    """The share of pairs in the same cluster with labels in random order: sum_k (n_k / n)^2."""
    share: Float[np.ndarray, " k"] = np.bincount(labels) / len(labels)
    return float((share**2).sum())
