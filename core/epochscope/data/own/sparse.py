"""Sparse matrices: built from their parts after a look at the sizes, and the features of them that vary most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix, issparse

from epochscope.data.own.raw import MOST_ROWS, MOST_SPARSE_COLUMNS, MOST_VALUES
from epochscope.types import EpochscopeError

VARIABLE = 2_000
"""So many features are kept of a matrix that is too wide."""


def sparse_within_limits(rows: int, columns: int, stored: int, where: str) -> None:
    """Raises EpochscopeError where a sparse matrix of this size would not be taken, whichever way round it is."""
    if min(rows, columns) < 0 or max(rows, columns) > MOST_SPARSE_COLUMNS or stored > MOST_VALUES:
        raise EpochscopeError(
            f"{where} is a sparse matrix of {rows:,} x {columns:,} with {stored:,} values, at most "
            f"{MOST_ROWS:,} points, {MOST_SPARSE_COLUMNS:,} features and {MOST_VALUES:,} values are read: use a part."
        )


def built(kind: str, parts: tuple[np.ndarray, ...], shape: tuple[int, ...], where: str) -> csr_matrix:
    """A matrix from (data, indices, indptr) of the kind "csr" or "csc", or (data, row, col) of "coo".

    Raises EpochscopeError where the parts contradict each other or hold a value that is not finite.
    """
    if len(shape) != 2 or kind not in ("csr", "csc", "coo"):
        raise EpochscopeError(f"{where} is a sparse matrix of a rare kind ({kind[:20]}); save it as csr.")
    data, one, two = parts
    sparse_within_limits(*shape, data.size, where)
    good = data.dtype.kind in "fiub" and one.dtype.kind in "iu" and two.dtype.kind in "iu"
    try:
        if not good or any(part.ndim != 1 for part in parts):
            raise ValueError
        data = data.astype(np.float64)
        if kind == "coo":
            if len(one) and (min(one.min(), two.min()) < 0 or one.max() >= shape[0] or two.max() >= shape[1]):
                raise ValueError
            made: Any = coo_matrix((data, (one.astype(np.int64), two.astype(np.int64))), shape=shape)
        else:
            made = {"csr": csr_matrix, "csc": csc_matrix}[kind]((data, one, two), shape=shape)
            made.check_format(full_check=True)
        found = csr_matrix(made)
        found.sum_duplicates()
    except (ValueError, IndexError, OverflowError, TypeError):
        raise EpochscopeError(f"{where} is a damaged sparse matrix: its parts contradict each other.") from None
    if not np.isfinite(found.data).all():
        raise EpochscopeError(f"{where} holds a value that is missing or infinite; a sparse matrix needs all of them.")
    return found


_KINDS = (("indices", "indptr"), ("row", "col"))


def found_in(arrays: Mapping[str, np.ndarray], where: str) -> dict[str, Any]:
    """The arrays, with the parts of each sparse matrix (as scipy's save_npz names them) put together.

    A prefix of the parts names the matrix; without one it is "X".
    """
    left = dict(arrays)
    said = left.get("format")
    kind = said.item() if said is not None and said.size == 1 and said.dtype.kind in "SU" else ""
    kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else kind
    if kind in ("bsr", "dia") and "shape" in left:
        raise EpochscopeError(f"{where} is a sparse matrix of a rare kind ({kind}); save x.tocsr() instead.")
    for name in arrays:
        for one, two in _KINDS:
            prefix = name.removesuffix(one)
            keys = [prefix + part for part in ("data", one, two, "shape")]
            if name.endswith(one) and all(key in left for key in keys):
                data, first, second, shape = (left.pop(key) for key in keys)
                said = left.pop(prefix + "format", np.array(b"csr" if one == "indices" else b"coo"))
                kind = said.item() if said.size == 1 else ""
                sizes = tuple(int(size) for size in shape.ravel()) if shape.dtype.kind in "iu" else ()
                kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else str(kind)
                left[prefix.strip("_-./ ") or "X"] = built(kind, (data, first, second), sizes, f"{name} in {where}")
    return left


class Variable(NamedTuple):
    """The features that vary most, in the order of the file, and by which measure."""

    features: Int[np.ndarray, " f"]
    measure: str


def most_variable(matrix: csr_matrix, count: int) -> Variable:
    """The `count` features of the largest variance; of counts the one of log(1 + counts), as many for each point."""
    values, measure = matrix, "variance"
    if matrix.nnz and matrix.data.min() >= 0:
        values = matrix.copy()
        if (matrix.data % 1 == 0).all():
            sums = np.asarray(matrix.sum(axis=1)).ravel()
            median = np.median(sums[sums > 0]) if (sums > 0).any() else 1.0
            factors = np.divide(median, sums, out=np.zeros_like(sums, dtype=np.float64), where=sums > 0)
            values.data = np.log1p(values.data * np.repeat(factors, np.diff(values.indptr)))
            measure = "variance of log(1 + count), all points brought to the median sum"
    order = np.argsort(-variances(values), kind="stable")[:count]
    return Variable(np.sort(order), measure)


def variances(matrix: csr_matrix) -> Float[np.ndarray, " f"]:
    """Variance of each column, zeros counted."""
    n, f = matrix.shape
    mean = np.bincount(matrix.indices, matrix.data, f) / n
    squares = np.bincount(matrix.indices, matrix.data**2, f) / n
    return np.maximum(squares - mean**2, 0)


__all__ = ["VARIABLE", "built", "found_in", "issparse", "most_variable", "sparse_within_limits", "variances"]
