"""All points at one epoch or between two: confusion, flow between clusters, certainty of Q, sharpening by P.

Labels are those of all points of the data set; q and p those of the drawn points, as stored.
A label below 0 says that a point is in no cluster (noise).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

from epochscope.formulas.metrics import contingency, hungarian_map

CONFIDENCE_BINS = 20
SHARPENING_BINS = 40
FLOW_THAT_MATTERS = 0.02
"""A move is labeled if it has this share of all points, or half of that and a fifth of its cluster."""


def cluster_name(j: int) -> str:
    """What a cluster is called in a sentence or a table."""
    return f"cluster {j}" if j >= 0 else "no cluster"


def cluster_sizes(labels: Integer[np.ndarray, " n"], k: int) -> Int[np.ndarray, " k"]:
    """Number of points of each cluster."""
    return np.bincount(labels[labels >= 0], minlength=k)


MOST_WITH_EMPTY = 50
"""Clusters up to which a confusion matrix has a column also for each cluster without points."""


class Confusion(NamedTuple):
    """Points of each class (rows) in each cluster (columns); column i is the cluster matched to class i, if any."""

    counts: Int[np.ndarray, "c k"]
    clusters: list[int]  # stored id of each column
    matched: int  # number of matched columns, which come first
    classes: list[int]  # class of each row
    accuracy: float


def match(
    *, truth: Integer[np.ndarray, " n"], labels: Integer[np.ndarray, " n"], classes: int, k: int
) -> Int[np.ndarray, " k"]:
    """The class assigned to each cluster by the best one-to-one map (Kuhn 1955); -1 for unmatched clusters.

    Points without a class (truth below 0) are ignored. A cluster without any point of its class is unmatched.
    """
    table = _table(truth, labels, classes, k)
    matched = np.full(k, -1)
    if table.any():
        known = (truth >= 0) & (labels >= 0)
        of = hungarian_map(truth=truth[known], predicted=labels[known])[:k]
        matched[: len(of)] = np.where(of < classes, of, -1)
        matched[table[matched, np.arange(k)] == 0] = -1
    return matched


def hues(matched: Int[np.ndarray, " k"]) -> tuple[int, ...]:
    """The number in the palette of each cluster: that of the class it is matched to; clusters that are left over have
    the numbers that no cluster took. The stage does the same (stage/data/matching.js).
    """
    taken = set(matched.tolist())
    free = (number for number in range(len(matched) + len(taken) + max(taken, default=0) + 1) if number not in taken)
    return tuple(int(of) if of >= 0 else next(free) for of in matched)


def _table(truth: np.ndarray, labels: np.ndarray, classes: int, k: int) -> Int[np.ndarray, "c k"]:
    table = np.zeros((classes, k), np.int64)
    if (known := (truth >= 0) & (labels >= 0)).any():
        counts = contingency(truth=truth[known], predicted=labels[known]).T[:classes, :k]
        table[: len(counts), : counts.shape[1]] = counts
    return table


def confusion(
    *, truth: Integer[np.ndarray, " n"], labels: Integer[np.ndarray, " n"], classes: int, k: int
) -> Confusion:
    """Confusion of classes and clusters, both in the order of the match: correct points are on the diagonal."""
    table = _table(truth, labels, classes, k)
    of = match(truth=truth, labels=labels, classes=classes, k=k)
    sizes = table.sum(axis=0)
    columns = [int(j) for j in np.lexsort((-sizes, np.where(of < 0, classes, of)))]
    if k > MOST_WITH_EMPTY:
        columns = [j for j in columns if sizes[j] > 0] or columns[:1]
    own = [int(of[j]) for j in columns if of[j] >= 0]
    rows = own + [c for c in range(classes) if c not in own]
    right = sum(table[of[j], j] for j in range(k) if of[j] >= 0)
    points = int((truth >= 0).sum())  # one in no cluster is not right
    return Confusion(table[rows][:, columns], columns, len(own), rows, float(right / max(points, 1)))


def mistakes(
    *, truth: Integer[np.ndarray, " n"], labels: Integer[np.ndarray, " n"], of: Int[np.ndarray, " k"]
) -> np.ndarray:
    """Mask of the points in no cluster or in one matched to another class (`of`) than theirs; False without a class."""
    return (truth >= 0) & (class_of(labels, of) != truth)


def class_of(labels: Integer[np.ndarray, " n"], of: Int[np.ndarray, " k"]) -> Int[np.ndarray, " n"]:
    """The class that each point's cluster stands for (`of`); -1 for none."""
    return np.where(labels < 0, -1, of[labels])


class Flow(NamedTuple):
    """Number of points that moved from each cluster (rows, at epoch a) to each cluster (columns, at epoch b)."""

    counts: Int[np.ndarray, "k k"]
    a: int
    b: int

    @property
    def moved(self) -> int:
        """Number of points that changed cluster."""
        return int(self.counts.sum() - np.trace(self.counts))

    def matters(self, i: int, j: int) -> bool:
        """Whether a move is large enough to be labeled."""
        count, total = self.counts[i, j], self.counts.sum()
        least = FLOW_THAT_MATTERS * total
        return bool(i != j and (count >= least or (count >= least / 2 and count >= self.counts[i].sum() / 5)))


def flow(
    *, before: Integer[np.ndarray, " n"], after: Integer[np.ndarray, " n"], k: int, epochs: tuple[int, int]
) -> Flow:
    """The flow between the labels of two epochs, of the points that were in a cluster at both."""
    both = (before >= 0) & (after >= 0)
    before, after = before[both], after[both]
    counts = np.bincount(before.astype(np.int64) * k + after, minlength=k * k).reshape(k, k)
    return Flow(counts, *epochs)


class Confidence(NamedTuple):
    """Histogram of the largest q of each row, in equal bins from 0 to 1, separately for correct points and mistakes."""

    right: list[int]
    wrong: list[int] | None  # None without classes
    k: int
    median: float


def confidence(q: Float[np.ndarray, "m k"], wrong: np.ndarray | None) -> Confidence:
    """The histogram of q; `wrong` is the mask of mistakes."""
    top = np.nan_to_num(q.max(axis=1).astype(np.float64)).clip(0, 1)

    def bins(values: np.ndarray) -> list[int]:
        return np.histogram(values, bins=CONFIDENCE_BINS, range=(0, 1))[0].tolist()

    median = float(np.median(top)) if len(top) else 0.0
    if wrong is None:
        return Confidence(bins(top), None, q.shape[1], median)
    return Confidence(bins(top[~wrong]), bins(top[wrong]), q.shape[1], median)


class Sharpening(NamedTuple):
    """Joint histogram of all entries (q, p) over the unit square, with the median of p for each bin of q."""

    counts: Int[np.ndarray, "b b"]  # row: bin of p, from 0 up; column: bin of q
    median: list[float | None]
    up: float  # share of points for which P is larger than their largest q


def sharpening(q: Float[np.ndarray, "m k"], p: Float[np.ndarray, "m k"]) -> Sharpening:
    """The joint histogram. Above the diagonal P exceeds Q, below it is smaller."""
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
    """Share of each cluster by labels, Q and P; None where a run has no such array."""

    hard: list[float]  # labels
    soft: list[float] | None  # f_j = mean of q_ij
    wanted: list[float] | None  # mean of p_ij


def frequencies(
    labels: Integer[np.ndarray, " n"], k: int, q: np.ndarray | None = None, p: np.ndarray | None = None
) -> Frequencies:
    """Shares of points by label, and the means of Q (f_j / n in Xie 2016, eq. 3) and P over points."""

    def mean(rows: np.ndarray | None) -> list[float] | None:
        return None if rows is None else np.nan_to_num(rows.astype(np.float64)).mean(axis=0).tolist()

    return Frequencies((cluster_sizes(labels, k) / max(len(labels), 1)).tolist(), mean(q), mean(p))
