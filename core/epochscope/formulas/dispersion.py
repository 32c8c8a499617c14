"""How far numbers lie apart: points about their mean, the results of repeated runs."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

import numpy as np
from jaxtyping import Float


def rms_distance(z: Float[np.ndarray, "m d"]) -> float:
    """Root mean square distance of points from their mean, in units of z: near 0 all points are one; 0 for none."""
    z = z.astype(np.float64)  # the only copy: of many points with many features one takes seconds and much memory
    if not len(z):
        return 0.0
    z -= z.mean(axis=0)
    scale = max(float(z.max(initial=0)), -float(z.min(initial=0)))
    if not np.isfinite(scale) or scale < 1e150:
        return float(np.sqrt(np.square(z, out=z).sum(axis=1).mean()))
    z /= scale  # squares would overflow
    return scale * float(np.sqrt(np.square(z, out=z).sum(axis=1).mean()))


DIRECTION_SHARE = 0.01
"""Codes vary in a principal direction if it has this share of their variance."""
ACTIVE_VARIANCE = 0.01
"""A coordinate of the posterior mean of a VAE is active from this variance on (Burda 2016, section 5.2)."""


class CodeShape(NamedTuple):
    """Numbers about the codes of one epoch."""

    finite: float  # share of the points whose code is finite
    spread: float | None  # root mean square distance from the mean, of the finite ones; None without any
    directions: int  # principal directions that they vary in
    active: int  # coordinates with at least ACTIVE_VARIANCE
    shares: tuple[float, ...]  # share of the variance of the first principal directions, largest first


def code_shape(z: Float[np.ndarray, "m d"], most: int = 5) -> CodeShape:
    """The shape of some codes, with the shares of at most `most` directions. Codes that are not finite only count."""
    finite = np.isfinite(z).all(axis=1)
    good = z[finite].astype(np.float64)
    if not len(good):
        return CodeShape(0.0, None, 0, 0, ())
    share, good = float(finite.mean()), good - good.mean(axis=0)
    spread = rms_distance(good)
    scale = float(np.abs(good).max(initial=0))
    active = int((good.var(axis=0) >= ACTIVE_VARIANCE).sum())
    if not scale > 0 or spread**2 < 1e-24 * max(1.0, float(np.abs(z[finite]).max())) ** 2:
        return CodeShape(share, spread, 0, active, ())
    good /= scale  # so that squares neither overflow nor vanish
    variances = np.linalg.eigvalsh(good.T @ good if good.shape[1] <= len(good) else good @ good.T)[::-1].clip(0)
    variances /= variances.sum()
    shares = tuple(float(v) for v in variances[:most])
    return CodeShape(share, spread, int((variances >= DIRECTION_SHARE).sum()), active, shares)


class MedianRange(NamedTuple):
    """The median, the lowest and the highest of some values."""

    median: float
    low: float
    high: float


def median_range(values: Iterable[float | int]) -> MedianRange:
    """Median, lowest and highest of at least one value."""
    values = list(values)
    return MedianRange(median(values), min(values), max(values))
