"""How sure the target is: the mean entropy of the rows of P, beside that of Q, over the epochs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from epochscope.figures.curves import of_numbers


def numbers(arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
    """H = -sum_j p_ij ln p_ij in nats, the mean over the drawn points."""
    entropy = {}
    for name in ("p", "q"):
        rows = arrays[name].astype(np.float64)
        entropy[name.upper()] = float(-(rows * np.log(np.maximum(rows, 1e-12))).sum(axis=1).mean())
    return entropy


FIGURE = of_numbers(
    "mean_entropy", "Entropy of P and Q", "mean entropy of a row, nats", needs={"p", "q"}, numbers=numbers
)
