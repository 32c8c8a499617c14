"""One PNG that holds many small pictures, for thumbnails in the browser."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from core.types import EpochscopeError

MOST_TILES = 5_000
"""Above this a sheet is refused: browsers draw no larger pictures reliably, and nobody looks at more points at once."""


class Tiles(NamedTuple):
    """Layout of a sheet: picture i lies at row i // columns, column i % columns; sizes of one tile in pixels."""

    columns: int
    rows: int
    height: int
    width: int


def tiles(pictures: UInt8[np.ndarray, "m h w"], columns: int) -> Tiles:
    """How `sheet` lays out these pictures. Raises EpochscopeError for no picture, too many, or no column."""
    count, height, width = pictures.shape
    if not 1 <= count <= MOST_TILES or columns < 1:
        raise EpochscopeError(
            f"A sheet takes 1 to {MOST_TILES} pictures in 1 or more columns, but got {count} in {columns}."
        )
    return Tiles(columns=columns, rows=-(-count // columns), height=height, width=width)


def sheet(pictures: UInt8[np.ndarray, "m h w"], columns: int) -> bytes:
    """Gray PNG of m pictures, row by row, `columns` in a row; places after the last are black. Raises as `tiles`."""
    layout = tiles(pictures, columns)
    full = np.zeros((layout.rows * columns, layout.height, layout.width), dtype=np.uint8)
    full[: len(pictures)] = pictures
    grid = full.reshape(layout.rows, columns, layout.height, layout.width).swapaxes(1, 2)
    file = io.BytesIO()
    Image.fromarray(grid.reshape(layout.rows * layout.height, columns * layout.width)).save(file, "PNG")
    return file.getvalue()
