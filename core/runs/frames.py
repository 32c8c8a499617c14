"""Packing: what the browser draws, in as few bytes as a screen needs (core/server/bundle.py describes the format)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16, Integer

HEAT_MAP_ROWS = 1000


class Quantized(NamedTuple):
    """2-D coordinates as int16: value * scale / 32767 + center."""

    values: Int16[np.ndarray, "m 2"]
    center: tuple[float, float]
    scale: float


def quantized(xy: Float[np.ndarray, "m 2"], centers: Float[np.ndarray, "k 2"] | None = None) -> Quantized:
    """The points (and the centers below them) on one int16 grid; a step is far below one pixel."""
    both = xy if centers is None else np.concatenate([xy, centers])
    low, high = both.min(axis=0), both.max(axis=0)
    center = (low + high) / 2
    scale = float(max((high - low).max() / 2, 1e-12))
    values = np.round((both - center) / scale * 32767).astype("<i2")
    return Quantized(values, (float(center[0]), float(center[1])), scale)


def probabilities(rows: Float[np.ndarray, "r k"]) -> bytes:
    """uint8, 255 = certain."""
    return np.round(rows * 255).astype(np.uint8).tobytes()


def channels(
    labels: Integer[np.ndarray, " m"] | None, q: Float[np.ndarray, "m k"] | None, p: Float[np.ndarray, "m k"] | None
) -> dict[str, bytes]:
    """The channels of one epoch for the m drawn points."""
    packed = {}
    if labels is not None:
        packed["labels"] = labels.astype(np.uint8).tobytes()
    if q is not None:
        packed["confidence"] = probabilities(q.max(axis=1))
        packed["q"] = probabilities(q[:HEAT_MAP_ROWS])
    if p is not None:
        packed["p"] = probabilities(p[:HEAT_MAP_ROWS])
    return packed
