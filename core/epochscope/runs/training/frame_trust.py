"""One number for each frame of a projection: how far it can be trusted."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from epochscope.formulas.trust import neighborhoods, trust

_FEWEST, _MOST = 20, 150  # points whose neighborhoods are looked at
_DISTANCES = 500_000  # as many points as this allows: a hundredth of a second


def mean_trust(z: Float[np.ndarray, "m d"], xy: Float[np.ndarray, "m 2"]) -> float | None:
    """Mean share of the neighbors among the codes that are neighbors in the picture, over its first points, a random
    sample; None where fewer than two points have a place.
    """
    there = np.isfinite(z).all(axis=1) & np.isfinite(xy).all(axis=1)
    if there.sum() < 2:
        return None
    most = max(_FEWEST, min(_MOST, _DISTANCES // len(z)))
    return round(float(trust(neighborhoods(z[there], xy[there], most)).mean()), 4)
