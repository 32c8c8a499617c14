"""HDF5 of any kind (.h5, .hdf5, .h5ad, .mat of version 7.3) as columns. Needs h5py, which not everybody has."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

from epochscope.data.own import anndata, matlab, tenx
from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import LONGEST_WORD, MOST_BYTES, MOST_SPARSE_COLUMNS, MOST_VALUES, Raw, within_limits
from epochscope.data.own.sparse import found_in
from epochscope.types import EpochscopeError

_MOST_ARRAYS = 200
_DEEPEST = 30  # groups within groups; looking through them takes the square of the depth
_PYTABLES_INDEX = "_i_table/"
_MOST_LINKS = 20_000


def read_hdf5(content: bytes, where: str, answers: Answers) -> Raw:
    """AnnData, 10x Genomics, MATLAB, or any other file of arrays, which are called by their paths."""
    try:
        h5py = import_module("h5py")
    except ImportError:
        raise EpochscopeError(
            f"{where} is an HDF5 file: to read those, install h5py (pip install 'epochscope[h5]') and start again."
        ) from None
    unread: list[str] = []
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            known = not _leads_outside(file, h5py, where)  # else no path is looked up by its name
            if not known and "obs" in set(file):
                raise EpochscopeError(f"{where} has links into other files, which are not read: copy these into it.")
            if known and anndata.is_anndata(file):
                return anndata.read_anndata(file, h5py, where, answers, array_of)
            if known and tenx.groups(file, h5py):
                return tenx.read_tenx(file, h5py, where, answers, array_of)
            if known and matlab.is_matlab_hdf5(file):
                arrays = matlab.Variables(file, h5py, where, array_of).arrays()
            else:
                arrays = found_in(_arrays(file, h5py, where, unread), where)
    except (EpochscopeError, MemoryError):
        raise
    except Exception:  # the library raises OSError, RuntimeError, KeyError, ValueError ... on damaged content
        raise EpochscopeError(f"{where} is damaged or no HDF5 file; save it again.") from None
    raw = from_arrays(arrays, where, answers)
    odd = f"Not used: {', '.join(unread[:5])} (neither numbers nor text)." if unread else ""
    return raw._replace(note=" ".join(filter(None, [raw.note, odd])))


def _leads_outside(file: Any, h5py: Any, where: str) -> bool:
    """Whether anything in the file is a link into another file. Raises EpochscopeError for what no data look like."""
    seen = leading = 0

    def look(name: str, link: Any) -> str | None:
        nonlocal seen, leading
        seen += 1
        leading += isinstance(link, h5py.ExternalLink)
        if name.count("/") >= _DEEPEST:
            return f"more than {_DEEPEST} groups within each other"
        return f"more than {_MOST_LINKS:,} parts" if seen > _MOST_LINKS else None

    if fault := file.visititems_links(look):
        raise EpochscopeError(f"{where} has {fault}; save its arrays by themselves.")
    return leading > 0


def _arrays(file: Any, h5py: Any, where: str, unread: list[str]) -> dict[str, np.ndarray]:
    """All arrays of numbers or text by path; links into other files are not followed. unread: gets names of others."""
    arrays: dict[str, np.ndarray] = {}
    announced = 0

    def take(name: str, item: Any) -> None:
        nonlocal announced
        if _PYTABLES_INDEX in name:
            return
        if isinstance(item, h5py.Dataset) and item.ndim and len(arrays) < _MOST_ARRAYS:
            announced += item.size * item.dtype.itemsize
            if announced > MOST_BYTES:
                array_of(item, f"{name} in {where}")  # its own size may say it better
                raise EpochscopeError(f"{where} expands to more than {MOST_BYTES >> 20} MiB; use a part of it.")
            if item.dtype.names and item.ndim == 1:
                for field, values in _fields(item, f"{name} in {where}"):
                    arrays[f"{name}/{field}"] = values
            elif (array := array_of(item, f"{name} in {where}")) is not None:
                arrays[name] = array
            else:
                unread.append(name)

    file.visititems(take)  # follows neither soft nor external links
    return arrays


def _fields(item: Any, where: str) -> Iterator[tuple[str, np.ndarray]]:
    """The fields of records, as pandas and PyTables store a table."""
    if item.external or item.is_virtual or item.size * item.dtype.itemsize > MOST_BYTES:
        raise EpochscopeError(f"{where} is stored elsewhere or too large; use a part of it.")
    plain = [field for field in item.dtype.names if item.dtype[field].base.kind in "fiubS"]
    records = item[()]
    for field in plain:
        yield field, records[field]


def array_of(item: Any, where: str) -> np.ndarray | None:
    """The array, its size looked at before anything is read; None where it holds neither numbers nor text."""
    if item.external or item.is_virtual:
        raise EpochscopeError(f"{where} is stored in another file, which is not read: copy it into this one.")
    if item.dtype.kind not in "fiubSO" or item.shape is None:
        return None
    if item.size > MOST_VALUES or item.size * item.dtype.itemsize > MOST_BYTES:
        within_limits(item.shape[0], math.prod(item.shape[1:]), where)
        raise EpochscopeError(f"{where} takes more than {MOST_BYTES >> 20} MiB; use a part of it.")
    if item.dtype.kind != "O":
        return np.asarray(item[()])
    if item.ndim > 1 and 1 not in item.shape:
        return None
    if item.dtype.metadata is None or item.dtype.metadata.get("vlen") not in (str, bytes):
        return None
    if item.size > MOST_SPARSE_COLUMNS:  # as many names as features, or words as points
        within_limits(item.size, 1, where)
    words = item.asstr("utf-8", "replace")[()]
    return np.array([word[:LONGEST_WORD] for word in words.ravel().tolist()], str).reshape(words.shape)
