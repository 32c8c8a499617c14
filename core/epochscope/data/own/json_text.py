"""JSON and JSON Lines as a typed table: records, columns, rows, or named arrays, as programs write them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.arrow_tables import of_table
from epochscope.data.own.json_values import columns_of, decoded_json
from epochscope.data.own.naming import says_points
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import LONGEST_WORD, Raw, within_limits
from epochscope.types import EpochscopeError


def read_json(content: bytes, where: str, answers: Answers) -> Raw:
    """A list of records, an object of columns, rows of numbers, or arrays by name; else the largest table."""
    found = decoded_json(content, where)
    arrays = _arrays(found) if isinstance(found, Mapping) and "columns" not in found else {}
    if any(array.ndim > 1 and array.dtype.kind in "fiub" and says_points(name) for name, array in arrays.items()):
        return from_arrays(arrays, where, answers)
    columns = columns_of(found, where)
    if not columns:
        raise EpochscopeError(f"{where} is JSON without a table: a list of records or an object of columns is needed.")
    within_limits(max(map(len, columns.values())), len(columns), where)
    if len({len(values) for values in columns.values()}) > 1:
        sizes = ", ".join(f"{name[:20]}: {len(values):,}" for name, values in islice(columns.items(), 4))
        raise EpochscopeError(f"{where} is JSON with columns of different lengths ({sizes}); save one row per point.")
    table = pa.Table.from_arrays([_typed(values) for values in columns.values()], list(columns))
    return of_table(table, where, answers)


def _arrays(found: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Lists by name that are arrays of numbers or words of one shape."""
    arrays = {}
    for name, value in found.items():
        if isinstance(value, list) and value and not isinstance(value[0], Mapping):
            try:
                array = np.array(value)
            except ValueError:  # rows of different lengths
                continue
            if array.dtype.kind in "fiubU" and array.size:
                arrays[str(name)] = array
    return arrays


def _typed(cells: list[Any]) -> pa.Array:
    """Cells of one kind, or all of them as words."""
    try:
        return pa.array(cells)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        pass
    try:
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    except (TypeError, ValueError, OverflowError):
        return pa.array([None if cell is None else str(cell)[:LONGEST_WORD] for cell in cells], pa.string())
