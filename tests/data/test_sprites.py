"""The sheet of thumbnails, read back pixel by pixel."""

import io

import numpy as np
import pytest
from epochscope.data.sprites import MOST_TILES, Tiles, sheet, tiles
from epochscope.types import EpochscopeError
from PIL import Image


def test_tiles_lie_row_by_row():
    pictures = np.arange(7 * 2 * 3, dtype=np.uint8).reshape(7, 2, 3)
    layout = tiles(pictures, 3)
    assert layout == Tiles(columns=3, rows=3, height=2, width=3)
    image = Image.open(io.BytesIO(sheet(pictures, 3)))
    assert (image.format, image.mode, image.size) == ("PNG", "L", (9, 6))
    pixels = np.asarray(image)
    for i in range(9):
        top, left = i // 3 * 2, i % 3 * 3
        wanted = pictures[i] if i < 7 else np.zeros((2, 3))
        np.testing.assert_array_equal(pixels[top : top + 2, left : left + 3], wanted)


@pytest.mark.parametrize(("count", "columns"), [(0, 1), (MOST_TILES + 1, 10), (3, 0)])
def test_limits(count, columns):
    with pytest.raises(EpochscopeError, match="A sheet takes 1 to"):
        sheet(np.zeros((count, 1, 1), dtype=np.uint8), columns)
