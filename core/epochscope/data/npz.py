"""Reader for .npz files without pickle. Unlike numpy's, it checks the sizes in a header before allocating memory."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from mmap import mmap
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Integer
from numpy.lib import format as npy

from epochscope.data.unzip import in_pieces, too_large, zip_file
from epochscope.types import EpochscopeError

MOST_BYTES = 1 << 29
"""Files with more than 512 MiB of arrays are refused."""

_KINDS = "fiubUS"  # numbers and text; objects need pickle, which can execute code


class Table(NamedTuple):
    """Vectors with labels from 0; names are empty where the file has none."""

    x: Float[np.ndarray, "n f"]
    truth: Integer[np.ndarray, " n"]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]


def read_npz(path: Path | bytes, *, most_bytes: int = MOST_BYTES, where: str = "") -> dict[str, np.ndarray]:
    """All arrays of the file by name. Raises EpochscopeError, which names the file (or `where`) and the array."""
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


def read_npy(content: IO[bytes] | mmap, file_size: int, name: str, *, records: bool = False) -> np.ndarray:
    """One array of numbers or text from a file of `file_size` bytes; of a mapped file nothing is copied.

    records: whether it may also be an array of records of such. Raises EpochscopeError if it is anything else.
    """
    shape, fortran, dtype = _header(content, name)
    size = math.prod(shape) * dtype.itemsize
    kinds = {dtype[field].base.kind for field in dtype.names} if records and dtype.names else {dtype.kind}
    if dtype.hasobject or not kinds <= {*_KINDS} or not dtype.itemsize:
        what = str(dtype)[:80]
        how = "their real parts or magnitudes" if dtype.kind == "c" else "numbers, or words by astype(str)"
        raise EpochscopeError(f"{name} contains {what} instead of numbers or text, which is not supported: save {how}.")
    if min(shape, default=0) < 0 or size != file_size - content.tell():
        words = " x ".join(map(str, shape)) or "one value"
        raise EpochscopeError(f"{name} is damaged: its header announces {words} of {dtype}, but its size differs.")
    if isinstance(content, mmap):
        values = memoryview(content)[content.tell() : content.tell() + size]
        content.seek(content.tell() + size)
    else:
        values = in_pieces(content, size)
    if len(values) < size or content.read(1):  # reading to the end verifies the checksum
        raise EpochscopeError(f"{name} is truncated: it has {len(values)} of {size} bytes; download it again.")
    if dtype.kind == "U" and np.frombuffer(values, dtype.str[0] + "u4").max(initial=0) > sys.maxunicode:
        raise EpochscopeError(f"{name} is damaged: it holds numbers that are no letters; save it again.")
    return np.frombuffer(values, dtype).reshape(shape, order="F" if fortran else "C")


def _header(content: Any, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        return readers[npy.read_magic(content)](content)
    except Exception:  # numpy parses the header as Python source, which can fail in any way
        raise EpochscopeError(f"{name} is no numpy array: its header cannot be read; save it again.") from None


def read_table(path: Path, *, classes: int, features: int | None = None) -> Table:
    """X (n x f numbers) and y (n labels 0 .. classes - 1 or 1 .. classes) of an .npz file, and names if it has any.

    Names are the arrays class_names (or names) and feature_names. Raises EpochscopeError if X and y do not match.
    """
    arrays = read_npz(path)
    x, y = (_named(arrays, name, path) for name in ("X", "y"))
    wanted = f"n x {features or 'f'} numbers X and n labels y are needed"
    if x.ndim != 2 or x.shape[1] != (features or x.shape[1]) or y.shape != x.shape[:1] or not x.size:
        raise EpochscopeError(f"{path} has X of shape {x.shape} and y of shape {y.shape}, but {wanted}.")
    if x.dtype.kind not in "fiu" or y.dtype.kind not in "fiu":
        raise EpochscopeError(f"{path} has X of {x.dtype} and y of {y.dtype}, but {wanted}.")
    return Table(
        x=finite(x, path),
        truth=labels_from_zero(y, classes, path),
        class_names=_names(arrays, ("class_names", "names"), classes),
        feature_names=_names(arrays, ("feature_names",), x.shape[1]),
    )


def finite(x: np.ndarray, path: Path | str) -> Float[np.ndarray, "n f"]:
    """x in single precision. Raises EpochscopeError naming the first row and column that is not finite."""
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise EpochscopeError(f"{path} has a value that is not finite in row {row + 1}, column {column + 1}.")
    return x


def labels_from_zero(y: np.ndarray, classes: int, path: Path | str) -> Integer[np.ndarray, " n"]:
    """Labels 0 .. classes - 1, converted if they are 1 .. classes. Raises EpochscopeError naming the first bad row."""
    first = 1 if y.max() == classes and y.min() >= 1 else 0
    wrong = (y < first) | (y > first + classes - 1) | (y != np.floor(y))
    if wrong.any():
        row = int(wrong.argmax())
        raise EpochscopeError(
            f"{path} has the label {y[row]} in row {row + 1}, but labels are 0 to {classes - 1} or 1 to {classes}."
        )
    return y.astype(np.int64) - first


def _named(arrays: dict[str, Any], name: str, path: Path) -> np.ndarray:
    if name not in arrays:
        raise EpochscopeError(f"{path} has no array {name}, only: {', '.join(arrays) or 'nothing'}.")
    return arrays[name]


def _names(arrays: dict[str, np.ndarray], keys: Sequence[str], count: int) -> tuple[str, ...]:
    """The first of these arrays with `count` texts; empty if there is none."""
    for key in keys:
        if key in arrays and arrays[key].shape == (count,) and arrays[key].dtype.kind == "U":
            return tuple(arrays[key].tolist())
    return ()
