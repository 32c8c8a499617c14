"""STL-10: 13,000 labeled photographs of 96 x 96 pixels in ten classes, here gray and reduced.

The papers cluster features of a network instead (see features.py); these pixels are for display and comparison.
The files contain bytes: red, green and blue of each image, each plane column by column.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, drawn, origin_note, points
from epochscope.data.features import STL_CLASSES
from epochscope.data.npz import labels_from_zero
from epochscope.params import Params, param
from epochscope.types import Dataset, EpochscopeError

PUBLISHED = 5_000 + 8_000
SIDE, PLANES = 96, 3
_BYTES = PLANES * SIDE * SIDE
_MOST_LABELS = 100_000
_GRAY = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # of red, green, blue: ITU-R BT.601
_AT_ONCE = 500  # pictures; 55 MB as float


@dataclass(frozen=True)
class Stl10Params(Params):
    size: str = param(
        "32 x 32",
        options=("16 x 16", "24 x 24", "32 x 32", "48 x 48"),
        label="Size",
        help="Size of the images after averaging squares of pixels; 96 x 96 would be 9,216 features.",
    )
    n: int = points(PUBLISHED, 10_000)
    seed: int = draw_seed()


def load(hp: Stl10Params, fetcher: Fetcher) -> Dataset:
    """Drawn images of the training and test part, gray, of side hp.size, from 0 to 1."""
    paths = fetcher.fetch(ARCHIVE)
    parts = [_part(paths[f"{part}_X.bin"], paths[f"{part}_y.bin"]) for part in ("train", "test")]
    truth = np.concatenate([y for _, y in parts])
    rows = drawn(len(truth), hp.n, hp.seed)
    side = int(hp.size.partition(" ")[0])
    small = np.empty((len(rows), side, side), np.float32)
    first = 0
    for x, y in parts:
        mine = np.flatnonzero((rows >= first) & (rows < first + len(y)))
        for some in np.array_split(mine, -(-len(mine) // _AT_ONCE) or 1):
            small[some] = gray(x[rows[some] - first], side)
        first += len(y)
    return Dataset(
        key=SOURCE.key,
        title=SOURCE.title,
        x=small.reshape(len(rows), -1) / 255,
        truth=truth[rows],
        class_names=STL_CLASSES,
        scaling=f"gray, {hp.size} pixels, divide by 255",
        likelihood="unit interval",
        pictures=np.rint(small).astype(np.uint8),
        origin=origin_note("A. Coates, H. Lee, A. Y. Ng, 2011; labeled parts joined", len(truth), PUBLISHED),
        license="none stated; the images are from ImageNet",
    )


def _part(pictures: Path, labels: Path) -> tuple[UInt8[np.ndarray, "m bytes"], Int[np.ndarray, " m"]]:
    """Images as a memory map (not read yet), and labels from 0."""
    try:
        count, rest = divmod(pictures.stat().st_size, _BYTES)
        size = labels.stat().st_size
        if rest or not count or size != count or size > _MOST_LABELS:
            raise EpochscopeError(
                f"{pictures} has {count} images of 96 x 96 x 3 bytes and {rest} more bytes, {labels} has {size} "
                "labels: they do not fit together or are truncated; download them again."
            )
        y = np.frombuffer(labels.read_bytes(), np.uint8)
        return np.memmap(pictures, np.uint8, "r", shape=(count, _BYTES)), labels_from_zero(y, 10, labels)
    except OSError as error:
        raise EpochscopeError(f"{pictures} cannot be read ({error.strerror or error}).") from None


def gray(content: UInt8[np.ndarray, "m bytes"], side: int) -> Float[np.ndarray, "m side side"]:
    """Gray images, 0 to 255, reduced to `side` pixels (a divisor of 96) by averaging squares; height, then width."""
    planes = content.reshape(-1, PLANES, SIDE, SIDE).swapaxes(2, 3)  # the files are in column-major order
    light = np.einsum("mphw,p->mhw", planes, _GRAY)
    square = SIDE // side
    return light.reshape(-1, side, square, side, square).mean(axis=(2, 4))


ARCHIVE = archives()["stl10"]

SOURCE = Source(
    key="stl10",
    title="STL-10 images (gray, reduced)",
    about="13,000 photographs of ten kinds of things, here gray and small. The papers cluster network features of "
    "them, not the pixels: on these pixels no method does well.",
    params=Stl10Params,
    load=load,
    archive=ARCHIVE,
)
