"""Parquet files: what they announce is looked at before anything is read."""

from __future__ import annotations

from mmap import mmap
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet

from epochscope.data.own.arrow_tables import of_table
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import MOST_BYTES, MOST_VALUES, Raw, within_limits
from epochscope.types import EpochscopeError

_MOST_UNPACKED = 4 * MOST_BYTES
_MOST_ANNOUNCED = 2 * MOST_VALUES  # some of them may stand in columns that are not used


def read_parquet(content: bytes | mmap, where: str, answers: Answers) -> Raw:
    """A Parquet file; the values of a list become columns, a list of two levels or more or a picture becomes pixels."""
    try:
        about = pyarrow.parquet.read_metadata(pa.BufferReader(content))
        within_limits(about.num_rows, about.num_columns, where)
        announced = _announced(about)
        if announced.size > _MOST_UNPACKED:
            raise EpochscopeError(f"{where} unpacks to more than {_MOST_UNPACKED >> 20} MiB; use a part of it.")
        if announced.values > _MOST_ANNOUNCED:
            raise EpochscopeError(
                f"{where} holds {announced.values:,} values, at most {MOST_VALUES:,} are allowed: use a part of it."
            )
        file = pyarrow.parquet.ParquetFile(pa.BufferReader(content), read_dictionary=_words_of(about), metadata=about)
        table = file.read(use_threads=False)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise EpochscopeError(f"{where} is damaged or no Parquet file; save it again.") from None
    return of_table(table, where, answers)


class _Announced(NamedTuple):
    """What a file says it expands to."""

    size: int  # bytes of its pages
    values: int  # a value that is repeated is stored once


def _announced(about: Any) -> _Announced:
    groups = [about.row_group(i) for i in range(about.num_row_groups)]
    values = sum(group.column(i).num_values for group in groups for i in range(group.num_columns))
    return _Announced(sum(group.total_byte_size for group in groups), values)


def _words_of(about: Any) -> list[str]:
    """Columns of words: each different word is read once, however often it stands there."""
    columns = [about.schema.column(i) for i in range(about.num_columns)]
    return [one.path for one in columns if one.physical_type == "BYTE_ARRAY" and one.path == one.name]
