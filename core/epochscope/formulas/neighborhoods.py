"""Whether two tables of rows have the same order, told by their neighborhoods: a permutation keeps none of them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, Integer

NEIGHBORS = 10


def nearest_rows(z: Float[np.ndarray, "m d"], count: int = NEIGHBORS) -> Int[np.ndarray, "m count"]:
    """The `count` nearest other rows of each row by Euclidean distance, in no order. More rows than `count`; finite."""
    z = z.astype(np.float64)
    z = z - z.mean(axis=0)
    z /= float(np.abs(z).max(initial=0)) or 1.0  # squares of huge values would overflow
    square = (z**2).sum(axis=1)
    distance = square[:, None] + square - 2 * (z @ z.T)
    np.fill_diagonal(distance, np.inf)
    return np.argpartition(distance, count - 1, axis=1)[:, :count]


def shared_neighbors(a: Int[np.ndarray, "m count"], b: Int[np.ndarray, "m count"]) -> float:
    """Mean share of the neighbors in `a` that are neighbors in `b`, too; count / (m - 1) for a random order."""
    m = len(a)
    there = np.zeros((m, m), bool)
    there[np.arange(m)[:, None], b] = True
    return float(there[np.arange(m)[:, None], a].mean())


def same_class_share(near: Int[np.ndarray, "m count"], truth: Integer[np.ndarray, " m"]) -> float:
    """Share of pairs of neighbors that have the same class, of those where both have one (truth >= 0); NaN for none."""
    known = (truth[near] >= 0) & (truth >= 0)[:, None]
    return float((truth[near] == truth[:, None])[known].mean()) if known.any() else float("nan")


def same_class_chance(truth: Integer[np.ndarray, " m"]) -> float:
    """Share of pairs with the same class in a random order: sum_c p_c^2; NaN without classes."""
    counts = np.bincount(truth[truth >= 0])
    return float(((counts / counts.sum()) ** 2).sum()) if counts.sum() else float("nan")


def structure(z: Float[np.ndarray, "m d"], near: Int[np.ndarray, "m count"], rng: np.random.Generator) -> float:
    """How near neighbors are, as a share of what they would be if the columns of z were independent.

    Median distance to the neighbors in z over that in z with each column shuffled. About 1: no structure (noise);
    small: clusters or a curved surface. Always 1 for a single column, and for codes that are all equal.
    """
    z = z.astype(np.float64)
    z = z - z.mean(axis=0)
    z /= float(np.abs(z).max(initial=0)) or 1.0
    if z.shape[1] < 2:
        return 1.0
    mixed = rng.permuted(z, axis=0)

    def usual(rows: np.ndarray, places: np.ndarray) -> float:
        return float(np.median(np.linalg.norm(rows[places] - rows[:, None], axis=2)))

    among_mixed = usual(mixed, nearest_rows(mixed, near.shape[1]))
    return usual(z, near) / among_mixed if among_mixed > 0 else 1.0
