"""What the browser draws, packed in as few bytes as a screen needs (epochscope.server.bundle has the format)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16, Integer, UInt8

from epochscope.runs.training.snapshot_arrays import same
from epochscope.types import Dataset

HEAT_MAP_ROWS = 1000
MOST_EDGES = 20_000
MOST_PLANE_POINTS = 2000  # of either set in the plane of a discriminator
MOST_SHEETS = 100  # clusters whose pictures are sent
MOST_SAMPLES = 8  # pictures a cluster
SAMPLE_BYTES = 40_000  # of all samples together, as long as three of each cluster are left
MOST_EXAMPLES = 24  # points whose reconstructions are sent


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


def probabilities(rows: Float[np.ndarray, "*some"]) -> bytes:
    """uint8, 255 = certain."""
    return np.round(np.nan_to_num(rows) * 255).clip(0, 255).astype(np.uint8).tobytes()


def scaled(values: Float[np.ndarray, "*some"], top: float | None = None) -> bytes:
    """float32 top, then uint8: value = byte * top / 255. Values beyond the top are cut off."""
    values = np.nan_to_num(values)
    top = float(values.max(initial=0)) if top is None else top
    return np.float32(top).tobytes() + probabilities(values / (top or 1.0))


def plane(points: Float[np.ndarray, "m two"]) -> bytes:
    """float32 x and y of the center, scale; then int16 x0 y0 x1 y1 ... of an even choice of the points."""
    if not len(points):
        return np.array([0, 0, 1], "<f4").tobytes()
    most = min(len(points), MOST_PLANE_POINTS)
    packed = quantized(np.nan_to_num(points[np.linspace(0, len(points) - 1, most).astype(int)]))
    return np.array([*packed.center, packed.scale], "<f4").tobytes() + packed.values.tobytes()


class Edges(NamedTuple):
    """A fair sample of the edges between drawn points."""

    row: Integer[np.ndarray, " e"]
    column: Integer[np.ndarray, " e"]  # edge e goes from point row[e] to its neighbor places[row[e], column[e]]
    between: int  # edges between drawn points in all


def sample_edges(places: Integer[np.ndarray, "m j"]) -> Edges:
    """At most MOST_EDGES edges, each with the same chance, in the order of their points; the same ones every time."""
    row, column = np.nonzero(places >= 0)
    between = len(row)
    if between > MOST_EDGES:
        chosen = np.sort(np.random.default_rng(0).choice(between, MOST_EDGES, replace=False))
        row, column = row[chosen], column[chosen]
    return Edges(row, column, between)


def _edges(places: Integer[np.ndarray, "m j"]) -> bytes:
    row, column, between = sample_edges(places)
    pairs = np.stack([row, places[row, column]], axis=1).astype("<u2")
    return np.array([places.shape[1], between], "<u4").tobytes() + pairs.tobytes()


def _of_edges(places: Integer[np.ndarray, "m j"], values: Float[np.ndarray, "m j"], top: float = 0.0) -> bytes:
    row, column, _ = sample_edges(places)
    values = np.nan_to_num(values[row, column])
    return scaled(values, top or _usual_top(values))


def _usual_top(values: Float[np.ndarray, "*some"]) -> float:
    """What all but the largest two percent stay below, so that a few large values do not leave the rest in the dark."""
    return float(np.quantile(values, 0.98)) if values.size else 0.0


_Pack = Callable[..., bytes]
_CHANNELS: dict[str, tuple[tuple[str, ...], _Pack]] = {
    "labels": (("labels",), lambda labels: labels.astype(np.uint8).tobytes()),
    "confidence": (("q",), lambda q: probabilities(q.max(axis=1))),
    "q": (("q",), lambda q: probabilities(q[:HEAT_MAP_ROWS])),
    "p": (("p",), lambda p: probabilities(p[:HEAT_MAP_ROWS])),
    "pi": (("pi",), lambda pi: probabilities(pi[:HEAT_MAP_ROWS])),
    "pull": (("forces",), lambda forces: scaled(np.linalg.norm(forces, axis=1))),
    "edges": (("neighbors",), _edges),
    "edge_weights": (("neighbors", "weights"), _of_edges),
    "edge_js": (("neighbors", "neighbor_js"), lambda places, js: _of_edges(places, js, math.log(2))),
    "field": (("field",), probabilities),
    "field_codes": (("field_codes",), plane),
    "field_prior": (("field_prior",), plane),
    "affinity": (("affinity",), lambda c: scaled(np.abs(c), _usual_top(np.abs(c)) or None)),
}
"""Channel -> the arrays it is made of, and how. `epochscope.server.bundle` describes the bytes."""


def _pictures(gray: Gray) -> dict[str, tuple[tuple[str, ...], _Pack]]:
    """Channels of pictures: gray values, tile after tile."""

    def samples(values: Float[np.ndarray, "k s f"]) -> bytes:
        values = values[:MOST_SHEETS]
        most = max(3, min(MOST_SAMPLES, SAMPLE_BYTES // max(1, values[:, 0].size)))
        return gray(np.nan_to_num(values[:, :most])).tobytes()

    def examples(values: Float[np.ndarray, "parts r f"]) -> bytes:
        return gray(np.nan_to_num(values[:, :MOST_EXAMPLES])).tobytes()

    return {
        "decoded_centers": (("decoded_centers",), lambda values: gray(np.nan_to_num(values[:MOST_SHEETS])).tobytes()),
        "samples": (("samples",), samples),
        "reconstructions": (("reconstructions",), examples),
        "cross_reconstructions": (("cross_reconstructions",), examples),
    }


class Packer:
    """Packs epoch after epoch. A channel whose arrays are those of an earlier epoch is not packed again."""

    def __init__(self, gray: Gray | None = None) -> None:
        self._channels = {**_CHANNELS, **(_pictures(gray) if gray else {})}
        self._packed: dict[str, tuple[tuple[np.ndarray, ...], int]] = {}  # channel -> its arrays, epoch of its bytes

    def __call__(self, epoch: int, arrays: Mapping[str, np.ndarray]) -> tuple[dict[str, bytes], dict[str, int]]:
        """Channels of an epoch: those with new bytes, and for the others the epoch whose bytes hold still."""
        new: dict[str, bytes] = {}
        held: dict[str, int] = {}
        for name, (needs, pack) in self._channels.items():
            if not all(need in arrays for need in needs):
                continue
            now = tuple(arrays[need] for need in needs)
            before, since = self._packed.get(name, ((), epoch))
            if len(before) == len(now) and all(same(a, b) for a, b in zip(before, now, strict=True)):
                held[name] = since
            else:
                new[name] = pack(*now)
                self._packed[name] = (now, epoch)
        return new, held
