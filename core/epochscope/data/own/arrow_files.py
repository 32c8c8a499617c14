"""Arrow files and streams, Feather of both versions, and ORC."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc

from epochscope.data.own.arrow_tables import of_table
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import MOST_BYTES, Raw, within_limits
from epochscope.types import EpochscopeError

_ARROW, _STREAM, _FEATHER, _ORC = b"ARROW1\0\0", b"\xff\xff\xff\xff", b"FEA1", b"ORC"  # how they begin


def read_arrow(content: bytes, where: str, answers: Answers) -> Raw:
    """The table; batches are counted while they are read, since they may be packed."""
    return _read(_of_arrow, "Arrow", content, where, answers)


def read_orc(content: bytes, where: str, answers: Answers) -> Raw:
    """The table of an ORC file, its size looked at first."""
    return _read(_of_orc, "ORC", content, where, answers)


def is_arrow(content: bytes) -> bool:
    """Whether this is a file of Arrow, Feather of version 1 (a column of text may be called so), or a stream."""
    if content.startswith(_FEATHER):
        return content.endswith(_FEATHER)
    stream = content.startswith(_STREAM) and 0 < int.from_bytes(content[4:8], "little") < len(content)
    return content.startswith(_ARROW) or stream


def is_orc(content: bytes) -> bool:
    """Whether this begins and ends as ORC does."""
    return content.startswith(_ORC) and content[-4:-1] == _ORC


def _read(table_of: Any, kind: str, content: bytes, where: str, answers: Answers) -> Raw:
    try:
        table = table_of(pa.BufferReader(content), content, where)
    except (EpochscopeError, MemoryError):
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError):
        raise EpochscopeError(f"{where} is damaged or no {kind} file; save it again, or as Parquet.") from None
    return of_table(table, where, answers)


def _of_arrow(source: Any, content: bytes, where: str) -> pa.Table:
    if content.startswith(_FEATHER):
        return pyarrow.feather.read_table(source, use_threads=False, memory_map=False)
    options = pa.ipc.IpcReadOptions(use_threads=False)
    if content.startswith(_ARROW):
        file = pa.ipc.open_file(source, options=options)
        batches = (file.get_batch(place) for place in range(file.num_record_batches))
    else:
        file = pa.ipc.open_stream(source, options=options)
        batches = iter(file)
    found, rows, size = [], 0, 0
    for batch in batches:
        batch.validate(full=True)  # offsets are believed otherwise
        found.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        within_limits(rows, batch.num_columns, where)
        if size > 4 * MOST_BYTES:
            raise EpochscopeError(f"{where} unpacks to more than {4 * MOST_BYTES >> 20} MiB; use a part of it.")
    return pa.Table.from_batches(found, file.schema)


def _of_orc(source: Any, _content: bytes, where: str) -> pa.Table:
    from pyarrow import orc

    file = orc.ORCFile(source)
    within_limits(file.nrows, len(file.schema), where)
    return file.read()
