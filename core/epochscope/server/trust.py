"""How far a frame of a projection can be trusted, point by point (epochscope.formulas.trust)."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from epochscope.formulas.trust import NEIGHBORS, neighborhoods, stretched, trust
from epochscope.runs.format.points import read_xy
from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

ALL = 10_000
"""Up to so many points, the trust of each is computed."""
SAMPLE = 5_000
"""Of more points, that of the first ones, a random sample; their neighbors are looked for among all."""
MOST_STRETCHED = 400
"""Stretched pairs that are drawn: the longest."""


def picture_trust(run: Run, epoch: int, projection: str) -> dict[str, Any]:
    """Answers {"values": trust of each drawn point, 0 to 255, as far as it was computed (null: no place), "mean", "of":
    points it was computed of, "neighbors", "stretched": ends of the longest stretched pairs, i0 j0 i1 j1 ...,
    "all_stretched": how many there are}. Raises EpochscopeError if the epoch has no codes or no frame.
    """
    return _trust(run, epoch, projection)


@functools.lru_cache(maxsize=64)
def _trust(run: Run, epoch: int, projection: str) -> dict[str, Any]:
    z, journal = run.array(epoch, "z"), run.frames(projection)
    line = next((line for line in reversed(journal.lines()) if line["epoch"] == epoch), None)
    if z is None or line is None:
        raise EpochscopeError(f"Epoch {epoch} of this run has no codes, or no frame of this projection.")
    xy = read_xy(journal, line).astype(np.float64)
    z = z[: len(xy)].astype(np.float64)
    there = np.flatnonzero(np.isfinite(z).all(axis=1) & np.isfinite(xy).all(axis=1))
    values: list[int | None] = [None] * (len(xy) if len(xy) <= ALL else min(len(xy), SAMPLE))
    of = there[there < len(values)]  # the first of those with a place
    about = {"neighbors": NEIGHBORS, "of": len(of)}
    if len(there) < 2 or not len(of):
        return {**about, "values": values, "mean": None, "stretched": [], "all_stretched": 0}
    found = neighborhoods(z[there], xy[there], len(of))
    shares = trust(found)
    for point, share in zip(of.tolist(), np.round(255 * shares).astype(int).tolist(), strict=True):
        values[point] = share
    pairs, count = stretched(found, xy[there], MOST_STRETCHED)
    ends = there[pairs].reshape(-1).tolist()
    return {**about, "values": values, "mean": float(shares.mean()), "stretched": ends, "all_stretched": count}
