""".npy and .npz files as columns: the largest array is the data; others with as many rows are additional columns."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping

import numpy as np

from epochscope.data.npz import read_npy, read_npz
from epochscope.data.own.raw import Raw, unique, within_limits
from epochscope.data.sprites import pictures_of
from epochscope.types import EpochscopeError


def read_array(content: bytes, where: str) -> Raw:
    """Columns of an .npy file."""
    return from_arrays({"X": read_npy(io.BytesIO(content), len(content), where)}, where)


def read_arrays(content: bytes, where: str) -> Raw:
    """Columns of all arrays of an .npz file."""
    return from_arrays(read_npz(content, where=where), where)


def from_arrays(arrays: Mapping[str, np.ndarray], where: str, names: Mapping[str, list[str]] | None = None) -> Raw:
    """Columns of the largest table of numbers and of all arrays with as many rows; `names`: column names by array.

    If the largest array has three or four axes and its last two exceed 1, it is taken as images.
    """
    tables = [name for name, a in arrays.items() if a.ndim >= 2 and a.dtype.kind in "fiub" and a.size]
    vectors = [name for name, a in arrays.items() if a.ndim == 1 and a.dtype.kind in "fiub" and a.size]
    if not tables and not vectors:
        raise EpochscopeError(f"{where} has no array of numbers with one row per point.")
    main = max(tables or vectors, key=lambda name: arrays[name].size)
    n = len(arrays[main])
    columns: dict[str, np.ndarray] = {}
    pixels = pictures = None
    taken = []
    for name, array in arrays.items():
        if array.ndim == 0 or len(array) != n or not array.size:
            continue
        width = math.prod(array.shape[1:])
        within_limits(n, len(columns) + width, f"{name} in {where}")
        if name == main and array.ndim in (3, 4) and min(array.shape[-2:]) > 1:
            pixels, pictures = _flat(array).astype(np.float32), pictures_of(array)
        elif array.ndim == 1:
            columns[name] = _column(array)
        elif array.dtype.kind in "fiub":
            called = (names or {}).get(name) or [f"{name} {place + 1}" for place in range(width)]
            columns |= dict(zip(unique(called), np.asarray(_flat(array), np.float64).T, strict=True))
        else:
            continue
        taken.append(name)
    left = [name for name in unique(arrays) if name not in taken]
    return Raw(
        dict(zip(unique(columns), columns.values(), strict=True)),
        pixels,
        pictures,
        note=f"Not used: {', '.join(left[:5])} (other numbers of rows)." if left else "",
    )


def _flat(array: np.ndarray) -> np.ndarray:
    return array.reshape(len(array), -1)


def _column(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    texts = np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array
    column = np.empty(len(array), object)
    column[:] = [str(text) or None for text in texts.tolist()]
    return column
