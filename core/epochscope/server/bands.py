"""Rows of Q, P and the like of all drawn points, for heat maps: in bands, where there are more than pixels."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Integer, UInt8

from epochscope.figures.heat_map import MATRICES
from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

MOST_BANDS = 2000
_MOST_VALUES = 1_000_000  # bands times clusters of an answer
_AT_A_TIME = 4_000_000  # values of the matrix that are looked at
_MOST_ROWS = 100_000  # of which the points are named; of more, every second, third ...


class Bands(NamedTuple):
    """The least, the mean and the largest value of the rows of each band, column by column."""

    low: Float[np.ndarray, "h k"]
    mean: Float[np.ndarray, "h k"]
    high: Float[np.ndarray, "h k"]


class Order(NamedTuple):
    """The points in the order of the rows: by cluster, the most certain of each first."""

    points: Integer[np.ndarray, " m"]
    ends: Integer[np.ndarray, " k"]  # rows up to the end of each cluster


def band_edges(first: int, last: int, h: int) -> Integer[np.ndarray, " h_plus_1"]:
    """Where h bands of the rows first, ..., last - 1 begin; their last number is the end. h <= last - first."""
    return first + np.arange(h + 1, dtype=np.int64) * (last - first) // h


def bands(rows: Callable[[int, int], Float[np.ndarray, "some k"]], edges: Integer[np.ndarray, " h1"], k: int) -> Bands:
    """The bands between `edges`. `rows(first, last)`: these rows of the matrix, of which few are needed at a time."""
    h, most = len(edges) - 1, max(1, _AT_A_TIME // max(1, k))
    low, total, high = np.full((h, k), np.inf, np.float32), np.zeros((h, k)), np.full((h, k), -np.inf, np.float32)
    for start in range(int(edges[0]), int(edges[-1]), most):
        stop = min(start + most, int(edges[-1]))
        part = np.nan_to_num(rows(start, stop))
        these = slice(np.searchsorted(edges, start, "right") - 1, np.searchsorted(edges, stop, "left"))
        begins = np.maximum(edges[:-1][these], start) - start
        low[these] = np.minimum(low[these], np.minimum.reduceat(part, begins, axis=0))
        total[these] += np.add.reduceat(part, begins, axis=0)
        high[these] = np.maximum(high[these], np.maximum.reduceat(part, begins, axis=0))
    return Bands(low, (total / np.diff(edges)[:, None]).astype(np.float32), high)


def row_order(strengths: Float[np.ndarray, "m k"], labels: Integer[np.ndarray, " m"] | None) -> Order:
    """Rows by cluster, and by how strong that is in `strengths`; the strongest cluster where a point has no label."""
    strengths = np.nan_to_num(strengths)
    cluster = strengths.argmax(axis=1)
    if labels is not None:
        cluster = np.where(labels >= 0, labels, cluster)
    own = strengths[np.arange(len(strengths)), cluster]
    return Order(np.lexsort((-own, cluster)).astype("<u4"), np.bincount(cluster, minlength=strengths.shape[1]).cumsum())


@functools.lru_cache(maxsize=8)
def _order_of(run: Run, epoch: int) -> Order:
    labels = run.array(epoch, "labels")
    for name in MATRICES:
        if (matrix := run.array(epoch, name)) is not None:
            return row_order(matrix.astype(np.float32), None if labels is None else labels[run.points()["index"]])
    raise EpochscopeError(f"Epoch {epoch} of this run stores no probabilities of its points.")


def matrix_bands(run: Run, epoch: int, value: str, *rows: int) -> dict[str, Any]:
    """Rows of a matrix (such as "q") or of a difference of two ("p-q"): `rows` are first, the one after the last, and
    the number of bands at most.

    Answers {"first", "last", "rows": how many there are, "k", "height": bands, "ends": rows up to the end of each
    cluster, "low", "mean", "high": bytes as text, height x k, "points": of every `stride`-th of these rows, uint32 as
    text}. Byte 255 stands for 1; of a difference 0 for -1, too. Raises EpochscopeError if the epoch stores no such
    matrix.
    """
    names = value.split("-")
    if len(names) > 2 or not set(names) <= MATRICES.keys():
        raise EpochscopeError(f"There is no matrix {value[:40]!r}; there are {', '.join(MATRICES)}, and differences.")
    first, last, height = rows
    order = _order_of(run, epoch)
    matrices = [run.array(epoch, name) for name in names]
    if any(one is None for one in matrices):
        raise EpochscopeError(f"Epoch {epoch} of this run does not store {value}.")
    count, k = len(order.points), matrices[0].shape[1]  # type: ignore[union-attr]
    first = min(first, count - 1)
    last = min(max(last, first + 1), count)
    h = max(1, min(height, MOST_BANDS, last - first, _MOST_VALUES // k))

    def part(start: int, stop: int) -> Float[np.ndarray, "some k"]:
        chosen = order.points[start:stop]
        parts = [one[chosen].astype(np.float32) for one in matrices if one is not None]
        return parts[0] if len(parts) == 1 else parts[0] - parts[1]

    found = bands(part, band_edges(first, last, h), k)
    stride = -(-(last - first) // _MOST_ROWS)
    named = order.points[first:last:stride]
    made = {name: _text(_bytes(one, signed=len(names) > 1)) for name, one in found._asdict().items()}
    about = {"first": first, "last": last, "rows": count, "k": k, "height": h, "ends": order.ends.tolist()}
    return {**about, **made, "points": _text(named), "stride": stride}


def _bytes(values: Float[np.ndarray, "h k"], *, signed: bool) -> UInt8[np.ndarray, "h k"]:
    share = (values + 1) / 2 if signed else values
    return np.round(255 * share.clip(0, 1)).astype(np.uint8)


def _text(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()
