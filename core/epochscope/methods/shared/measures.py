"""Measures of an epoch that several methods report."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def assignment_measures(z: Float[Tensor, "n d"], q: Float[Tensor, "n k"]) -> dict[str, float]:
    """Mean of the largest q, number of clusters in use, and mean norm of the codes (does it shrink?)."""
    sure = q.max(dim=1)
    return {
        "mean of the largest q": float(sure.values.mean()),
        "clusters in use": float(len(sure.indices.unique())),
        "mean norm of the codes": float(z.norm(dim=1).mean()),
    }
