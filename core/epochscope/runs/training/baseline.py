"""What k-means reaches on the data themselves: a level that codes should be above. For scores only, as all classes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Integer

from epochscope.formulas.metrics import accuracy

POINTS = 1000
"""Number of points that are clustered: a baseline for a finding, not a result."""
STARTS = 4
_MOST_WORK = 20_000_000  # points x features x clusters; beyond that there is no baseline


def kmeans_accuracy(
    x: Float[np.ndarray, "n f"],
    truth: Integer[np.ndarray, " n"] | None,
    index: Integer[np.ndarray, " m"],
    k: int,
) -> float | None:
    """ACC of k-means (the best inertia of STARTS starts) on the first of these points that have a class.

    None without classes, for too few points, too much work, or values that are not finite.
    """
    if truth is None:
        return None
    rows = index[truth[index] >= 0][:POINTS]
    if len(rows) < 5 * k or len(rows) * x.shape[1] * k > _MOST_WORK:
        return None
    some = np.asarray(x[rows], np.float64)
    if not np.isfinite(some).all() or not np.abs(some).max(initial=0) < 1e100 or len(np.unique(some, axis=0)) < k:
        return None
    from sklearn.cluster import KMeans  # slow to import

    labels = KMeans(k, n_init=STARTS, random_state=0).fit_predict(some)
    return round(accuracy(truth=truth[rows], predicted=labels.astype(np.int64)), 4)
