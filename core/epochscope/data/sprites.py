"""Thumbnails: gray pictures from arrays of images, and a sprite sheet (one PNG with many of them) for the browser."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image

from epochscope.types import EpochscopeError

MOST_TILES = 5_000
"""Largest number of tiles in a sheet: browsers do not draw larger PNGs reliably."""

_SIDE = 64  # pixels; larger pictures are subsampled


class Tiles(NamedTuple):
    """Layout of a sheet: picture i is at row i // columns, column i % columns; size of a tile in pixels."""

    columns: int
    rows: int
    height: int
    width: int


def tiles(pictures: UInt8[np.ndarray, "m h w"], columns: int) -> Tiles:
    """The layout of `sheet` for these pictures. Raises EpochscopeError for no picture, too many, or no column."""
    count, height, width = pictures.shape
    if not 1 <= count <= MOST_TILES or columns < 1:
        raise EpochscopeError(
            f"A sheet takes 1 to {MOST_TILES} pictures in 1 or more columns, but got {count} in {columns}."
        )
    return Tiles(columns=columns, rows=-(-count // columns), height=height, width=width)


def sheet(pictures: UInt8[np.ndarray, "m h w"], columns: int) -> bytes:
    """Gray PNG of m pictures, row by row, `columns` in a row, the rest black. Raises EpochscopeError as `tiles`."""
    layout = tiles(pictures, columns)
    full = np.zeros((layout.rows * columns, layout.height, layout.width), dtype=np.uint8)
    full[: len(pictures)] = pictures
    grid = full.reshape(layout.rows, columns, layout.height, layout.width).swapaxes(1, 2)
    file = io.BytesIO()
    Image.fromarray(grid.reshape(layout.rows * layout.height, columns * layout.width)).save(file, "PNG")
    return file.getvalue()


def pictures_of(x: Shaped[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "n h w"] | None:
    """Gray pictures of x, from its smallest value (black) to its largest (white); None if x is not images."""
    if x.ndim not in (3, 4):
        return None
    if x.ndim == 4:
        x = x.mean(axis=-1 if x.shape[-1] in (1, 3) and x.shape[1] not in (1, 3) else 1)
    step = max(1, -(-max(x.shape[1:]) // _SIDE))
    x = np.nan_to_num(x[:, ::step, ::step].astype(np.float32))
    low, high = float(x.min()), float(x.max())
    return np.rint((x - low) * (255 / ((high - low) or 1))).astype(np.uint8)
