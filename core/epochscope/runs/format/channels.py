"""What an epoch holds for viewers, declared once: channels (arrays in frames.bin) and lists of numbers in its line.

Whoever writes, reads, checks, documents or draws them follows these two tables:
`epochscope.runs.training.packing` and `line_numbers` say how each is computed, `consistency` takes the lengths from
here, `epochscope.server.bundle` shows the tables, and the browser gets encodings and units with the info of a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeVar

HEAT_MAP_ROWS = 1000
HEAT_MAP_VALUES = 250_000  # rows times clusters: with more than 250 clusters, fewer rows
MOST_EDGES = 20_000
MOST_PLANE_POINTS = 2000  # of either set in the plane of a discriminator
MOST_SHEETS = 100  # clusters whose pictures are sent
MOST_SAMPLES = 8  # pictures a cluster
MOST_EXAMPLES = 24  # points whose reconstructions are sent
MOST_BINS = 200


class Encoding(NamedTuple):
    """How an array becomes bytes, little-endian."""

    head: int  # bytes before the values
    item: int  # bytes a value
    about: str


ENCODINGS: Mapping[str, Encoding] = MappingProxyType(
    {
        "uint8": Encoding(0, 1, "uint8: value = byte * scale / 255"),
        "group": Encoding(0, 1, "uint8: number of a group; 255: none"),
        "group16": Encoding(0, 2, "uint16: number of a group; 65,535: none"),
        "scaled": Encoding(4, 1, "float32 t, uint8: value = byte * t / 255, cut off at t"),
        "edges": Encoding(8, 2, "uint32 neighbors a point, uint32 edges between drawn points in all, uint16 i0 j0 ..."),
        "edges32": Encoding(8, 4, "as edges, but uint32 i0 j0 ..."),
        "plane": Encoding(12, 2, "float32 x, y of the center, s, int16 x0 y0 ...: center + s * value / 32767"),
        "gray": Encoding(0, 1, "uint8: gray values, picture after picture; only where features are pixels"),
    }
)
"""All encodings. The browser has one decoder for each (stage/data/channel_decoders.js)."""


class Axis(NamedTuple):
    """A length that an epoch chooses within bounds."""

    fewest: int
    most: int
    about: str


AXES: Mapping[str, Axis] = MappingProxyType(
    {
        "e": Axis(0, MOST_EDGES, "sampled edges"),
        "g": Axis(1, 1000, "rows or columns of the grid; row 0 is the lowest"),
        "b": Axis(0, 1000, "blocks of points"),
        "a": Axis(0, MOST_PLANE_POINTS, "points of a set in the plane"),
        "c": Axis(0, MOST_SHEETS, "the first clusters"),
        "s": Axis(0, MOST_SAMPLES, "samples of a cluster"),
        "i": Axis(0, MOST_EXAMPLES, "example points"),
        "bins": Axis(0, MOST_BINS, "equal bins"),
    }
)
"""Besides these: m drawn points, the first r of them, k clusters, f pixels of a picture."""

Scale = float | Literal["largest", "usual"] | None
"""The value for which byte 255 stands. Of "scaled" channels, an epoch may have its own: its largest value, or the
"usual" one, which all but the largest two percent stay below. None where the encoding says it."""


class Channel(NamedTuple):
    """One array of an epoch as it is sent to viewers."""

    name: str
    encoding: str  # of ENCODINGS
    shape: str  # axes by their letters, or numbers
    scale: Scale
    about: str


class LineNumbers(NamedTuple):
    """A short list of numbers that stands in the line of an epoch."""

    name: str
    of: str  # the array that it is computed from: where a run provides that array, it provides these numbers
    length: str  # an axis by its letter, or a number
    counts: bool  # whole numbers of points; else floats, or None where a number is not finite
    unit: str
    about: str
    partition: bool = False  # whether its counts add up to all points


_Entry = TypeVar("_Entry", Channel, LineNumbers)


def _by_name(*entries: _Entry) -> Mapping[str, _Entry]:
    return MappingProxyType({entry.name: entry for entry in entries})


CHANNELS: Mapping[str, Channel] = _by_name(
    Channel("labels", "group", "m", None, "cluster of each drawn point, where all are below 255"),
    Channel("labels16", "group16", "m", None, "cluster of each drawn point, otherwise"),
    Channel("confidence", "uint8", "m", 1, "largest q_ij of each drawn point"),
    Channel("q", "uint8", "r k", 1, "soft assignments"),
    Channel("p", "uint8", "r k", 1, "target distribution"),
    Channel("pi", "uint8", "r k", 1, "prior formed by the neighbors"),
    Channel("pull", "scaled", "m", "largest", "length of the force on each drawn point"),
    Channel("edges", "edges", "e 2", None, "ends of a fair sample of the edges between up to 65,536 drawn points"),
    Channel("edges32", "edges32", "e 2", None, "the same between more drawn points"),
    Channel("edge_weights", "scaled", "e", "usual", "weight of each of these edges"),
    Channel("edge_js", "scaled", "e", math.log(2), "JS divergence along each of these edges, nats"),
    Channel("field", "uint8", "g g", 1, "output of the discriminator on a grid"),
    Channel("field_codes", "plane", "a 2", None, "codes in the plane of the field"),
    Channel("field_prior", "plane", "a 2", None, "draws from the prior in the plane of the field"),
    Channel("affinity", "scaled", "b b", "usual", "affinity of blocks of points, in the order of their clusters"),
    Channel("decoded_centers", "gray", "c f", None, "decoded center of each cluster"),
    Channel("samples", "gray", "c s f", None, "samples of each cluster"),
    Channel("reconstructions", "gray", "2 i f", None, "points, then their reconstructions"),
    Channel("cross_reconstructions", "gray", "3 i f", None, "points, then a neighbor of each, then its decoded code"),
    Channel("perturbed", "gray", "3 i f", None, "points, then these moved by a perturbation, then it alone, enlarged"),
)
"""All channels, in the order in which they are packed."""

LINE_NUMBERS: Mapping[str, LineNumbers] = _by_name(
    LineNumbers("sizes", "labels", "k", True, "points", "points of each cluster, over all points", partition=True),
    LineNumbers("entropy", "q", "bins", True, "points", "points by the entropy of their row of Q, from 0 to ln k nats"),
    LineNumbers("entropy_p", "p", "bins", True, "points", "points by the entropy of their row of P, 0 to ln k nats"),
    LineNumbers("mixing", "mixing", "k", False, "weight", "weight of each cluster"),
    LineNumbers("field_box", "field_box", "4", False, "units of the plane", 'left, right, bottom, top of "field"'),
)
"""All lists of numbers, in the order in which they stand in a line."""


def with_line_numbers(arrays: Iterable[str]) -> set[str]:
    """What a run with these arrays provides: they themselves, and the lists of numbers that are computed from them."""
    names = set(arrays)
    return names | {numbers.name for numbers in LINE_NUMBERS.values() if numbers.of in names}


def count_range(shape: str, known: Mapping[str, int]) -> tuple[int, int]:
    """How many values an array of this shape may have: (fewest, most). `known`: length of m, r, k and f."""
    fewest = most = 1
    for axis in shape.split():
        if axis in AXES:
            low, high = AXES[axis].fewest, AXES[axis].most
        else:
            low = high = int(axis) if axis.isdigit() else known[axis]
        fewest, most = fewest * low, most * high
    return fewest, most


def byte_range(channel: Channel, known: Mapping[str, int]) -> tuple[int, int]:
    """How many bytes a channel may have: (fewest, most)."""
    head, item, _ = ENCODINGS[channel.encoding]
    fewest, most = count_range(channel.shape, known)
    return head + item * fewest, head + item * most


def described() -> str:
    """The tables in words, as `epochscope.server.bundle` shows them."""
    lines = ["Channels of an epoch (epochscope.runs.format.channels):", ""]
    for channel in CHANNELS.values():
        top = {"largest": "its largest value", "usual": "its usual value"}.get(str(channel.scale), channel.scale)
        scale = "" if top is None else f"; 255 stands for {top if isinstance(top, str) else f'{top:.4g}'}"
        lines.append(f"    {channel.name:22}{channel.encoding:8}[{channel.shape}]  {channel.about}{scale}")
    lines += ["", "Encodings:", ""]
    lines += [f"    {name:8}{encoding.about}" for name, encoding in ENCODINGS.items()]
    lines += ["", "Axes: m drawn points, the first r of them, k clusters, f pixels of a picture, and", ""]
    lines += [f"    {name:6}{axis.fewest} to {axis.most:,}: {axis.about}" for name, axis in AXES.items()]
    lines += ["", "Lists of numbers in the line of an epoch:", ""]
    lines += [f"    {one.name:12}[{one.length}]  {one.about} ({one.unit})" for one in LINE_NUMBERS.values()]
    return "\n".join(lines) + "\n"
