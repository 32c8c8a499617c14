"""Coordinates of the drawn points in the plane, stored as int16 on one grid per frame; NOWHERE: no place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from epochscope.runs.format.journal import Journal

NOWHERE = -32768
"""Both coordinates of a point that is not drawn: its code is not finite."""


def plane_points(content: bytes, line: Mapping[str, Any]) -> Float[np.ndarray, "m 2"]:
    """Coordinates from the bytes of a frame: value * scale / 32767 + center; NaN for a point without a place."""
    values = np.frombuffer(content, "<i2").reshape(-1, 2)
    values = np.where(values == NOWHERE, np.nan, values)
    return (values * (line["scale"] / 32767) + np.asarray(line["center"])).astype(np.float32)


def read_xy(journal: Journal, line: Mapping[str, Any]) -> Float[np.ndarray, "m 2"]:
    """The points of one frame. Raises EpochscopeError where they cannot be read."""
    return plane_points(journal.read(line["at"]["xy"]), line)


def track(journal: Journal, place: int) -> tuple[list[int], Float[np.ndarray, "e 2"]]:
    """The path of one drawn point through the frames of a projection: epochs in order, and x, y of each.

    A projection may draw fewer points. Raises EpochscopeError where the frames cannot be read.
    """
    xy_by_epoch: dict[int, np.ndarray] = {}
    for line in journal.lines():
        offset, size = line["at"]["xy"]
        if 4 * place + 4 <= size:
            xy_by_epoch[line["epoch"]] = plane_points(journal.read((offset + 4 * place, 4)), line)[0]
    epochs = sorted(xy_by_epoch)
    return epochs, np.array([xy_by_epoch[epoch] for epoch in epochs], float).reshape(-1, 2)
