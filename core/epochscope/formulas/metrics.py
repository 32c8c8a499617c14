"""Scores against the true classes: ACC, NMI, ARI. They are only shown; no method may stop, choose or learn by them.

Ids are whole numbers from 0; unused ids count as empty clusters. W[cluster, class] is the contingency table.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, Integer

from epochscope.formulas.matching import best_matching, most_matched
from epochscope.types import EpochscopeError

_MOST_IDS = 4096


def contingency(*, truth: Integer[np.ndarray, " n"], predicted: Integer[np.ndarray, " n"]) -> Int[np.ndarray, "s s"]:
    """Number of points of each class in each cluster; square, padded with zeros where one side has fewer ids.

    W[j, c] = #{i : predicted_i = j, truth_i = c}
    Raises EpochscopeError without points, and for ids outside 0..4095.
    """
    if not len(truth):
        raise EpochscopeError("There are no points to score.")
    if min(truth.min(), predicted.min()) < 0 or max(truth.max(), predicted.max()) >= _MOST_IDS:
        raise EpochscopeError(
            f"Labels to score must be whole numbers from 0 to {_MOST_IDS - 1:,}; number them 0, 1, 2, ..."
        )
    size = int(max(truth.max(), predicted.max())) + 1
    cell = predicted.astype(np.int64) * size + truth  # one bincount over all pairs of ids
    return np.bincount(cell, minlength=size * size).reshape(size, size)


def hungarian_map(*, truth: Integer[np.ndarray, " n"], predicted: Integer[np.ndarray, " n"]) -> Int[np.ndarray, " s"]:
    """The class assigned to each cluster under the best one-to-one map: class = map[cluster].

    argmax over permutations m of sum_j W[j, m(j)]                                      (Kuhn 1955)
    Surplus clusters get the remaining ids.
    """
    return best_matching(contingency(truth=truth, predicted=predicted))


def accuracy(*, truth: Integer[np.ndarray, " n"], predicted: Integer[np.ndarray, " n"]) -> float:
    """Share of points whose cluster is mapped to their class, under the best one-to-one map.

    ACC = max_m 1/n sum_i 1[truth_i = m(predicted_i)]                                   (Xie 2016, eq. 10)
    """
    w = contingency(truth=truth, predicted=predicted)
    return float(most_matched(w) / w.sum())


def nmi(*, truth: Integer[np.ndarray, " n"], predicted: Integer[np.ndarray, " n"]) -> float:
    """Mutual information of classes and clusters, normalized by the ARITHMETIC mean of their entropies.

    NMI = I(T; C) / ((H(T) + H(C)) / 2), between 0 and 1; it is 1 if both partitions have a single part.
    """
    w = contingency(truth=truth, predicted=predicted)
    joint = w / len(truth)
    h_cluster, h_class = _entropy(joint.sum(axis=1)), _entropy(joint.sum(axis=0))
    if h_cluster == h_class == 0:
        return 1.0
    mutual = h_cluster + h_class - _entropy(joint[w > 0])
    return float(np.clip(2 * mutual / (h_cluster + h_class), 0, 1))  # rounding may leave -1e-17


def ari(*, truth: Integer[np.ndarray, " n"], predicted: Integer[np.ndarray, " n"]) -> float:
    """Adjusted Rand index: agreement of classes and clusters on pairs of points, corrected for chance; at most 1.

    ARI = (S - E) / (M - E) with S = sum_jc C(W_jc, 2), A and B the same sums over the margins of W,
    E = A B / C(n, 2) and M = (A + B) / 2                                               (Hubert and Arabie 1985, eq. 5)
    """
    w = contingency(truth=truth, predicted=predicted)
    same, a, b = _pairs(w), _pairs(w.sum(axis=1)), _pairs(w.sum(axis=0))
    if a == b == same:  # equal partitions, also those where M = E
        return 1.0
    expected = a * b / _pairs(w.sum())
    return float((same - expected) / ((a + b) / 2 - expected))


def one_cluster_accuracy(truth: Integer[np.ndarray, " n"]) -> float:
    """ACC with all points in a single cluster, which is the share of the largest class: a baseline for any ACC."""
    return accuracy(truth=truth, predicted=np.zeros_like(truth))


def _entropy(share: Float[np.ndarray, " s"]) -> float:
    share = share[share > 0]
    return float(-(share * np.log(share)).sum()) if len(share) > 1 else 0.0


def _pairs(count: Int[np.ndarray, "*s"] | np.integer) -> float:
    count = np.asarray(count)
    count = count[count > 1].astype(np.float64)  # int64 would overflow in a * b from 70,000 points on
    return float((count * (count - 1) / 2).sum())
