"""Reader for .npz files without pickle. numpy's own believes the sizes in a header, this one checks them first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Integer
from numpy.lib import format as npy

from epochscope.data.unzip import in_pieces, too_large, zip_file
from epochscope.types import EpochscopeError

MOST_BYTES = 1 << 29
"""No file with more than 512 MiB of arrays is read."""

_KINDS = "fiubUS"  # numbers and text; objects would need pickle, which can run any program


class Table(NamedTuple):
    """A set of vectors with labels from 0; no names where the file has none."""

    x: Float[np.ndarray, "n f"]
    truth: Integer[np.ndarray, " n"]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]


def read_npz(path: Path | bytes, *, most_bytes: int = MOST_BYTES, where: str = "") -> dict[str, np.ndarray]:
    """Every array of the file by name. Raises EpochscopeError with the file's (or `where`) and the array's name."""
    arrays = {}
    where = where or str(path)
    with zip_file(path, where) as file:
        if sum(info.file_size for info in file.infolist()) > most_bytes:
            too_large(where, most_bytes)
        for info in file.infolist():
            name = info.filename.removesuffix(".npy")
            with file.open(info) as content:
                arrays[name] = read_npy(content, info.file_size, f"{name} in {where}")
    return arrays


def read_npy(content: IO[bytes], file_size: int, name: str) -> np.ndarray:
    """One array of numbers or text, from a file of so many bytes; EpochscopeError where it is not just that."""
    shape, fortran, dtype = _header(content, name)
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or dtype.kind not in _KINDS or not dtype.itemsize:
        raise EpochscopeError(
            f"{name} holds {dtype} instead of numbers or text, which is not read here: save it anew as numbers."
        )
    if min(shape, default=0) < 0 or size != file_size - content.tell():
        words = " x ".join(map(str, shape)) or "one value"
        raise EpochscopeError(f"{name} is damaged: its header promises {words} of {dtype}, other sizes are there.")
    values = in_pieces(content, size)
    if len(values) < size or content.read(1):  # at its end a member's checksum is compared
        raise EpochscopeError(f"{name} is cut off: {len(values)} of {size} bytes are there; get it again.")
    return np.frombuffer(values, dtype).reshape(shape, order="F" if fortran else "C")


def _header(content: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        return readers[npy.read_magic(content)](content)
    except Exception:  # numpy reads it as Python text: tokens, syntax, recursion, memory, anything can be wrong with it
        raise EpochscopeError(f"{name} is no array of numpy: its header cannot be read; save it anew.") from None


def read_table(path: Path, *, classes: int, features: int | None = None) -> Table:
    """X (n x f numbers) and y (n labels 0 .. classes - 1 or 1 .. classes) of an .npz file, and names if it has any.

    Names are arrays class_names (or names) and feature_names. Raises EpochscopeError where X and y do not fit together.
    """
    arrays = read_npz(path)
    x, y = (_named(arrays, name, path) for name in ("X", "y"))
    wanted = f"n x {features or 'f'} numbers X and n labels y are needed"
    if x.ndim != 2 or x.shape[1] != (features or x.shape[1]) or y.shape != x.shape[:1] or not x.size:
        raise EpochscopeError(f"{path} holds X of shape {x.shape} and y of shape {y.shape}, but {wanted}.")
    if x.dtype.kind not in "fiu" or y.dtype.kind not in "fiu":
        raise EpochscopeError(f"{path} holds X of {x.dtype} and y of {y.dtype}, but {wanted}.")
    return Table(
        x=finite(x, path),
        truth=labels_from_zero(y, classes, path),
        class_names=_names(arrays, ("class_names", "names"), classes),
        feature_names=_names(arrays, ("feature_names",), x.shape[1]),
    )


def finite(x: np.ndarray, path: Path | str) -> Float[np.ndarray, "n f"]:
    """x in single precision; EpochscopeError naming the first row and column that is no finite number there."""
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise EpochscopeError(f"{path} holds a value that is no finite number, in row {row + 1}, column {column + 1}.")
    return x


def labels_from_zero(y: np.ndarray, classes: int, path: Path | str) -> Integer[np.ndarray, " n"]:
    """Labels 0 .. classes - 1, also from 1 .. classes; EpochscopeError naming the first row with another label."""
    first = 1 if y.max() == classes and y.min() >= 1 else 0
    wrong = (y < first) | (y > first + classes - 1) | (y != np.floor(y))
    if wrong.any():
        row = int(wrong.argmax())
        raise EpochscopeError(
            f"{path} holds the label {y[row]} in row {row + 1}, but labels are 0 to {classes - 1} or 1 to {classes}."
        )
    return y.astype(np.int64) - first


def _named(arrays: dict[str, Any], name: str, path: Path) -> np.ndarray:
    if name not in arrays:
        raise EpochscopeError(f"{path} has no array {name}, only: {', '.join(arrays) or 'nothing'}.")
    return arrays[name]


def _names(arrays: dict[str, np.ndarray], keys: Sequence[str], count: int) -> tuple[str, ...]:
    """The first of these arrays that is one text for each; empty if there is none."""
    for key in keys:
        if key in arrays and arrays[key].shape == (count,) and arrays[key].dtype.kind == "U":
            return tuple(arrays[key].tolist())
    return ()
