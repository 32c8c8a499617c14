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
    """Whether this begins as a .mat file of version 5 does."""
    return content[:6] == b"MATLAB" and content[126:128] in (b"IM", b"MI")


def read_matlab(content: bytes, where: str, answers: Answers) -> Raw:
    """The variables of a .mat file of version 5: X, fea or data as points, Y, gnd or labels as labels."""
    content = _expanded(content, where)
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
    return from_arrays(arrays, where, answers)


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
    elif isinstance(value, np.ndarray) and value.dtype.names and deep < _DEEPEST and value.size == 1:
        for field in value.dtype.names:
            yield from _plain(field, value[field].ravel()[0], where, deep + 1)
    elif isinstance(value, np.ndarray) and value.dtype.kind == "O":
        cells = value.ravel()
        if all(isinstance(cell, np.ndarray) and cell.dtype.kind == "U" and cell.size <= 1 for cell in cells):
            yield name, np.array([cell.item()[:LONGEST_WORD] if cell.size else "" for cell in cells], str)
        elif deep < _DEEPEST and len(cells) <= _MOST_ARRAYS:
            for place, cell in enumerate(cells, 1):
                yield from _plain(f"{name} {{{place}}}", cell, where, deep + 1)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "fiubU":
        yield name, np.char.strip(value) if value.dtype.kind == "U" else value


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
