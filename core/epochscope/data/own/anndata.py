"""AnnData (.h5ad) of every version of its layout: X, raw, layers, dense or sparse, and the columns of obs beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.questions import Answers, Question, ask
from epochscope.data.own.raw import LONGEST_WORD, Raw, unique
from epochscope.data.own.sparse import built
from epochscope.types import EpochscopeError

Reader = Callable[[Any, str], np.ndarray | None]
"""Reads a data set of h5py, its size looked at first; None where it holds neither numbers nor text."""

_KINDS = {"csr_matrix": "csr", "csc_matrix": "csc", "csr": "csr", "csc": "csc"}


def is_anndata(file: Any) -> bool:
    """Whether this file has the layout of AnnData."""
    return "obs" in file and ("X" in file or "var" in file)


def read_anndata(file: Any, h5py: Any, where: str, answers: Answers, array: Reader) -> Raw:
    """The table that was asked for (X, if there is one), rows are cells; the columns of obs stand beside it."""
    tables = list(_tables(file, h5py))
    if not tables:
        raise EpochscopeError(f"{where} is AnnData without any table: neither X nor layers hold numbers.")
    questions: tuple[Question, ...] = ()
    chosen = tables[0]
    if len(tables) > 1:
        why = "X is what most programs go on with; raw and layers often hold the counts."
        questions = (ask(answers, "layer", "Table", tuple(tables), tables[0], why),)
        chosen = questions[0].chosen
    values = matrix_of(file[chosen], h5py, f"{chosen} in {where}", array)
    if values is None or values.ndim != 2:
        raise EpochscopeError(f"{chosen} in {where} has no numbers.")
    arrays: dict[str, Any] = {"X": values}
    for name, column in _frame(file["obs"], file, h5py, f"obs in {where}", array):
        if column.ndim == 1:
            arrays[name if name != "X" else "obs X"] = column
    of = _variables_of(chosen, file)
    names = _index(file[of], h5py, f"{of} in {where}", array) if of else []
    raw = from_arrays(arrays, where, {}, {"X": names if len(names) == values.shape[1] else []}, settled=True)
    size = " x ".join(f"{size:,}" for size in values.shape)
    return raw._replace(questions=(*questions, *raw.questions), assumed=(f"AnnData: {chosen}, {size} cells x genes",))


def _tables(file: Any, h5py: Any) -> Iterator[str]:
    """Paths of the tables that can be clustered, the usual one first."""
    for path in ("X", "raw/X", "raw.X"):
        if path in file:
            yield path
    for folder in ("layers", "obsm"):
        if isinstance(file.get(folder), h5py.Group):
            for name, item in file[folder].items():
                sparse = isinstance(item, h5py.Group) and "indptr" in item
                if sparse or (isinstance(item, h5py.Dataset) and item.ndim == 2 and item.dtype.kind in "fiub"):
                    yield f"{folder}/{name}"


def _variables_of(table: str, file: Any) -> str:
    """Where the names of the features of a table stand."""
    if table.startswith("obsm"):
        return ""
    wanted = {"raw/X": "raw/var", "raw.X": "raw.var"}.get(table, "var")
    return wanted if wanted in file else ""


def matrix_of(item: Any, h5py: Any, where: str, array: Reader) -> Any:
    """A table of numbers, dense or sparse, as any version of the layout stores it."""
    if isinstance(item, h5py.Dataset):
        values = array(item, where)
        return values if values is not None and values.dtype.kind in "fiub" else None
    said = item.attrs
    kind = _KINDS.get(text(said.get("encoding-type", said.get("h5sparse_format", ""))), "")
    shape = tuple(int(size) for size in said["shape" if "shape" in said else "h5sparse_shape"])
    parts = [array(item[name], f"{where}: {name}") for name in ("data", "indices", "indptr")]
    if any(part is None for part in parts):
        raise EpochscopeError(f"{where} has no numbers.")
    return built(kind or "unknown", tuple(part for part in parts if part is not None), shape, where)


def _frame(item: Any, file: Any, h5py: Any, where: str, array: Reader) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of a table of obs: a group of columns, or, as in old files, one data set of records."""
    if isinstance(item, h5py.Dataset):
        yield from _records(item, file, h5py, where)
        return
    index = text(item.attrs.get("_index", "_index"))
    for name, column in item.items():
        if name not in ("__categories", index):
            values = _column(column, item, h5py, f"{name} in {where}", array)
            if values is not None:
                yield name, values
    if index in item and isinstance(item[index], h5py.Dataset):
        values = array(item[index], where)
        if values is not None:
            yield index, values


def _records(item: Any, file: Any, h5py: Any, where: str) -> Iterator[tuple[str, np.ndarray]]:
    """Columns of AnnData before 0.7: one data set of records, names of the categories in uns."""
    if not item.dtype.names or item.ndim != 1 or item.external or item.is_virtual or item.shape[0] > 200_000:
        raise EpochscopeError(f"{where} is no table of cells.")
    records = item[()]
    for name in item.dtype.names:
        values, names = records[name], file.get(f"uns/{name}_categories")
        if values.dtype.kind == "O":
            values = np.array([text(value)[:LONGEST_WORD] for value in values.tolist()])
        if (
            isinstance(names, h5py.Dataset)
            and values.dtype.kind in "iu"
            and names.ndim == 1
            and names.shape[0] < 10_000
        ):
            values = _decoded(values, [text(one) for one in names[()].tolist()], f"{name} in {where}")
        if values.dtype.kind in "fiubSU" and values.ndim == 1:
            yield name, values


def _column(item: Any, frame: Any, h5py: Any, where: str, array: Reader) -> np.ndarray | None:
    """One column: plain, categorical (two layouts), or with a mask of what is missing; None for anything else."""
    if isinstance(item, h5py.Dataset):
        values = array(item, where)
        if isinstance(reference := item.attrs.get("categories"), h5py.Reference) and values is not None:
            names = array(frame.file[reference], where)  # 0.7: the names lie in __categories
            return None if names is None else _decoded(values, [text(name) for name in names.tolist()], where)
        return values
    if {"codes", "categories"} <= set(item):
        codes, names = array(item["codes"], where), _plain_or_masked(item["categories"], h5py, where, array)
        if codes is None or names is None or codes.dtype.kind not in "iu":
            return None
        return _decoded(codes, [text(name) for name in names.tolist()], where)
    return _plain_or_masked(item, h5py, where, array)


def _plain_or_masked(item: Any, h5py: Any, where: str, array: Reader) -> np.ndarray | None:
    """Values of a data set, or of a group {values, mask} with what is masked as missing."""
    if isinstance(item, h5py.Dataset):
        return array(item, where)
    if not {"values", "mask"} <= set(item):
        return None
    values, mask = array(item["values"], where), array(item["mask"], where)
    if values is None or mask is None or values.shape != mask.shape:
        return None
    gone = mask.astype(bool)
    return np.where(gone, "", values) if values.dtype.kind in "SU" else np.where(gone, np.nan, values.astype(float))


def _decoded(codes: np.ndarray, names: list[str], where: str) -> np.ndarray:
    """A categorical column: codes into names; a code of -1 is missing."""
    texts = np.array([*unique(names), ""])
    codes = codes.astype(np.int64)
    if codes.min(initial=0) < -1 or codes.max(initial=-1) >= len(names):
        raise EpochscopeError(f"{where} is damaged: a code has no category.")
    return texts[codes]


def _index(var: Any, h5py: Any, where: str, array: Reader) -> list[str]:
    """The names of the features, out of a group or of records."""
    if isinstance(var, h5py.Dataset):
        if not var.dtype.names or var.ndim != 1 or var.shape[0] > 200_000:
            return []
        first = "index" if "index" in var.dtype.names else var.dtype.names[0]
        return [text(name) for name in var[first].tolist()]
    item = var.get(text(var.attrs.get("_index", "_index")))
    names = array(item, where) if isinstance(item, h5py.Dataset) else None
    return [text(name) for name in names.tolist()] if names is not None and names.ndim == 1 else []


def text(value: object) -> str:
    """Bytes or text as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
