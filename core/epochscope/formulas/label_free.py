"""Measures of a clustering that need no classes, and how well one of them would have chosen among several runs.

How far clusters lie apart (silhouette), and how far partitions of the same points agree with each other. Labels of -1
(in no cluster) count as one more part where partitions are compared, and are left out of a silhouette.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer
from scipy.stats import rankdata

SILHOUETTE_POINTS = 2000
"""Points of which a silhouette is the mean, at most: its cost is their square."""


def sample_rows(n: int, most: int) -> Int[np.ndarray, " m"]:
    """At most `most` of n rows, the same for every run: the first ones of a random order from seed 0."""
    return np.random.default_rng(0).permutation(n)[:most]


def silhouette(
    z: Float[np.ndarray, "n d"], labels: Integer[np.ndarray, " n"], most: int = SILHOUETTE_POINTS
) -> float | None:
    """Mean silhouette of `most` points drawn with seed 0 (Rousseeuw 1987), from -1 to 1; None where it is not defined.

    s_i = (b_i - a_i) / max(a_i, b_i) with a_i the mean distance to the other points of the cluster and b_i that to the
    points of the nearest other cluster. Codes that are not finite are left out; it is not defined for fewer than two
    clusters, nor where each point is one.
    """
    from sklearn.metrics import silhouette_score  # slow to import

    known = np.flatnonzero((labels >= 0) & np.isfinite(z).all(axis=1))
    rows = known[sample_rows(len(known), most)]
    parts = len(np.unique(labels[rows]))
    if not 2 <= parts < len(rows):
        return None
    return float(silhouette_score(z[rows].astype(np.float64), labels[rows]))


class Agreements(NamedTuple):
    """How far each of r partitions agrees with each other one; symmetric, 1 on the diagonal."""

    ari: Float[np.ndarray, "r r"]
    nmi: Float[np.ndarray, "r r"]


def agreements(labels: Integer[np.ndarray, "r n"]) -> Agreements:
    """ARI and NMI (arithmetic mean) of all pairs of partitions of the same points.

    One product of indicator matrices has all contingency tables W_ab as its blocks; the sums over a block are those of
    epochscope.formulas.metrics.
    """
    n = labels.shape[1]
    parts = [np.unique(one, return_inverse=True)[1] for one in labels]
    counts = [int(part.max()) + 1 for part in parts]
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    indicator = np.zeros((n, sum(counts)), dtype=np.float32)  # whole numbers up to 2^24 are exact
    for start, part in zip(first, parts, strict=True):
        indicator[np.arange(n), start + part] = 1
    tables = (indicator.T @ indicator).astype(np.float64)
    sizes = indicator.sum(axis=0, dtype=np.float64)

    def blocks(values: Float[np.ndarray, "c c"]) -> Float[np.ndarray, "r r"]:
        return np.add.reduceat(np.add.reduceat(values, first, axis=0), first, axis=1)

    same, own = blocks(_pairs(tables)), np.add.reduceat(_pairs(sizes), first)
    expected, most = np.outer(own, own) / max(n * (n - 1) / 2, 1), (own[:, None] + own) / 2
    entropy = np.add.reduceat(_entropy_terms(sizes / n), first)
    mutual = entropy[:, None] + entropy - blocks(_entropy_terms(tables / n))
    with np.errstate(divide="ignore", invalid="ignore"):
        ari = np.where(most == expected, 1.0, (same - expected) / (most - expected))
        nmi = np.where(entropy[:, None] + entropy == 0, 1.0, 2 * mutual / (entropy[:, None] + entropy))
    return Agreements(ari, nmi.clip(0, 1))


def within(agreement: Float[np.ndarray, "r r"], group: Sequence[str]) -> Float[np.ndarray, " r"]:
    """Of each run, its mean agreement with the other runs of its group; NaN where it is alone."""
    names = np.asarray(group)
    others = (names[:, None] == names) & ~np.eye(len(names), dtype=bool)
    return _mean(np.where(others, agreement, np.nan))


def across(agreement: Float[np.ndarray, "r r"], group: Sequence[str]) -> Float[np.ndarray, " r"]:
    """Of each run, its mean agreement with the runs of other groups, each group counting once; NaN without any."""
    names = np.asarray(group)
    means = [np.where(names == name, np.nan, agreement[:, names == name].mean(axis=1)) for name in dict.fromkeys(group)]
    return _mean(np.stack(means, axis=1))


class Choice(NamedTuple):
    """What a measure makes of several runs: the one with its highest value is its choice."""

    correlation: float | None  # Spearman's, of the measure with the ACC; None if either has one value only
    chosen: float  # ACC of the run it chooses; the mean of those with the same highest value
    median: float
    best: float
    runs: int


def choice(measure: Float[np.ndarray, " r"], acc: Float[np.ndarray, " r"]) -> Choice | None:
    """How well a measure would have chosen, over the runs that have it; None with fewer than three of these."""
    has = np.isfinite(measure)
    measure, acc = measure[has], acc[has]
    if len(acc) < 3:
        return None
    ranks = [rankdata(values) for values in (measure, acc)]
    level = any(np.ptp(rank) == 0 for rank in ranks)
    correlation = None if level else float(np.corrcoef(*ranks)[0, 1])
    chosen = float(acc[measure == measure.max()].mean())
    return Choice(correlation, chosen, float(np.median(acc)), float(acc.max()), len(acc))


def _mean(values: Float[np.ndarray, "r c"]) -> Float[np.ndarray, " r"]:
    """Mean of what is there in each row; NaN for a row of nothing."""
    there = np.isfinite(values)
    count = there.sum(axis=1)
    return np.where(count > 0, np.where(there, values, 0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _pairs(counts: Float[np.ndarray, "*s"]) -> Float[np.ndarray, "*s"]:
    return counts * (counts - 1) / 2


def _entropy_terms(share: Float[np.ndarray, "*s"]) -> Float[np.ndarray, "*s"]:
    return -share * np.log(np.where(share > 0, share, 1))
