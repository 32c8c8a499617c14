"""How far numbers lie apart: points about their mean, the results of repeated runs."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

import numpy as np
from jaxtyping import Float


def rms_distance(z: Float[np.ndarray, "m d"]) -> float:
    """Root mean square distance of points from their mean, in units of z: near 0 all points are one; 0 for none."""
    z = z.astype(np.float64)
    return float(np.sqrt(((z - z.mean(axis=0)) ** 2).sum(axis=1).mean())) if len(z) else 0.0


class MedianRange(NamedTuple):
    """The median, the lowest and the highest of some values."""

    median: float
    low: float
    high: float


def median_range(values: Iterable[float | int]) -> MedianRange:
    """Median, lowest and highest of at least one value."""
    values = list(values)
    return MedianRange(median(values), min(values), max(values))
