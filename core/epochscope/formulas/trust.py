"""How far a picture in the plane can be trusted: whether neighbors among the codes are neighbors in it, too.

The share of the J nearest neighbors that a picture keeps is a measure of Lee and Verleysen (Quality assessment of
dimensionality reduction: rank-based criteria. Neurocomputing, 2009), there over all points at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from epochscope.formulas.dispersion import rms_distance

NEIGHBORS = 15
_BRUTE = 4_000_000  # distances that are computed one by one: a tenth of a second, without an import that takes seconds
_PAIRS = 20_000
_NEARLY = 1 + 1e-9


class Neighborhoods(NamedTuple):
    """The nearest neighbors of some points among the codes, and where these are in the picture."""

    near: Int[np.ndarray, "a j"]
    distance: Float[np.ndarray, "a j"]  # in the picture
    radius: Float[np.ndarray, " a"]  # distance to the j-th nearest point in the picture


def neighborhoods(
    z: Float[np.ndarray, "m d"], xy: Float[np.ndarray, "m 2"], count: int, neighbors: int = NEIGHBORS
) -> Neighborhoods:
    """Of the first `count` points, among all m. At most m - 1 neighbors are looked at. All numbers must be finite."""
    j = min(neighbors, len(z) - 1)
    count = min(count, len(z))
    z, xy = _scaled(z), _scaled(xy)
    near = _nearest(z, count, j)
    distance = np.linalg.norm(xy[near] - xy[:count, None], axis=2)
    found = _nearest(xy, count, j)
    radius = np.linalg.norm(xy[found] - xy[:count, None], axis=2).max(axis=1, initial=0)
    return Neighborhoods(near, distance, radius)


def trust(found: Neighborhoods) -> Float[np.ndarray, " a"]:
    """Of each point, the share of its neighbors among the codes that are no farther in the picture than the J-th
    nearest point there: 1 where all are kept. Points that share a place are all equally near, so a heap of codes drawn
    as one is to be trusted.
    """
    if not found.near.shape[1]:
        return np.ones(len(found.near))
    return (found.distance <= found.radius[:, None] * _NEARLY).mean(axis=1)


def stretched(
    found: Neighborhoods, xy: Float[np.ndarray, "m 2"], most: int, seed: int = 0
) -> tuple[Int[np.ndarray, "s 2"], int]:
    """Pairs of neighbors that lie farther apart in the picture than half of all pairs of points: the longest `most` of
    them, the longest first, and how many there are. Half of all pairs: of 20,000 random ones.
    """
    rng = np.random.default_rng(seed)
    xy = _scaled(xy)
    one, other = rng.integers(0, len(xy), (2, _PAIRS))
    usual = float(np.median(np.linalg.norm(xy[one] - xy[other], axis=1)))
    row, place = np.nonzero(found.distance > usual)
    pairs = np.sort(np.stack([row, found.near[row, place]], axis=1), axis=1)
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    order = np.argsort(-found.distance[row[first], place[first]], kind="stable")
    return pairs[order[:most]], len(pairs)


def excess_motion(
    z: Float[np.ndarray, "m d"],
    z_next: Float[np.ndarray, "m d"],
    xy: Float[np.ndarray, "m 2"],
    xy_next: Float[np.ndarray, "m 2"],
) -> float:
    """How much farther points move in the picture than their codes do, on average over the points: the jitter of a
    projection between two epochs. mean_i max(0, |xy'_i - xy_i| / s(xy) - |z'_i - z_i| / s(z)), s the root mean square
    distance from the mean; 0 where no point moves farther than its code.
    """
    picture, codes = rms_distance(xy), rms_distance(z)
    moved = np.linalg.norm(xy_next.astype(np.float64) - xy, axis=1) / (picture or 1.0)
    code_moved = np.linalg.norm(z_next.astype(np.float64) - z, axis=1) / (codes or 1.0)
    return float(np.maximum(0, moved - code_moved).mean())


def _scaled(points: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m d"]:
    """Points whose squares do not overflow; neighbors stay neighbors."""
    points = points.astype(np.float64)
    points = points - points.mean(axis=0)
    return points / (float(np.abs(points).max(initial=0)) or 1.0)


def _nearest(points: Float[np.ndarray, "m d"], count: int, j: int) -> Int[np.ndarray, "count j"]:
    """The j nearest other points of each of the first `count`, in no order."""
    if count * len(points) <= _BRUTE:
        square = (points**2).sum(axis=1)
        distance = square[:count, None] + square - 2 * (points[:count] @ points.T)
        distance[np.arange(count), np.arange(count)] = np.inf
        return np.argpartition(distance, max(j - 1, 0), axis=1)[:, :j]
    from sklearn.neighbors import NearestNeighbors  # slow to import

    found = NearestNeighbors(n_neighbors=j + 1, n_jobs=1).fit(points).kneighbors(points[:count], return_distance=False)
    own = found == np.arange(count)[:, None]
    own[~own.any(axis=1), -1] = True  # among many equal points it may not be found itself
    return found[~own].reshape(count, j)
