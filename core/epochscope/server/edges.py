"""The edges of the neighbor graph in a part of the plane: single ones where they are few, else their density."""

from __future__ import annotations

import base64
import functools
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

from epochscope.runs.format.channels import MOST_EDGES
from epochscope.runs.format.points import read_xy
from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

MOST_CELLS = 500_000
_MOST_STEPS = 10_000_000  # cells that lines cross, counted one by one: half a second
_AT_A_TIME = 1_000_000


class Part(NamedTuple):
    """A part of the plane, and the grid that is laid over it."""

    left: float
    right: float
    bottom: float
    top: float
    width: int  # cells
    height: int


def line_density(
    start: Float[np.ndarray, "e 2"], end: Float[np.ndarray, "e 2"], width: int, height: int
) -> tuple[Int[np.ndarray, "height width"], int]:
    """How many lines cross each cell of a grid, and how many lines were counted.

    Places are in cells: 0, 0 is the corner of the first one. Each line counts once in each column it crosses, or in
    each row, if it is steep. Of lines that cross too many cells in all, a random sample is counted.
    """
    start, end = _clipped(start.astype(np.float32), end.astype(np.float32), width, height)
    steps = np.ceil(np.abs(end - start).max(axis=1)).astype(np.int64)
    share = _MOST_STEPS / max(1, int(steps.sum() + len(steps)))
    if share < 1:
        chosen = np.random.default_rng(0).random(len(steps)) < share
        start, end, steps = start[chosen], end[chosen], steps[chosen]
    counts = np.zeros(width * height, np.int64)
    upto = np.cumsum(steps + 1)
    first = 0
    while first < len(steps):
        before = int(upto[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(upto, before + _AT_A_TIME, "right")))
        lengths = steps[first:last] + 1
        line = np.repeat(np.arange(first, last), lengths)
        place = np.arange(len(line)) - np.repeat(upto[first:last] - lengths - before, lengths)
        share_of_way = (place / np.maximum(steps[line], 1)).astype(np.float32)[:, None]
        at = start[line] + (end[line] - start[line]) * share_of_way
        column = np.clip(at[:, 0].astype(np.int64), 0, width - 1)
        row = np.clip(at[:, 1].astype(np.int64), 0, height - 1)
        counts += np.bincount(row * width + column, minlength=width * height)
        first = last
    return counts.reshape(height, width), len(steps)


def _clipped(
    start: Float[np.ndarray, "e 2"], end: Float[np.ndarray, "e 2"], width: int, height: int
) -> tuple[Float[np.ndarray, "some 2"], Float[np.ndarray, "some 2"]]:
    """The parts of lines within the grid (Liang-Barsky); lines beside it are left out."""
    way = end - start
    enter, leave = np.zeros(len(way), np.float32), np.ones(len(way), np.float32)
    beside = np.zeros(len(way), bool)
    for axis, size in ((0, width), (1, height)):
        for toward, room in ((-way[:, axis], start[:, axis]), (way[:, axis], size - start[:, axis])):
            with np.errstate(divide="ignore", invalid="ignore"):
                t = room / toward
            enter = np.where(toward < 0, np.maximum(enter, t), enter)
            leave = np.where(toward > 0, np.minimum(leave, t), leave)
            beside |= (toward == 0) & (room < 0)
    there = (enter <= leave) & ~beside
    start, way = start[there], way[there]
    return start + way * enter[there, None], start + way * leave[there, None]


def graph(run: Run, epoch: int, projection: str, *part: Any) -> dict[str, Any]:
    """The edges with an end in a part of the plane of a projection, at an epoch. `part`: the fields of Part.

    Answers {"edges": how many, "all": how many of the whole graph lie between drawn points} and either {"ends": i0 j0
    i1 j1 ..., uint32 as text, "weights": a byte each as text, where edges have weights} or, where there are more than
    MOST_EDGES, {"counted": how many of them were counted, "most": the largest count of a cell, "density": a byte for
    each of `height` x `width` cells, from the upper left one, as text: 255 log(1 + count) / log(1 + most)}. Raises
    EpochscopeError if the epoch has no graph or no frame.
    """
    seen = Part(*part)
    if not (seen.left < seen.right and seen.bottom < seen.top and np.isfinite(seen).all()):
        raise EpochscopeError("This part of the plane is empty.")
    if not 0 < seen.width * seen.height <= MOST_CELLS:
        raise EpochscopeError(f"A picture has 1 to {MOST_CELLS:,} cells, not {seen.width} x {seen.height}.")
    return _graph(run, epoch, projection, seen)


@functools.lru_cache(maxsize=16)
def _graph(run: Run, epoch: int, projection: str, part: Part) -> dict[str, Any]:
    near, weights = run.array(epoch, "neighbors"), run.array(epoch, "weights")
    journal = run.frames(projection)
    line = next((line for line in reversed(journal.lines()) if line["epoch"] == epoch), None)
    if near is None or line is None:
        raise EpochscopeError(f"Epoch {epoch} of this run has no graph in this projection.")
    xy = read_xy(journal, line)
    near = np.where(near[: len(xy)] < len(xy), near[: len(xy)], -1)
    there = (near >= 0) & np.isfinite(xy[:, 0])[:, None] & np.isfinite(xy[np.maximum(near, 0), 0])
    seen = _within(xy, part)
    shown = there & (seen[:, None] | seen[np.maximum(near, 0)])
    row, place = np.nonzero(shown)
    column = near[row, place]
    about = {"edges": len(row), "all": int(there.sum())}
    if len(row) <= MOST_EDGES:
        ends = np.stack([row, column], axis=1).astype("<u4")
        made = {} if weights is None else {"weights": _text(_weight_bytes(weights, row, place))}
        return {**about, "ends": _text(ends), **made}
    scale = np.array([part.width / (part.right - part.left), -part.height / (part.top - part.bottom)])
    cells = ((xy - np.array([part.left, part.top])) * scale).astype(np.float32)
    counts, counted = line_density(cells[row], cells[column], part.width, part.height)
    most = int(counts.max(initial=0))
    tones = np.round(255 * np.log1p(counts) / max(np.log1p(most), 1e-9)).astype(np.uint8)
    return {**about, "counted": counted, "most": most, "density": _text(tones)}


def _within(xy: Float[np.ndarray, "m 2"], part: Part) -> Bool[np.ndarray, " m"]:
    x, y = xy.T
    return (x >= part.left) & (x <= part.right) & (y >= part.bottom) & (y <= part.top)


def _weight_bytes(
    weights: Float[np.ndarray, "m j"], row: Integer[np.ndarray, " e"], place: Integer[np.ndarray, " e"]
) -> np.ndarray:
    """Weights on the scale of the whole graph, which leaves a few large ones beyond its end."""
    weights = np.nan_to_num(weights.astype(np.float32))
    top = float(np.quantile(weights, 0.98)) or float(weights.max(initial=0)) or 1.0
    return np.round(255 * (weights[row, place] / top).clip(0, 1)).astype(np.uint8)


def _text(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()
