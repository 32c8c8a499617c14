"""Pseudo-labels from an ensemble: groups of points on which all networks agree, far from each other.

Two points have a strong edge if enough networks put them into one cluster, and a weak edge if at least a few do. Which
cluster that is may differ from network to network. (Gupta 2020)
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

MOST_PATTERNS = 8000
"""Different rows of labels that are compared, the most frequent first: each pair of them takes a byte."""


def pseudo_labels(
    labels: Int[np.ndarray, "n e"], sure: Bool[np.ndarray, " n"], k: int, *, strong: int, weak: int
) -> Int[np.ndarray, " n"]:
    """Pseudo-classes of the points of which the networks are sure; -1 for all others.

    k times: the point with the most strong edges and all at their ends become a class; then points with a weak edge to
    any of them leave. Points with equal rows of labels behave alike, so rows are treated once.
    """
    found = np.full(len(labels), -1)
    patterns, row, counts = np.unique(labels[sure], axis=0, return_inverse=True, return_counts=True)
    kept = np.argsort(-counts, kind="stable")[:MOST_PATTERNS]
    patterns, counts = patterns[kept], counts[kept]
    agree = np.zeros((len(kept), len(kept)), np.uint8)
    for column in patterns.T:
        agree += column[:, None] == column
    there, classes = np.ones(len(kept), bool), np.full(len(kept), -1)
    for c in range(k):
        if not there.any():
            break
        degree = np.where(there, (agree >= strong) @ (counts * there), -1)
        members = there & (agree[degree.argmax()] >= strong)
        classes[members] = c
        there &= ~(agree[members] >= weak).any(axis=0)
    place = np.full(kept.max(initial=-1) + 1 if len(kept) == 0 else int(row.max()) + 1, -1)
    place[kept] = classes
    found[sure] = place[row.ravel()]
    return found


def smallest_class(found: Int[np.ndarray, " n"], k: int) -> int:
    """Points of the smallest of k pseudo-classes."""
    return int(np.bincount(found[found >= 0], minlength=k).min())
