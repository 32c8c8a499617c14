"""What viewers ask about points at one epoch: the neighbors of one of them, and numbers that color them all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from epochscope.inspect.whole import match
from epochscope.runs.format.run import Run
from epochscope.runs.library.features import scaled
from epochscope.runs.library.history import history
from epochscope.runs.training.scores import row_entropy


def neighbors(run: Run, epoch: int, point: int) -> dict[str, Any]:
    """The neighbors of one drawn point at an epoch, the nearest to it in weight first: all of them, sampled or not.

    Each is [place among the drawn points (null: not drawn), weight or null, JS divergence in nats or null].
    """
    table = run.epochs()
    rows = {}
    for name in ("neighbors", "weights", "neighbor_js"):
        row = run.row(epoch, name, point) if epoch < len(table) else None
        rows[name] = None if row is None else [v if math.isfinite(v) else None for v in row.astype(float).tolist()]
    places = [int(place) for place in rows["neighbors"] or [] if place is not None]
    blank = [None] * len(places)
    found = zip(places, rows["weights"] or blank, rows["neighbor_js"] or blank, strict=True)
    known = [[None if place < 0 else place, weight, js] for place, weight, js in found]
    return {"epoch": epoch, "point": point, "neighbors": sorted(known, key=lambda one: -(one[1] or 0))}


def point_colors(run: Run, epoch: int) -> dict[str, Any]:
    """What colors can tell of one epoch beyond its channels: {"match": the class that each cluster stands for (-1:
    none), "entropy": that of each drawn point's row of Q, 0 to 255 for 0 to ln k}; null where a run has no such thing.
    "numbers": those that a recorded loop logged of each point, with the ends of their scale, as features are.
    """
    labels, q = run.array(epoch, "labels"), run.array(epoch, "q")
    truth, known = history(run).points["truth"], run.info
    of = None
    if labels is not None and known and (truth >= 0).any():
        of = match(truth=truth, labels=labels, classes=len(known["classes"]), k=known["k"]).tolist()
    even = None if q is None else row_entropy(np.nan_to_num(q)) / np.log(max(q.shape[1], 2))
    return {
        "match": of,
        "entropy": None if even is None else np.round(255 * even.clip(0, 1)).astype(int).tolist(),
        "numbers": _number_colors(run, epoch),
    }


def _number_colors(run: Run, epoch: int) -> list[dict[str, Any]]:
    """Name, low, high, values (0 to 255; None where not finite) of each number of the points at an epoch."""
    table, names = run.array(epoch, "sample_numbers"), (run.info or {}).get("numbers", [])
    if table is None:
        return []
    made = []
    for name, numbers in zip(names, table.T, strict=False):  # one that is logged later has a name but no column yet
        good = np.isfinite(numbers)
        scale = scaled(numbers[good]) if good.any() else None
        values: list[int | None] = [None] * len(numbers)
        if scale is not None:
            for place, value in zip(np.flatnonzero(good).tolist(), scale.values.tolist(), strict=True):
                values[place] = value
        about = {"low": scale.low, "high": scale.high} if scale else {}
        made.append({"name": name, **about, "values": values})
    return made
