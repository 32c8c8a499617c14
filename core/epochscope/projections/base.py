"""Projections: ways to draw codes in the plane, one frame per epoch, each frame continuing the one before.

Letters: m drawn points, d dimensions of the codes, k clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from jaxtyping import Float, Float32, Float64, Int
from scipy.linalg import eigh

from epochscope.formulas.alignment import procrustes
from epochscope.params import Params, param
from epochscope.types import EpochscopeError


class Frame(NamedTuple):
    """One epoch in the plane. Only linear projections have centers and axes."""

    xy: Float32[np.ndarray, "m 2"]
    centers: Float32[np.ndarray, "k 2"] | None = None
    axes: Float64[np.ndarray, "d 2"] | None = None  # a direction v of the codes is v @ axes in the plane


class Projection(NamedTuple):
    """One entry of PROJECTIONS.

    `project(z, hp, previous, seed, centers=None)` draws all rows of z; `previous` has the same rows in the frame
    before, and is None for the first frame. Equal arguments give equal frames, bit for bit.
    One that draws all epochs alike has `learn(codes of some epochs, hp, seed)` besides, and `place(z, learned)`.
    """

    key: str
    title: str
    about: str  # what it shows and what it does not, in words a student knows
    params: type[DrawParams]
    project: Callable[..., Frame]
    linear: bool = False  # directions and ellipses of the codes can be drawn in the plane
    exact: bool = False  # the plane is the space of the codes, so distances in it are exact
    heavy: bool = False  # takes seconds for imports and the first frame: runs in a process of its own
    learn: Callable[..., Mapping[str, np.ndarray]] | None = None
    place: Callable[..., Float32[np.ndarray, "m 2"]] | None = None


@dataclass(frozen=True)
class DrawParams(Params):
    """Parameters of all projections; sufficient for those without further ones."""

    points: int = param(
        1_000_000,
        100,
        1_000_000,
        log=True,
        label="drawn points",
        help="Most points drawn, the same ones in every epoch; a random sample where there are more.",
    )

    def drawn(self, n: int) -> int:
        """Number of points laid out if there are n."""
        return min(n, self.points)

    def shown(self, n: int) -> int:
        """Number of points that a frame has if there are n."""
        return self.drawn(n)

    def fitted(self, distinct: int) -> Self | None:
        """Parameters for that many distinct codes; None if they are too few for a layout."""
        return self


@dataclass(frozen=True)
class LandmarkParams(DrawParams):
    """Parameters of projections whose cost grows too fast for all points: the first ones, a random sample, are laid out
    as landmarks, and the others are placed among them (epochscope.projections.landmarks).
    """

    points: int = param(
        2000,
        100,
        5000,
        step=100,
        label="landmarks",
        help="Number of points that are laid out, the same ones in every epoch. The others are placed among them.",
    )
    everything: bool = param(
        True,
        label="all points",
        help="Also draws the points that are not landmarks, between the landmarks nearest to them.",
    )

    def shown(self, n: int) -> int:
        return n if self.everything else self.drawn(n)


def checked(z: Float[np.ndarray, "m d"], hp: Params) -> Float64[np.ndarray, "m d"]:
    """The codes in double precision. Raises EpochscopeError if they are not finite or do not fit the params."""
    bad = int((~np.isfinite(z)).any(axis=1).sum())
    if bad:
        raise EpochscopeError(
            f"{bad:,} of {len(z):,} points have codes that are not finite, so this epoch cannot be drawn; "
            "a smaller learning rate usually prevents this."
        )
    hp.check(n=len(z), f=z.shape[1], k=0)
    return z.astype(np.float64)


COLLAPSED = 1e-3
"""Codes are one point if no coordinate varies by more than this share of its largest value: about the rounding of half
precision, in which they are stored, so that what is left of a cloud would be one of rounding errors."""


def collapsed(z: Float[np.ndarray, "m d"]) -> bool:
    """Whether all codes are (nearly) one point."""
    low, high = z.min(axis=0), z.max(axis=0)
    return bool((high - low <= COLLAPSED * np.maximum(np.abs(low), np.abs(high))).all())


_Project = Callable[..., Frame]


def coinciding(project: _Project, fewer: _Project) -> _Project:
    """The projection, with one place for equal codes: a layout that repels points would spread them as a cloud.

    `fewer` lays out what is left if there are too few distinct codes for it; `hp.fitted(n)`, the parameters for n
    distinct codes, is None then.
    """

    def projected(z: Any, hp: Any, previous: Any, seed: int, centers: Any = None) -> Frame:
        z = checked(z, hp)
        if collapsed(z):
            z = np.tile(z[0], (len(z), 1))
        rows, chosen, place = np.unique(z, axis=0, return_index=True, return_inverse=True)
        if len(rows) == len(z):
            return project(z, hp, previous, seed, centers)
        # in the order of the points, so that the layout does not depend on the sorting
        order = np.argsort(chosen)
        place = np.argsort(order)[place.reshape(-1)]
        rows, chosen = rows[order], chosen[order]
        fitted, before = hp.fitted(len(rows)), None if previous is None else previous[chosen]
        xy = (fewer(rows, DrawParams(), before, seed) if fitted is None else project(rows, fitted, before, seed)).xy
        return Frame(xy[place])

    return projected


def unit_scale(z: Float64[np.ndarray, "m d"]) -> Float64[np.ndarray, "m d"]:
    """Codes centered and divided by their largest absolute value, so that squares of huge codes do not overflow."""
    z = z - z.mean(axis=0)  # the only copy of what may be large
    z /= max(z.max(), -z.min()) or 1.0
    return z


def principal_axes(z: Float64[np.ndarray, "m d"]) -> Float64[np.ndarray, "d 2"]:
    """The two directions of largest variance, each with its largest entry positive; zeros if there is no second one."""
    (m, d), z = z.shape, unit_scale(z)
    if d <= m:  # same result as the SVD, 8 times faster at d = 784
        top = eigh(z.T @ z, subset_by_index=[max(d - 2, 0), d - 1])[1][:, ::-1]
    else:
        top = np.linalg.svd(z, full_matrices=False)[2][:2].T
    axes = np.zeros((d, 2))
    axes[:, : top.shape[1]] = top
    return axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1, 1)


def first_layout(z: Float64[np.ndarray, "m d"], size: float, seed: int) -> Float64[np.ndarray, "m 2"]:
    """Start of t-SNE and UMAP: PCA scaled to +-size, with a little noise so that equal codes can separate."""
    xy = unit_scale(z @ principal_axes(z)) * size
    return xy + np.random.default_rng(seed).normal(scale=1e-4 * size, size=xy.shape)


def neighbors(
    z: Float64[np.ndarray, "m d"], count: int
) -> tuple[Int[np.ndarray, "m count"], Float64[np.ndarray, "m count"]]:
    """Indices and distances of the `count` exact nearest neighbors of each point, without itself, nearest first."""
    from sklearn.neighbors import NearestNeighbors  # slow to import

    distance, index = NearestNeighbors(n_neighbors=count, n_jobs=1).fit(z).kneighbors()
    return index, distance


def settled(xy: Float[np.ndarray, "m 2"], previous: Float[np.ndarray, "m 2"] | None, **about: Any) -> Frame:
    """The frame rotated, reflected and shifted onto the previous one: most projections have no fixed orientation."""
    if previous is not None:
        xy = procrustes(points=xy.astype(np.float64), reference=previous.astype(np.float64)).points
    return Frame(xy.astype(np.float32), **about)
