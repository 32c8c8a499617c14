"""All points at one epoch, or between two: who is confused with whom, who moved where, how sure Q is, what P asks.

Labels cover all points of the data set; q and p the drawn points (at most 5,000), as they are stored.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

from epochscope.formulas.metrics import contingency, hungarian_map

CONFIDENCE_BINS = 20
SHARPENING_BINS = 40
FLOW_THAT_MATTERS = 0.02
"""A move of this share of all points is labelled; so is one of a fifth of its cluster, if that is half as many."""


class Confusion(NamedTuple):
    """Points of each class (rows) in each cluster (columns); column i is the cluster matched to class i, if any."""

    counts: Int[np.ndarray, "c k"]
    clusters: list[int]  # stored id of each column
    matched: int  # the first so many columns are matched to a class
    classes: list[int]  # class of each row
    accuracy: float


def match(
    *, truth: Integer[np.ndarray, " n"], labels: Integer[np.ndarray, " n"], classes: int, k: int
) -> Int[np.ndarray, " k"]:
    """The class that each cluster stands for under the best one-to-one map (Kuhn 1955); -1 where none is left for it.

    Points without a class (truth below 0) have no say. A cluster without a single point of its class stands for none.
    """
    table = _table(truth, labels, classes, k)
    found = np.full(k, -1)
    if table.any():
        known = truth >= 0
        of = hungarian_map(truth=truth[known], predicted=labels[known])[:k]
        found[: len(of)] = np.where(of < classes, of, -1)
        found[table[found, np.arange(k)] == 0] = -1
    return found


def _table(truth: np.ndarray, labels: np.ndarray, classes: int, k: int) -> Int[np.ndarray, "c k"]:
    table = np.zeros((classes, k), np.int64)
    if (known := truth >= 0).any():
        found = contingency(truth=truth[known], predicted=labels[known]).T[:classes, :k]
        table[: len(found), : found.shape[1]] = found
    return table


def confusion(
    *, truth: Integer[np.ndarray, " n"], labels: Integer[np.ndarray, " n"], classes: int, k: int
) -> Confusion:
    """Classes against clusters, both in the order of the match, so that what is right lies on the diagonal."""
    table = _table(truth, labels, classes, k)
    of = match(truth=truth, labels=labels, classes=classes, k=k)
    sizes = table.sum(axis=0)
    columns = [int(j) for j in np.lexsort((-sizes, np.where(of < 0, classes, of)))]
    own = [int(of[j]) for j in columns if of[j] >= 0]
    rows = own + [c for c in range(classes) if c not in own]
    right = sum(table[of[j], j] for j in range(k) if of[j] >= 0)
    return Confusion(table[rows][:, columns], columns, len(own), rows, float(right / max(table.sum(), 1)))


def mistakes(
    *, truth: Integer[np.ndarray, " n"], labels: Integer[np.ndarray, " n"], of: Int[np.ndarray, " k"]
) -> np.ndarray:
    """Whether each point lies in a cluster that stands for another class than its own; never for points without one."""
    return (truth >= 0) & (of[labels] != truth)


class Flow(NamedTuple):
    """How many points went from each cluster (rows, at epoch a) to each (columns, at epoch b)."""

    counts: Int[np.ndarray, "k k"]
    a: int
    b: int

    @property
    def moved(self) -> int:
        """Points that changed their cluster."""
        return int(self.counts.sum() - np.trace(self.counts))

    def matters(self, i: int, j: int) -> bool:
        """Whether a move is large enough to be named."""
        count, total = self.counts[i, j], self.counts.sum()
        least = FLOW_THAT_MATTERS * total
        return bool(i != j and (count >= least or (count >= least / 2 and count >= self.counts[i].sum() / 5)))


def flow(
    *, before: Integer[np.ndarray, " n"], after: Integer[np.ndarray, " n"], k: int, epochs: tuple[int, int]
) -> Flow:
    """Counts every point once: from its cluster at the first epoch to its cluster at the second."""
    counts = np.bincount(before.astype(np.int64) * k + after, minlength=k * k).reshape(k, k)
    return Flow(counts, *epochs)


class Confidence(NamedTuple):
    """Points by the largest q of their row, in even bins from 0 to 1; the second row counts the mistakes among them."""

    right: list[int]
    wrong: list[int] | None  # None where there are no classes
    k: int
    median: float


def confidence(q: Float[np.ndarray, "m k"], wrong: np.ndarray | None) -> Confidence:
    """`wrong`: which of these rows are mistakes."""
    top = np.nan_to_num(q.max(axis=1).astype(np.float64)).clip(0, 1)

    def bins(values: np.ndarray) -> list[int]:
        return np.histogram(values, bins=CONFIDENCE_BINS, range=(0, 1))[0].tolist()

    median = float(np.median(top)) if len(top) else 0.0
    if wrong is None:
        return Confidence(bins(top), None, q.shape[1], median)
    return Confidence(bins(top[~wrong]), bins(top[wrong]), q.shape[1], median)


class Sharpening(NamedTuple):
    """p against q, entry by entry: counts in a grid over the unit square, and the median of p in each column of it."""

    counts: Int[np.ndarray, "b b"]  # row: bin of p, from 0 up; column: bin of q
    median: list[float | None]
    up: float  # share of the points whose largest q is made larger by P


def sharpening(q: Float[np.ndarray, "m k"], p: Float[np.ndarray, "m k"]) -> Sharpening:
    """Above the diagonal P asks for more than Q gives, below for less."""
    b = SHARPENING_BINS
    q, p = np.nan_to_num(q.astype(np.float32)), np.nan_to_num(p.astype(np.float32))
    column = np.minimum((q.ravel() * b).astype(np.int64), b - 1)
    row = np.minimum((p.ravel() * b).astype(np.int64), b - 1)
    counts = np.bincount(row * b + column, minlength=b * b).reshape(b, b)
    order = np.argsort(column, kind="stable")
    ends = np.searchsorted(column[order], np.arange(1, b))
    median = [float(np.median(part)) if len(part) else None for part in np.split(p.ravel()[order], ends)]
    best = q.argmax(axis=1)
    rows = np.arange(len(q))
    return Sharpening(counts, median, float((p[rows, best] > q[rows, best]).mean()) if len(q) else 0.0)


class Frequencies(NamedTuple):
    """The share of each cluster, counted three ways; None where a run has no such array."""

    hard: list[float]  # labels
    soft: list[float] | None  # f_j = mean of q_ij
    wanted: list[float] | None  # mean of p_ij


def frequencies(
    labels: Integer[np.ndarray, " n"], k: int, q: np.ndarray | None = None, p: np.ndarray | None = None
) -> Frequencies:
    """f_j / n of Xie 2016, eq. 3, beside the share of the points that Q puts into each cluster."""

    def mean(rows: np.ndarray | None) -> list[float] | None:
        return None if rows is None else np.nan_to_num(rows.astype(np.float64)).mean(axis=0).tolist()

    return Frequencies((np.bincount(labels, minlength=k) / max(len(labels), 1)).tolist(), mean(q), mean(p))
