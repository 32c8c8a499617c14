"""Thumbnails: gray or colored pictures of any array of pictures, and one PNG that holds many, for the browser."""

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


def tiles(pictures: UInt8[np.ndarray, "m h w *color"], columns: int) -> Tiles:
    """How `sheet` lays out these pictures. Raises EpochscopeError for no picture, too many, or no column."""
    count, height, width = pictures.shape[:3]
    if not 1 <= count <= MOST_TILES or columns < 1:
        raise EpochscopeError(
            f"A sheet takes 1 to {MOST_TILES} pictures in 1 or more columns, but got {count} in {columns}."
        )
    return Tiles(columns=columns, rows=-(-count // columns), height=height, width=width)


def sheet(pictures: UInt8[np.ndarray, "m h w *color"], columns: int) -> bytes:
    """PNG of m pictures, row by row, `columns` in a row; places after the last are black. Raises as `tiles`.

    It is gray, or in color where the pictures have three channels.
    """
    layout, color = tiles(pictures, columns), pictures.shape[3:]
    full = np.zeros((layout.rows * columns, layout.height, layout.width, *color), dtype=np.uint8)
    full[: len(pictures)] = pictures
    grid = full.reshape(layout.rows, columns, layout.height, layout.width, *color).swapaxes(1, 2)
    file = io.BytesIO()
    Image.fromarray(grid.reshape(layout.rows * layout.height, columns * layout.width, *color)).save(file, "PNG")
    return file.getvalue()


def pictures_of(x: Shaped[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "n h w"] | None:
    """Gray pictures of x, from its smallest value (black) to its largest (white); None if x is not images."""
    if x.ndim not in (3, 4):
        return None
    channel = _channel(x.shape)
    return _as_bytes(x if channel is None else x.mean(axis=channel))


def color_pictures_of(x: Shaped[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "n h w *color"] | None:
    """As `pictures_of`, but n x h x w x 3 where x has three channels, first or last."""
    channel = _channel(x.shape)
    if channel is None or x.shape[channel] != 3:
        return pictures_of(x)
    return _as_bytes(np.moveaxis(x, channel, -1))


def _channel(shape: tuple[int, ...]) -> int | None:
    """Which axis of n x h x w x c or n x c x h x w is the channel; None for other shapes."""
    if len(shape) != 4:
        return None
    return 3 if shape[-1] in (1, 3) and shape[1] not in (1, 3) else 1


def _as_bytes(x: Shaped[np.ndarray, "n h w *color"]) -> UInt8[np.ndarray, "n h w *color"]:
    """Thinned out to at most _SIDE pixels, from the smallest value (0) to the largest (255)."""
    step = max(1, -(-max(x.shape[1:3]) // _SIDE))
    x = np.nan_to_num(x[:, ::step, ::step].astype(np.float32))
    low, high = float(x.min()), float(x.max())
    return np.rint((x - low) * (255 / ((high - low) or 1))).astype(np.uint8)
