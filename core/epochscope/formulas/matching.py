"""The best one-to-one map between two sets of ids, as scores and the coloring of clusters need it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int, Integer
from scipy.optimize import linear_sum_assignment


def best_matching(gain: Integer[np.ndarray, "s s"]) -> Int[np.ndarray, " s"]:
    """The column of each row in the one-to-one map with the largest sum of gains.

    argmax over permutations m of sum_i gain[i, m(i)]                                   (Kuhn 1955)
    """
    best = gain.argmax(axis=1)
    if _all_differ(best) and ((gain == gain.max(axis=1, keepdims=True)).sum(axis=1) == 1).all():
        return best  # each row has its one best column, and no two the same: no other map has this sum
    return linear_sum_assignment(gain, maximize=True)[1]


def most_matched(gain: Integer[np.ndarray, "s s"]) -> int:
    """The sum of gains of that map."""
    if _all_differ(gain.argmax(axis=1)):
        return int(gain.max(axis=1).sum())
    return int(gain[linear_sum_assignment(gain, maximize=True)].sum())


def _all_differ(columns: Int[np.ndarray, " s"]) -> bool:
    return bool(np.bincount(columns, minlength=len(columns)).max(initial=0) <= 1)
