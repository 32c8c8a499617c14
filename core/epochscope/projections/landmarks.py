"""Places points among others that a projection has laid out: an out-of-sample extension for any of them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32

NEIGHBORS = 10
_ROWS = 20_000  # points that are placed at a time


def placed(
    z: Float[np.ndarray, "r d"], landmarks: Float[np.ndarray, "l d"], xy: Float[np.ndarray, "l 2"]
) -> Float32[np.ndarray, "r 2"]:
    """The place of each code: the mean of the places of its nearest landmarks, with weights exp(-d^2 / s^2).

    d is the distance in the space of the codes, s^2 the mean of d^2 over these landmarks, so that the scale of codes
    does not matter. A code that is that of a landmark has its place. All numbers must be finite.

    This is the start of t-SNE's `transform` in openTSNE, without the steps after it, which would push points that share
    their landmarks apart: what is seen between landmarks is interpolated.
    """
    from sklearn.neighbors import NearestNeighbors  # slow to import

    places = np.empty((len(z), 2), np.float32)
    if not len(z):
        return places
    near = NearestNeighbors(n_neighbors=min(NEIGHBORS, len(landmarks)), n_jobs=1).fit(landmarks)
    for start in range(0, len(z), _ROWS):
        distance, index = near.kneighbors(z[start : start + _ROWS])
        squared = distance**2
        scale = squared.mean(axis=1, keepdims=True)
        weight = np.exp(-np.divide(squared, scale, out=np.zeros_like(squared), where=scale > 0))
        weight[distance[:, 0] == 0, 1:] = 0
        weight /= weight.sum(axis=1, keepdims=True)
        places[start : start + _ROWS] = np.einsum("rk,rkc->rc", weight, xy[index])
    return places
