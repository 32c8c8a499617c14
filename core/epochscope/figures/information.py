"""How much clusters tell of points, from Q: I(X; Y) = H(Y) - H(Y|X), over the epochs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from epochscope.figures.curves import of_numbers

OF_CLUSTERS, OF_POINTS, SHARED, MOST = "H(Y): sizes", "H(Y|X): doubt", "I(X;Y)", "ln k"


def numbers(arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Entropy of the mean row of Q, mean entropy of its rows, their difference, and ln k; in nats."""
    q = arrays["q"].astype(np.float64)
    among, inside = float(_entropy(q.mean(axis=0))), float(_entropy(q).mean())
    return {OF_CLUSTERS: among, OF_POINTS: inside, SHARED: among - inside, MOST: float(np.log(q.shape[1]))}


def _entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1)


INFORMATION = of_numbers("information", "Information of clusters", "nats", needs={"q"}, numbers=numbers, rank=44)
INFORMATION = INFORMATION._replace(leads_with=frozenset({"perturbed"}))
