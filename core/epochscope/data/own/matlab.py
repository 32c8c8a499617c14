"""MATLAB's .mat files as named arrays: v4 and v5 by scipy, v7.3 (which is HDF5) by h5py; nothing in them is run."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.io import loadmat, whosmat
from scipy.sparse import csr_matrix, issparse

from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.naming import says_labels, says_points
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import LONGEST_WORD, MOST_BYTES, Raw, within_limits
from epochscope.data.own.sparse import built, sparse_within_limits
from epochscope.types import EpochscopeError

_HEADER, _TAG = 128, 8  # bytes
_COMPRESSED = 15  # miCOMPRESSED
_READ = {"double", "single", "sparse", "char", "logical", "cell", "struct"}
_READ |= {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
_MOST_ARRAYS = 200
_DEEPEST = 3  # structs within structs


def is_matlab(content: bytes) -> bool:
    """Whether this begins as a .mat file of version 5 or 4 does."""
    return (content[:6] == b"MATLAB" and content[126:128] in (b"IM", b"MI")) or _is_version_4(content)


def _is_version_4(content: bytes) -> bool:
    """Whether this begins with the header of a variable of version 4: its kind, its size, the length of its name."""
    if len(content) < 24:
        return False
    for order in ("<", ">"):
        kind, rows, columns, imaginary, length = struct.unpack(order + "5I", content[:20])
        number, what = kind % 100 // 10, kind % 10
        known = kind // 1000 == (order == ">") and kind % 1000 < 100 and number <= 5 and what <= 2
        name = content[20 : 20 + length]
        if known and imaginary <= 1 and 2 <= length <= 64 and name.endswith(b"\0"):
            return name[:-1].decode("latin-1").isidentifier() and rows * columns < 1 << 40
    return False


def read_matlab(content: bytes, where: str, answers: Answers) -> Raw:
    """The variables of a .mat file of version 5: X, fea or data as points, Y, gnd or labels as labels."""
    content = content if _is_version_4(content) else _expanded(content, where)
    try:
        listed = whosmat(io.BytesIO(content))
        for name, shape, kind in listed[:_MOST_ARRAYS]:
            if kind == "sparse":
                sparse_within_limits(shape[0], shape[-1], 0, f"{name} in {where}")
            elif math.prod(shape) * 4 > MOST_BYTES:
                within_limits(max(shape), math.prod(shape) // max(shape), f"{name} in {where}")
        wanted = [name for name, _, kind in listed[:_MOST_ARRAYS] if kind in _READ]
        found = loadmat(io.BytesIO(content), variable_names=wanted, verify_compressed_data_integrity=True)
        arrays = {called: a for name in wanted for called, a in _plain(name, found.get(name), f"{name} in {where}")}
    except (EpochscopeError, MemoryError):
        raise
    except Exception:  # the library raises ValueError, TypeError, KeyError, OSError ... on damaged content
        raise EpochscopeError(f"{where} is damaged or no MATLAB file; save it again (-v7 or -v7.3).") from None
    if odd := [name for name, array in arrays.items() if array.dtype.kind == "c"]:
        arrays = {name: array for name, array in arrays.items() if name not in odd}
        if not any(array.ndim > 1 and max(array.shape) < array.size for array in arrays.values()):
            raise EpochscopeError(f"{odd[0]} in {where} holds complex numbers: save their real parts or magnitudes.")
    return from_arrays(_cells_joined(arrays), where, answers)


def _cells_joined(arrays: dict[str, Any]) -> dict[str, Any]:
    """Cells that hold parts of the points, and others that hold as many parts of the labels, as one array each."""
    groups: dict[str, list[str]] = {}
    for name in arrays:
        if name.endswith("}"):
            groups.setdefault(name.rpartition(" {")[0], []).append(name)
    points = [group for group in groups if says_points(group)]
    labels = [group for group in groups if says_labels(group)]
    if len(points) != 1 or len(labels) != 1 or len(groups[points[0]]) != len(groups[labels[0]]):
        return arrays
    x, y = ([arrays[name] for name in groups[group]] for group in (points[0], labels[0]))
    fits = all(len(one) == max(other.shape) == other.size for one, other in zip(x, y, strict=True))
    if (
        not fits
        or any(map(issparse, x))
        or len({one.shape[1:] for one in x}) > 1
        or len({one.dtype.kind for one in y}) > 1
    ):
        return arrays
    made = {points[0]: np.concatenate(x), labels[0]: np.concatenate([one.ravel() for one in y])}
    gone = {*groups[points[0]], *groups[labels[0]]}
    return made | {name: array for name, array in arrays.items() if name not in gone}


def _expanded(content: bytes, where: str) -> bytes:
    """The same file with nothing compressed, at most MOST_BYTES of it: scipy believes the sizes it finds there."""
    order = "<" if content[126:128] == b"IM" else ">"
    pieces, at, size = [content[:_HEADER]], _HEADER, _HEADER
    while at + _TAG <= len(content):
        kind, length = struct.unpack(order + "II", content[at : at + _TAG])
        if at + _TAG + length > len(content):
            raise EpochscopeError(
                f"{where} is truncated: a variable ends after the end of the file; download it again."
            )
        piece = content[at : at + _TAG + length]
        if kind == _COMPRESSED:
            piece = _inflated(piece[_TAG:], MOST_BYTES - size, where)
        size += len(piece)
        if size > MOST_BYTES:
            raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; use a part of it.")
        pieces.append(piece)
        at += _TAG + length
    return b"".join(pieces)


def _inflated(piece: bytes, room: int, where: str) -> bytes:
    try:
        unpacker = zlib.decompressobj()
        found = unpacker.decompress(piece, max(room, 1) + 1)
    except zlib.error:
        raise EpochscopeError(f"{where} is damaged: a variable in it cannot be unpacked; download it again.") from None
    if len(found) > room:
        raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; use a part of it.")
    return found


def _plain(name: str, value: Any, where: str, deep: int = 0) -> Iterator[tuple[str, Any]]:
    """Arrays of numbers or words out of a variable; of a struct its fields, of a cell its words or its tables."""
    if issparse(value):
        part = value.tocoo()
        yield name, built("coo", (part.data, part.row, part.col), part.shape, where)
    elif isinstance(value, np.ndarray) and value.dtype.names and deep < _DEEPEST:
        for field in value.dtype.names:
            cells = value[field]
            yield from _plain(field, cells.ravel()[0] if value.size == 1 else cells, where, deep + 1)
    elif isinstance(value, np.ndarray) and value.dtype.kind == "O":
        cells = value.ravel()
        if all(isinstance(cell, np.ndarray) and cell.dtype.kind == "U" and cell.size <= 1 for cell in cells):
            yield name, np.array([cell.item()[:LONGEST_WORD] if cell.size else "" for cell in cells], str)
        elif len(cells) > 1 and not says_labels(name) and _are_rows(cells):
            yield name, np.stack([cell.ravel() for cell in cells])
        elif deep < _DEEPEST and len(cells) <= _MOST_ARRAYS:
            for place, cell in enumerate(cells, 1):
                yield from _plain(f"{name} {{{place}}}", cell, where, deep + 1)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "fiubUc":
        yield name, np.char.strip(value) if value.dtype.kind == "U" else value


def _are_rows(cells: np.ndarray) -> bool:
    """Whether each cell holds a vector of equally many numbers, as the points of a struct array do."""
    numbers = all(isinstance(cell, np.ndarray) and cell.dtype.kind in "fiub" and cell.size for cell in cells)
    return numbers and len({cell.size for cell in cells}) == 1 and all(max(cell.shape) == cell.size for cell in cells)


def is_matlab_hdf5(file: Any) -> bool:
    """Whether an HDF5 file was written by MATLAB: its variables say their class."""
    return any("MATLAB_class" in item.attrs for item in file.values())


class Variables:
    """Reads the variables of a .mat file of version 7.3. `array` reads a data set, its size looked at first."""

    def __init__(self, file: Any, h5py: Any, where: str, array: Any) -> None:
        self._file, self._h5py, self._where, self._array = file, h5py, where, array

    def arrays(self) -> dict[str, Any]:
        """All of them by name: arrays of numbers or words, sparse matrices, the fields of structs."""
        return dict(self._in(self._file, 0))

    def _in(self, group: Any, deep: int) -> Iterator[tuple[str, Any]]:
        for name in list(group)[:_MOST_ARRAYS]:
            if not name.startswith("#") and isinstance(group.get(name, getlink=True), self._h5py.HardLink):
                yield from self._variable(name, group[name], deep)

    def _variable(self, name: str, item: Any, deep: int) -> Iterator[tuple[str, Any]]:
        where, kind = f"{name} in {self._where}", item.attrs.get("MATLAB_class", b"")
        if isinstance(item, self._h5py.Group):
            if "MATLAB_sparse" in item.attrs:
                yield name, self._sparse(item, where)
            elif deep < _DEEPEST:
                yield from self._in(item, deep + 1)
        elif "MATLAB_empty" in item.attrs:
            return
        elif kind == b"cell":
            within_limits(item.size, 1, where)
            words = [self._chars(self._file[ref], where) for ref in item[()].ravel(order="F")]
            if all(word is not None for word in words):
                yield name, np.array(words, str)
        elif (values := self._array(item, where)) is not None and values.ndim:
            if kind != b"char":
                yield name, values.T  # MATLAB stores columns first
            elif values.ndim == 2:
                yield name, np.array([_text(row) for row in values.T], str)

    def _chars(self, item: Any, where: str) -> str | None:
        """One cell as a word; None where it holds something else."""
        if not isinstance(item, self._h5py.Dataset) or item.attrs.get("MATLAB_class") != b"char":
            return None
        return "" if "MATLAB_empty" in item.attrs else _text(self._array(item, where).ravel())

    def _sparse(self, group: Any, where: str) -> csr_matrix:
        rows = int(group.attrs["MATLAB_sparse"])
        indptr = self._array(group["jc"], f"{where}: jc")
        shape = (rows, len(indptr) - 1)
        if "data" not in group:  # no value at all
            sparse_within_limits(*shape, 0, where)
            return csr_matrix(shape)
        parts = self._array(group["data"], f"{where}: data"), self._array(group["ir"], f"{where}: ir")
        return built("csc", (*parts, indptr), shape, where)


def _text(codes: np.ndarray) -> str:
    return "".join(map(chr, codes[:LONGEST_WORD].tolist())).strip()
