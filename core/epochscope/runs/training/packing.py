"""What the browser draws, packed in as few bytes as a screen needs (epochscope.runs.format.channels)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16, Integer, UInt8

from epochscope.runs.format.channels import (
    CHANNELS,
    HEAT_MAP_ROWS,
    MOST_EDGES,
    MOST_EXAMPLES,
    MOST_PLANE_POINTS,
    MOST_SAMPLES,
    MOST_SHEETS,
    Channel,
    Scale,
)
from epochscope.runs.format.points import NOWHERE
from epochscope.runs.training.snapshot_arrays import same, wide
from epochscope.types import Dataset

_MOST_IN_TWO_BYTES = 65_536  # points that a number of two bytes can name
SAMPLE_BYTES = 40_000  # of all samples together, as long as three of each cluster are left


class Quantized(NamedTuple):
    """2-D coordinates as int16: value * scale / 32767 + center; NOWHERE for a point that has no place."""

    values: Int16[np.ndarray, "m 2"]
    center: tuple[float, float]
    scale: float


def quantized(xy: Float[np.ndarray, "m 2"], centers: Float[np.ndarray, "k 2"] | None = None) -> Quantized:
    """The points (and the centers below them) on one int16 grid; a step is far below one pixel.

    A point or center whose coordinates are not finite is NOWHERE. Centers do not count for the grid where they lie more
    than 1,000 times as far out as the points, which would all fall into one step: those are NOWHERE, too.
    """
    both = (xy if centers is None else np.concatenate([xy, centers])).astype(np.float64)
    both[~np.isfinite(both).all(axis=1)] = np.nan
    points = both[: len(xy)]
    if centers is not None and np.isfinite(points).any():
        middle, reach = np.nanmean(points, axis=0), np.nanmax(np.ptp(points[np.isfinite(points[:, 0])], axis=0))
        far = np.abs(both[len(xy) :] - middle).max(axis=1) > 1000 * max(reach, 1e-12)
        both[len(xy) :][far & (reach > 0)] = np.nan
    there = np.isfinite(both[:, 0])
    low, high = (both[there].min(axis=0), both[there].max(axis=0)) if there.any() else (np.zeros(2), np.zeros(2))
    center = low + (high - low) / 2
    scale = float(max((high - low).max() / 2, 1e-12))
    values = np.full(both.shape, NOWHERE, "<i2")
    values[there] = np.round((both[there] - center) / scale * 32767)
    return Quantized(values, (float(center[0]), float(center[1])), scale)


class Gray(NamedTuple):
    """From the features of a point to the gray values of its picture: slope * x + offset, pixel by pixel."""

    slope: Float[np.ndarray, " f"]
    offset: Float[np.ndarray, " f"]

    def __call__(self, x: Float[np.ndarray, "*some f"]) -> UInt8[np.ndarray, "*some f"]:
        return np.clip(np.round(x * self.slope + self.offset), 0, 255).astype(np.uint8)


def gray_of(data: Dataset) -> Gray | None:
    """The map from features to pictures, if features are pixels; None where they are not, or in color."""
    if data.pictures is None or data.pictures.ndim > 3 or data.pictures[0].size != data.x.shape[1]:
        return None
    step = max(1, len(data) // 500)
    x, g = data.x[::step].astype(np.float64), data.pictures[::step].reshape(-1, data.x.shape[1]).astype(np.float64)
    dx, dg = x - x.mean(axis=0), g - g.mean(axis=0)
    varied = (dx**2).sum(axis=0)
    slope = np.divide((dx * dg).sum(axis=0), varied, out=np.full(len(varied), np.nan), where=varied > 1e-9)
    # a pixel that never changes in the data has no slope of its own, but a decoder may paint there
    slope = np.where(np.isnan(slope), np.nanmedian(slope) if (varied > 1e-9).any() else 0.0, slope)
    gray = Gray(slope.astype(np.float32), (g.mean(axis=0) - slope * x.mean(axis=0)).astype(np.float32))
    return gray if np.abs(gray(data.x[::step]) - g).mean() < 2 else None


def one_byte(values: Float[np.ndarray, "*some"], top: float = 1.0) -> bytes:
    """uint8, 255 = top; values beyond it are cut off, NaN is 0."""
    return np.round(np.nan_to_num(values) * (255 / top)).clip(0, 255).astype(np.uint8).tobytes()


def scaled(values: Float[np.ndarray, "*some"], scale: Scale) -> bytes:
    """float32 top, then uint8: value = byte * top / 255. Values beyond the top are cut off."""
    values = np.nan_to_num(values, posinf=0, neginf=0)
    top = scale if isinstance(scale, float) else 0.0
    if scale == "usual" and values.size:  # so that a few large values do not leave the rest in the dark
        top = float(np.quantile(values, 0.98))
    top = top or float(values.max(initial=0))
    return np.float32(top).tobytes() + one_byte(values / (top or 1.0))


def plane(points: Float[np.ndarray, "m two"]) -> bytes:
    """float32 x and y of the center, scale; then int16 x0 y0 x1 y1 ... of an even choice of the points."""
    if not len(points):
        return np.array([0, 0, 1], "<f4").tobytes()
    most = min(len(points), MOST_PLANE_POINTS)
    chosen = points[np.linspace(0, len(points) - 1, most).astype(int)]
    packed = quantized(np.nan_to_num(chosen, posinf=0, neginf=0))
    return np.array([*packed.center, packed.scale], "<f4").tobytes() + packed.values.tobytes()


class Edges(NamedTuple):
    """A fair sample of the edges between drawn points."""

    row: Integer[np.ndarray, " e"]
    column: Integer[np.ndarray, " e"]  # edge e goes from point row[e] to its neighbor places[row[e], column[e]]
    between: int  # edges between drawn points in all


def sample_edges(places: Integer[np.ndarray, "m j"]) -> Edges:
    """At most MOST_EDGES edges, each with the same chance, in the order of their points; the same ones every time."""
    there = places >= 0
    between = int(there.sum())
    if between <= MOST_EDGES:
        row, column = np.nonzero(there)
        return Edges(row, column, between)
    chosen = np.sort(np.random.default_rng(0).choice(between, MOST_EDGES, replace=False))
    if between < places.size:
        chosen = np.flatnonzero(there)[chosen]
    row, column = np.divmod(chosen, places.shape[1])
    return Edges(row, column, between)


def edges(places: Integer[np.ndarray, "m j"], number: str = "<u2") -> bytes:
    """uint32 j, uint32 edges in all, then i0 j0 i1 j1 ... of the sampled edges as numbers of that type."""
    row, column, between = sample_edges(places)
    pairs = np.stack([row, places[row, column]], axis=1).astype(number)
    return np.array([places.shape[1], between], "<u4").tobytes() + pairs.tobytes()


def _of_edges(places: Integer[np.ndarray, "m j"], values: Float[np.ndarray, "m j"]) -> Float[np.ndarray, " e"]:
    row, column, _ = sample_edges(places)
    return values[row, column]


def _as_stored(values: np.ndarray) -> np.ndarray:
    return values


def _samples(values: Float[np.ndarray, "k s f"]) -> Float[np.ndarray, "c some f"]:
    values = values[:MOST_SHEETS]
    return values[:, : max(3, min(MOST_SAMPLES, SAMPLE_BYTES // max(1, values[:, 0].size)))]


def _examples(values: Float[np.ndarray, "parts r f"]) -> Float[np.ndarray, "parts i f"]:
    return values[:, :MOST_EXAMPLES]


SOURCES: Mapping[str, tuple[tuple[str, ...], Callable[..., np.ndarray | None]]] = {
    "labels": (("labels",), lambda labels: None if wide(labels) else labels),
    "labels16": (("labels",), lambda labels: labels if wide(labels) else None),
    "confidence": (("q",), lambda q: q.max(axis=1)),
    "q": (("q",), _as_stored),
    "p": (("p",), _as_stored),
    "pi": (("pi",), _as_stored),
    "pull": (("forces",), lambda forces: np.linalg.norm(forces, axis=1)),
    "edges": (("neighbors",), lambda near: near if len(near) <= _MOST_IN_TWO_BYTES else None),
    "edges32": (("neighbors",), lambda near: near if len(near) > _MOST_IN_TWO_BYTES else None),
    "edge_weights": (("neighbors", "weights"), _of_edges),
    "edge_js": (("neighbors", "neighbor_js"), _of_edges),
    "field": (("field",), _as_stored),
    "field_codes": (("field_codes",), _as_stored),
    "field_prior": (("field_prior",), _as_stored),
    "affinity": (("affinity",), np.abs),
    "decoded_centers": (("decoded_centers",), lambda centers: centers[:MOST_SHEETS]),
    "samples": (("samples",), _samples),
    "reconstructions": (("reconstructions",), _examples),
    "cross_reconstructions": (("cross_reconstructions",), _examples),
    "perturbed": (("perturbed",), _examples),
}
"""Channel -> the arrays it is made of, and what is packed of them (None: nothing), as declared in
epochscope.runs.format.channels."""


_PACKED: Mapping[str, Callable[[np.ndarray, Scale], bytes]] = {
    "uint8": lambda values, scale: one_byte(values, scale if isinstance(scale, (int, float)) else 1.0),
    "group": lambda values, _: np.where(values < 0, 255, values).astype(np.uint8).tobytes(),
    "group16": lambda values, _: np.where(values < 0, 65_535, values).astype("<u2").tobytes(),
    "scaled": scaled,
    "edges": lambda values, _: edges(values),
    "edges32": lambda values, _: edges(values, "<u4"),
    "plane": lambda values, _: plane(values),
}
"""Encoding -> from values and what stands for the largest byte to bytes; "gray" needs the pictures of the data, too."""


def packed(channel: Channel, values: np.ndarray, gray: Gray | None = None) -> bytes:
    """The bytes of a channel, by its encoding. Raises ValueError for an encoding that there is not."""
    if channel.encoding == "gray" and gray:
        return gray(np.nan_to_num(values)).tobytes()
    if channel.encoding not in _PACKED:
        raise ValueError(f"channel {channel.name}: there is no encoding {channel.encoding!r} here")
    return _PACKED[channel.encoding](values, channel.scale)


class Packer:
    """Packs epoch after epoch. A channel whose arrays are those of an earlier epoch is not packed again."""

    def __init__(self, gray: Gray | None = None, rows: int = HEAT_MAP_ROWS) -> None:
        """`rows`: of the channels that are heat maps, whose first axis is r."""
        self._gray, self._rows = gray, rows
        self._channels = [channel for channel in CHANNELS.values() if gray or channel.encoding != "gray"]
        self._packed: dict[str, tuple[tuple[np.ndarray, ...], int]] = {}  # channel -> its arrays, epoch of its bytes

    def __call__(self, epoch: int, arrays: Mapping[str, np.ndarray]) -> tuple[dict[str, bytes], dict[str, int]]:
        """Channels of an epoch: those with new bytes, and for the others the epoch whose bytes hold still."""
        new: dict[str, bytes] = {}
        held: dict[str, int] = {}
        for channel in self._channels:
            name = channel.name
            needs, prepare = SOURCES[name]
            if not all(need in arrays for need in needs):
                continue
            now = tuple(arrays[need] for need in needs)
            before, since = self._packed.get(name, ((), epoch))
            if len(before) == len(now) and all(same(a, b) for a, b in zip(before, now, strict=True)):
                held[name] = since
            elif (values := prepare(*now)) is not None:
                if channel.shape.startswith("r "):
                    values = values[: self._rows]
                new[name] = packed(channel, values, self._gray)
                self._packed[name] = (now, epoch)
        return new, held
