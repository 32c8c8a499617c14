"""HDF5 and AnnData files (.h5, .hdf5, .h5ad) as columns. Needs the optional dependency h5py."""

from __future__ import annotations

import io
import math
from importlib import import_module
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.raw import Raw, unique, within_limits
from epochscope.types import EpochscopeError

_MOST_ARRAYS = 200
_SPARSE = {"csr_matrix": csr_matrix, "csc_matrix": csc_matrix}


def read_hdf5(content: bytes, where: str) -> Raw:
    """Columns of all arrays of the file; for AnnData, X with the names of var, and the columns of obs."""
    try:
        h5py = import_module("h5py")
    except ImportError:
        raise EpochscopeError(
            f"{where} is an HDF5 file: to read those, install h5py (pip install 'epochscope[h5]') and start again."
        ) from None
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            if "X" in file and "obs" in file:
                arrays, names = _anndata(file, h5py, where)
            else:
                arrays, names = _arrays(file, h5py, where), {}
    except EpochscopeError:
        raise
    except Exception:  # the library raises OSError, RuntimeError, KeyError, ValueError ... on damaged content
        raise EpochscopeError(f"{where} is damaged or no HDF5 file; save it again.") from None
    return from_arrays(arrays, where, names)


def _arrays(file: Any, h5py: Any, where: str) -> dict[str, np.ndarray]:
    """All arrays of numbers or text by path; links into other files are not followed."""
    arrays: dict[str, np.ndarray] = {}

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim and len(arrays) < _MOST_ARRAYS:
            array = _array(item, f"{name} in {where}")
            if array is not None:
                arrays[name] = array

    file.visititems(take)  # follows neither soft nor external links
    return arrays


def _array(item: Any, where: str) -> np.ndarray | None:
    """The array, its size checked before anything is read; None if it has neither numbers nor text."""
    if item.external or item.is_virtual:
        raise EpochscopeError(f"{where} is stored in another file, which is not read: copy it into this one.")
    if item.dtype.kind not in "fiubSO":
        return None
    within_limits(item.shape[0], math.prod(item.shape[1:]), where)
    if item.dtype.kind != "O":
        return np.asarray(item[()])
    if item.ndim != 1 or item.dtype.metadata is None or item.dtype.metadata.get("vlen") not in (str, bytes):
        return None
    return item.asstr("utf-8", "replace")[()].astype(str)


def _anndata(file: Any, h5py: Any, where: str) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    x = file["X"]
    values = _array(x, f"X in {where}") if isinstance(x, h5py.Dataset) else _sparse(x, where)
    if values is None:
        raise EpochscopeError(f"X in {where} has no numbers.")
    arrays = {"X": values}
    for name, item in file["obs"].items():
        column = _categories(item, where) if isinstance(item, h5py.Group) else _array(item, f"obs/{name} in {where}")
        if column is not None and column.ndim == 1 and name not in ("__categories",):
            arrays[name if name != "X" else "obs X"] = column
    return arrays, {"X": _variables(file, values.shape[1], h5py, where)}


def _sparse(group: Any, where: str) -> np.ndarray:
    shape = tuple(int(size) for size in group.attrs["shape"])
    within_limits(shape[0], shape[1], f"X in {where}")
    parts = tuple(_array(group[name], f"X/{name} in {where}") for name in ("data", "indices", "indptr"))
    made: Any = _SPARSE[_text(group.attrs["encoding-type"])](parts, shape=shape)
    made.check_format(full_check=True)
    return made.toarray()


def _categories(group: Any, where: str) -> np.ndarray | None:
    """A categorical column as text; a code of -1 is a missing value."""
    if not {"codes", "categories"} <= set(group):
        return None
    codes, names = (_array(group[name], f"{group.name} in {where}") for name in ("codes", "categories"))
    if codes is None or names is None or codes.dtype.kind not in "iu":
        return None
    texts = np.array([*unique(_text(name) for name in names.tolist()), ""])
    codes = codes.astype(np.int64)
    if codes.min(initial=0) < -1 or codes.max(initial=-1) >= len(names):
        raise EpochscopeError(f"{group.name} in {where} is damaged: a code has no category.")
    return texts[codes]


def _variables(file: Any, features: int, h5py: Any, where: str) -> list[str]:
    var = file.get("var")
    index = var.attrs.get("_index", "_index") if isinstance(var, h5py.Group) else ""
    item = var.get(index) if isinstance(var, h5py.Group) else None
    names = _array(item, f"var in {where}") if isinstance(item, h5py.Dataset) else None
    return [_text(name) for name in names.tolist()] if names is not None and names.shape == (features,) else []


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
