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
from epochscope.data.own.raw import MOST_BYTES, Raw, within_limits
from epochscope.data.own.sparse import built, sparse_within_limits
from epochscope.types import EpochscopeError

_HEADER, _TAG = 128, 8  # bytes
_COMPRESSED = 15  # miCOMPRESSED
_READ = {"double", "single", "sparse", "char", "logical", "cell", "struct", *(f"{u}int{b}" for u in ("", "u") for b in (8, 16, 32, 64))}  # fmt: skip
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
                sparse_within_limits(*shape[:2], 0, f"{name} in {where}")
            elif math.prod(shape) * 4 > MOST_BYTES:
                within_limits(max(shape), math.prod(shape) // max(shape), f"{name} in {where}")
        wanted = [name for name, _, kind in listed[:_MOST_ARRAYS] if kind in _READ]
        found = loadmat(io.BytesIO(content), variable_names=wanted, verify_compressed_data_integrity=True)
        arrays = {called: a for name in wanted for called, a in _plain(name, found.get(name), f"{name} in {where}")}
    except EpochscopeError:
        raise
    except Exception:  # the library raises ValueError, TypeError, KeyError, OSError ... on damaged content
        raise EpochscopeError(f"{where} is damaged or no MATLAB file; save it anew (-v7 or -v7.3).") from None
    return from_arrays(arrays, where, answers)


def _expanded(content: bytes, where: str) -> bytes:
    """The same file with nothing compressed, at most MOST_BYTES of it: scipy believes the sizes it finds there."""
    order = "<" if content[126:128] == b"IM" else ">"
    pieces, at, size = [content[:_HEADER]], _HEADER, _HEADER
    while at + _TAG <= len(content):
        kind, length = struct.unpack(order + "II", content[at : at + _TAG])
        if at + _TAG + length > len(content):
            raise EpochscopeError(f"{where} is cut off: a variable ends after the end of the file; get it again.")
        piece = content[at : at + _TAG + length]
        if kind == _COMPRESSED:
            piece = _inflated(piece[_TAG:], MOST_BYTES - size, where)
        size += len(piece)
        if size > MOST_BYTES:
            raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; take a part of it.")
        pieces.append(piece)
        at += _TAG + length
    return b"".join(pieces)


def _inflated(piece: bytes, room: int, where: str) -> bytes:
    try:
        unpacker = zlib.decompressobj()
        found = unpacker.decompress(piece, max(room, 1) + 1)
    except zlib.error:
        raise EpochscopeError(f"{where} is damaged: a variable in it cannot be unpacked; get it again.") from None
    if len(found) > room:
        raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; take a part of it.")
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
            yield name, np.array([cell.item() if cell.size else "" for cell in cells], str)
        elif deep < _DEEPEST and len(cells) <= _MOST_ARRAYS:
            for place, cell in enumerate(cells, 1):
                yield from _plain(f"{name} {{{place}}}", cell, where, deep + 1)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "fiubU":
        yield name, np.char.strip(value) if value.dtype.kind == "U" else value


def is_matlab_hdf5(file: Any) -> bool:
    """Whether an HDF5 file was written by MATLAB: its variables say their class."""
    return any("MATLAB_class" in item.attrs for item in file.values())


def from_hdf5(file: Any, h5py: Any, where: str, array: Any) -> dict[str, Any]:
    """The variables of a .mat file of version 7.3. `array` reads a data set, its size looked at first."""
    found: dict[str, Any] = {}
    for name, item in list(file.items())[:_MOST_ARRAYS]:
        if not name.startswith("#") and isinstance(file.get(name, getlink=True), h5py.HardLink):
            found |= dict(_variable(name, item, file, h5py, f"{name} in {where}", array))
    return found


def _variable(name: str, item: Any, file: Any, h5py: Any, where: str, array: Any, deep: int = 0) -> Iterator[tuple[str, Any]]:
    kind = item.attrs.get("MATLAB_class", b"")
    if isinstance(item, h5py.Group):
        if "MATLAB_sparse" in item.attrs:
            yield name, _sparse(item, where, array)
        elif deep < _DEEPEST:
            for field, inner in item.items():
                if isinstance(item.get(field, getlink=True), h5py.HardLink):
                    yield from _variable(field, inner, file, h5py, where, array, deep + 1)
        return
    if "MATLAB_empty" in item.attrs:
        return
    if kind == b"cell":
        within_limits(item.size, 1, where)
        words = [_chars(file[ref], h5py, where, array) for ref in item[()].ravel(order="F")]
        if all(word is not None for word in words):
            yield name, np.array(words, str)
    elif kind == b"char":
        codes = array(item, where)
        if codes is not None and codes.ndim == 2:
            yield name, np.array([_text(row) for row in codes.T], str)
    else:
        values = array(item, where)
        if values is not None and values.ndim:
            yield name, values.T  # MATLAB stores columns first


def _chars(item: Any, h5py: Any, where: str, array: Any) -> str | None:
    """One cell as a word; None where it holds something else."""
    if not isinstance(item, h5py.Dataset) or item.attrs.get("MATLAB_class") != b"char":
        return None
    return "" if "MATLAB_empty" in item.attrs else _text(array(item, where).ravel())


def _text(codes: np.ndarray) -> str:
    return "".join(map(chr, codes.tolist())).strip()


def _sparse(group: Any, where: str, array: Any) -> csr_matrix:
    rows = int(group.attrs["MATLAB_sparse"])
    indptr = array(group["jc"], f"{where}: jc")
    shape = (rows, len(indptr) - 1)
    if "data" not in group:  # no value at all
        return csr_matrix(shape)
    parts = array(group["data"], f"{where}: data"), array(group["ir"], f"{where}: ir")
    return built("csc", (*parts, indptr), shape, where)
