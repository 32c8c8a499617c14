"""The format of LIBSVM and SVMlight as a sparse matrix: a label, then column:value for each value. By scikit-learn."""

from __future__ import annotations

import io
import re

import numpy as np
from scipy.sparse import csr_matrix

from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.raw import MOST_ROWS, MOST_SPARSE_COLUMNS, Raw
from epochscope.data.own.sparse import sparse_within_limits
from epochscope.types import EpochscopeError

_NUMBER = rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_LINE = re.compile(rb"\s*" + _NUMBER + rb"(\s+qid:\d+)?((\s+\d+:" + _NUMBER + rb")*)\s*(#.*)?")
_SEVERAL = re.compile(rb"\s*\d+(,\d+)*\s+\d+:\S+(\s+\d+:\S+)*\s*$")
_INDEX = re.compile(rb"(\d+):")


def is_libsvm(content: bytes) -> bool:
    """Whether the first lines are a number (and a query) and then pairs column:value, at least one of them."""
    lines = [line for line in content[: 1 << 20].splitlines()[:20] if line.strip() and not line.startswith(b"#")]
    lines = lines[:-1] if len(lines) > 1 and len(content) > 1 << 20 else lines
    if lines and all(map(_SEVERAL.match, lines)) and any(b"," in line.split()[0] for line in lines):
        raise EpochscopeError(
            "This libsvm file gives several labels for one point (such as 1,3), which is not read: keep one of them."
        )
    return bool(lines) and all(map(_LINE.fullmatch, lines)) and any(b":" in line for line in lines)


def read_libsvm(content: bytes, where: str) -> Raw:
    """The points as a sparse matrix, the numbers at the head of the lines as the column "label"."""
    rows, stored = len(content.strip().splitlines()), content.count(b":")
    highest = max((int(match[1]) for match in _INDEX.finditer(content)), default=0)
    if rows > MOST_ROWS + 1_000 or highest > MOST_SPARSE_COLUMNS:
        sparse_within_limits(rows, highest, stored, where)
        raise EpochscopeError(f"{where} has {rows:,} lines, at most {MOST_ROWS:,} are read: take a part of it.")
    sparse_within_limits(rows, highest, stored, where)
    from sklearn.datasets import load_svmlight_file  # half a second that other files need not wait for

    try:
        values, labels = load_svmlight_file(io.BytesIO(content), dtype=np.float64, zero_based="auto")
    except MemoryError:
        raise
    except Exception:  # the library raises ValueError, IndexError, OverflowError, UnicodeDecodeError ...
        raise EpochscopeError(f"{where} has a line that is no label followed by rising column:value pairs.") from None
    values = csr_matrix(values)
    if not np.isfinite(values.data).all():
        raise EpochscopeError(f"{where} holds a value that is not finite.")
    names = [f"feature {place + 1}" for place in range(values.shape[1])]
    raw = from_arrays({"X": values, "label": labels}, where, {}, {"X": names}, settled=True)
    return raw._replace(assumed=("libsvm: a label, then column:value pairs",))
