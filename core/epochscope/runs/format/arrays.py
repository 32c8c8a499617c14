"""Reads arrays of a run; the header is compared with the sizes of the run before any value is read.

Every failure is a DamagedError: a file that is missing or cut off, a wrong type or shape, values out of range.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from epochscope.files import require_file
from epochscope.runs.format.schema import DamagedError
from epochscope.types import OPTIONAL_ARRAYS

AXES: dict[str, list[str]] = {
    "z": ["n", "d"],
    "q": ["n", "k"],
    "p": ["n", "k"],
    "labels": ["n"],
    "centers": ["k", "d"],
    **{name: extra.axes.split() for name, extra in OPTIONAL_ARRAYS.items()},
}
"""The axes of every array a snapshot may hold."""

Sizes = Mapping[str, int]
"""Length of each axis that is known, by its letter; `all`: points of the data set, `n`: drawn points."""

_COUNTED = {"two": 2, "three": 3, "four": 4}
_PROBABILITIES = ("q", "p", "pi")
_NEARLY = 0.02  # error of half precision
_MOST_VALUES = 2_000_000_000
_WRONG = (OSError, SafetensorError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError)


def read(path: Path, name: str, sizes: Sizes, rows: slice | int | None = None) -> np.ndarray:
    """One array of a file over the drawn points (labels: over all points), or some of its rows.

    A row beyond the end raises IndexError; of a slice, what is beyond the end is left out.
    """
    try:
        with _arrays(path) as file:
            part = file.get_slice(name)
            shape = part.get_shape()
            _check_header(name, part.get_dtype(), shape, sizes)
            if isinstance(rows, int) and not 0 <= rows < shape[0]:
                raise _Beyond
            values = file.get_tensor(name) if rows is None else part[_within(rows, shape[0])]
        if name == "labels":
            values = _labels(np.asarray(values))
        _check_values(name, values, sizes)
    except _Beyond:
        raise IndexError(f"{name} has no row {rows}") from None
    except _WRONG as error:
        raise _damaged(path, name, error) from None
    return values


def _labels(stored: np.ndarray) -> np.ndarray:
    """Labels as int16; -1 in no cluster, for which the largest stored value stands."""
    none = np.iinfo(stored.dtype).max
    if stored.max(initial=0) >= none or stored.dtype == np.uint16:
        return np.where(stored == none, -1, stored.astype(np.int32)).clip(max=2**15 - 1).astype(np.int16)
    return stored.astype(np.int16)


def with_clusters(values: np.ndarray, name: str, k: int, *, one: bool = False) -> np.ndarray:
    """The array with k clusters on each axis of clusters: probability and weight 0, else NaN. `one`: a row of it."""
    axes = AXES[name][1:] if one else AXES[name]
    if "k" not in axes:
        return values
    missing = [(0, k - size if axis == "k" else 0) for axis, size in zip(axes, values.shape, strict=True)]
    fill = 0 if name in (*_PROBABILITIES, "mixing") else np.nan
    return np.pad(values, missing, constant_values=fill)


def _arrays(path: Path) -> Any:
    require_file(path)
    return safe_open(path, "np")


class _Beyond(Exception):
    """The row does not exist."""


def _within(rows: slice | int, length: int) -> slice | int:
    return slice(*rows.indices(length)) if isinstance(rows, slice) else rows


def shape_of(path: Path, name: str) -> tuple[int, ...]:
    """The shape of an array, without reading it. Raises DamagedError, for a single number too: no array is one."""
    try:
        with _arrays(path) as file:
            shape = tuple(file.get_slice(name).get_shape())
        if not shape:
            raise ValueError("it is a single number")
        return shape
    except _WRONG as error:
        raise _damaged(path, name, error) from None


def read_points(path: Path, *, n: int, m: int, classes: int) -> dict[str, np.ndarray]:
    """`index` of the m drawn points in the data set; `truth` of all n points, -1 where there is none."""
    try:
        with _arrays(path) as file:
            for name, dtype, shape in (("index", "I32", [m]), ("truth", "I16", [n])):
                part = file.get_slice(name)
                if part.get_dtype() != dtype or part.get_shape() != shape:
                    raise ValueError(f"{part.get_dtype()} {part.get_shape()} instead of {dtype} {shape}")
            points = {name: file.get_tensor(name) for name in ("index", "truth")}
        index, truth = points["index"], points["truth"]
        if index.min() < 0 or index.max() >= n or _distinct(index, n) != m:
            raise ValueError("it names points that the data set does not have, or one of them twice")
        if truth.min() < -1 or truth.max() >= max(classes, 0):
            raise ValueError("it names classes that the data set does not have")
    except _WRONG as error:
        raise _damaged(path, "points", error) from None
    return points


def _distinct(index: np.ndarray, n: int) -> int:
    """How many different numbers from 0 to n - 1 there are: far faster than sorting them."""
    named = np.zeros(n, bool)
    named[index] = True
    return int(named.sum())


def _damaged(path: Path, name: str, error: BaseException) -> DamagedError:
    words = " ".join(str(error).split())[:200] or type(error).__name__
    return DamagedError(f"{path} is damaged at {name} ({words}); choose another epoch or run.")


def _check_header(name: str, dtype: str, shape: list[int], sizes: Sizes) -> None:
    good = {"labels": ("U8", "U16"), "neighbors": ("I32",)}.get(name, ("F16", "F32"))
    if dtype not in good:
        raise ValueError(f"its type is {dtype} instead of {' or '.join(good)}")
    known = {**sizes, **_COUNTED}
    axes = ["all" if name == "labels" else axis for axis in AXES[name]]
    if len(shape) != len(axes) or any(size < 1 or known.get(a, size) != size for a, size in zip(axes, shape)):  # noqa: B905
        words = " x ".join(str(known.get(axis, axis)) for axis in axes)
        raise ValueError(f"its shape is {tuple(shape)} instead of {words}")
    if int(np.prod([float(size) for size in shape])) > _MOST_VALUES:
        raise ValueError("it is too large")


def _check_values(name: str, values: np.ndarray, sizes: Sizes) -> None:
    if not values.size:
        return
    if name == "labels" and values.max() >= sizes.get("k", 2**15):
        raise ValueError(f"it names cluster {values.max()} of {sizes['k']}")
    if name == "neighbors" and (values.min() < -1 or values.max() >= sizes.get("n", 2**31)):
        raise ValueError("it names points that are not drawn")
    if name in _PROBABILITIES and ((values < -_NEARLY) | (values > 1 + _NEARLY)).any():
        raise ValueError("it holds numbers that are no probabilities")
