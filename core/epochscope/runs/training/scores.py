"""Scores of one epoch over ALL points. True labels are used here only; nothing flows back into a method."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Integer

from epochscope.formulas.metrics import accuracy, ari, contingency, nmi

SCORES = {"acc": "ACC", "nmi": "NMI", "ari": "ARI"}
"""Score -> its name on the page; each is 1 for a perfect clustering."""

ENTROPY_BINS = 20
_CELLS = 1_000_000  # of Q in double precision at once


def scores(
    labels: Integer[np.ndarray, " n"],
    *,
    truth: Integer[np.ndarray, " n"] | None,
    previous: Integer[np.ndarray, " n"] | None,
) -> dict[str, float]:
    """ACC, NMI, ARI against the truth (where there is one); the share of labels changed since the previous epoch.

    Points without a class (truth below 0) do not count. Points in no cluster (labels below 0) are wrong for ACC, and a
    part of their own for NMI and ARI.
    """
    scored: dict[str, float] = {}
    if truth is not None and (known := truth >= 0).any():
        truth, predicted = truth[known], labels[known]
        assigned = predicted >= 0
        parts = np.where(assigned, predicted, predicted.max() + 1)
        right = accuracy(truth=truth[assigned], predicted=predicted[assigned]) if assigned.any() else 0.0
        scored = {
            "acc": right if assigned.all() else right * float(assigned.mean()),
            "nmi": nmi(truth=truth, predicted=parts),
            "ari": ari(truth=truth, predicted=parts),
        }
    if previous is not None:
        scored["changed"] = float(np.mean(labels != previous))
    return {name: round(float(value), 6) for name, value in scored.items()}


def graph_scores(
    neighbors: Integer[np.ndarray, "n j"],
    weights: Float[np.ndarray, "n j"] | None,
    *,
    labels: Integer[np.ndarray, " n"] | None,
    truth: Integer[np.ndarray, " n"] | None,
) -> dict[str, float]:
    """How good a graph is, each edge counted by its weight (1 where there is none).

    purity: share of the edges whose two ends have the same true class; cut: share of those between two clusters.
    """
    w = np.ones(neighbors.shape) if weights is None else weights.astype(np.float64)
    w = np.where(neighbors < 0, 0.0, w)  # an empty place
    total = float(w.sum()) or 1.0
    scored = {}
    if truth is not None:
        same = (truth[neighbors] == truth[:, None]) & (truth >= 0)[:, None]
        scored["purity"] = (w * same).sum() / total
    if labels is not None:
        scored["cut"] = (w * (labels[neighbors] != labels[:, None])).sum() / total
    return {name: round(float(value), 6) for name, value in scored.items() if np.isfinite(value)}


def lost_classes(labels: Integer[np.ndarray, " n"], truth: Integer[np.ndarray, " n"]) -> list[int]:
    """The classes that are the largest class of no cluster, among those that have points."""
    known = (truth >= 0) & (labels >= 0)
    classes = np.unique(truth[truth >= 0])
    if not known.any():
        return classes.tolist()
    table = contingency(truth=truth[known], predicted=labels[known])
    led = table.argmax(axis=1)[table.any(axis=1)]
    return np.setdiff1d(classes, led).tolist()


def row_entropy(q: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
    """How even each row is, -sum_j q_ij ln q_ij, in nats: from 0 (one cluster alone) to ln k (all alike)."""
    rows = max(1, _CELLS // q.shape[1])  # a row's sum does not depend on the others: these blocks change no bit
    found = np.empty(len(q))
    for start in range(0, len(q), rows):
        piece = q[start : start + rows].astype(np.float64)
        found[start : start + rows] = -(piece * np.log(np.where(piece > 0, piece, 1.0))).sum(axis=1)
    return found


def entropy_histogram(q: Float[np.ndarray, "n k"]) -> Integer[np.ndarray, " bins"]:
    """How many points have a row entropy in each of ENTROPY_BINS even bins from 0 to ln k."""
    top = np.log(max(q.shape[1], 2))
    return np.histogram(np.clip(row_entropy(q), 0, top), bins=ENTROPY_BINS, range=(0, top))[0]
