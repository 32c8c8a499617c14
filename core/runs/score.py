"""Scores of one epoch over ALL points. Labels end here: nothing of this flows back into a method."""

from __future__ import annotations

import numpy as np
from jaxtyping import Integer

from core.formulas.metrics import accuracy, ari, nmi

SCORES = {"acc": "ACC", "nmi": "NMI", "ari": "ARI"}
"""Score -> its name on the page; each is 1 for a perfect clustering."""


def scores(
    labels: Integer[np.ndarray, " n"],
    *,
    truth: Integer[np.ndarray, " n"] | None,
    previous: Integer[np.ndarray, " n"] | None,
) -> dict[str, float]:
    """ACC, NMI, ARI against the truth (where there is one); the share of labels changed since the previous epoch."""
    found: dict[str, float] = {}
    if truth is not None:
        found = {
            "acc": accuracy(truth=truth, predicted=labels),
            "nmi": nmi(truth=truth, predicted=labels),
            "ari": ari(truth=truth, predicted=labels),
        }
    if previous is not None:
        found["changed"] = float(np.mean(labels != previous))
    return {name: round(float(value), 6) for name, value in found.items()}
