"""Reader for the format of SVMlight and LIBSVM: one point per line, a whole number followed by column:value pairs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from scipy.sparse import csr_matrix

from epochscope.data.unzip import lines, unzipped
from epochscope.types import EpochscopeError


class Sparse(NamedTuple):
    """The whole number at the start of each line, and the values; column c of the file is column c - 1 here."""

    heads: Int[np.ndarray, " n"]
    values: csr_matrix


def read_libsvm(path: Path, *, columns: int, most_lines: int, most_bytes: int) -> Sparse:
    """All lines of the file. Raises EpochscopeError naming the first invalid line.

    The columns of a line must increase and lie in 1 .. `columns`, and values must be finite.
    """
    heads, lengths, indices, values = [], [], [], []
    with unzipped(path, most_bytes) as file:
        for number, line in lines(file, str(path), 50 * columns):
            if number > most_lines:
                raise EpochscopeError(f"{path} is not this data set: it has more than {most_lines:,} lines.")
            try:
                head, _, rest = line.partition(b" ")
                pairs = np.array([*map(float, rest.replace(b":", b" ").split())])
                column, value = pairs.reshape(-1, 2).T
                if line.count(b":") != len(value) or not np.isfinite(value).all() or (column % 1).any():
                    raise ValueError
                if len(column) and not (column[0] >= 1 and column[-1] <= columns and (np.diff(column) > 0).all()):
                    raise ValueError
                heads.append(np.int64(int(head)))
            except (ValueError, OverflowError):
                raise EpochscopeError(
                    f"{path}, line {number}, is not a whole number and increasing column:value pairs of columns 1 to "
                    f"{columns}; download it again."
                ) from None
            lengths.append(len(column))
            indices.append(column.astype(np.int32) - 1)
            values.append(value.astype(np.float32))
    if not heads:
        raise EpochscopeError(f"{path} is empty; download it again.")
    rows = np.concatenate([[0], np.cumsum(lengths)])
    shape = (len(heads), columns)
    matrix = csr_matrix((np.concatenate(values), np.concatenate(indices), rows), shape=shape)
    return Sparse(np.array(heads, dtype=np.int64), matrix)
