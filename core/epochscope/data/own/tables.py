"""CSV, TSV and Parquet as columns. Cells of a text file are read as text first; types follow from whole columns."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from epochscope.data.own.raw import Raw, unique, within_limits
from epochscope.types import EpochscopeError

MISSING = ("", "NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null", "None", "none", "?", "-", "#N/A")
"""Cells that mark a missing value."""

_SEPARATORS = (",", "\t", ";", "|")
_DECIMAL = r"^-?(\d+|\d*,\d+)([eE][+-]?\d+)?$"  # 1,5 in a table that is separated by semicolons
_TRUE_FALSE = {"true": 1.0, "false": 0.0}
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


def read_text(content: bytes, where: str) -> Raw:
    """A text table separated by comma, tab, semicolon or bar, with or without a header row."""
    content = _utf8(content, where)
    first = content[: content.find(b"\n")] if b"\n" in content else content
    if not content.strip():
        raise EpochscopeError(f"{where} is empty.")
    separator = max(_SEPARATORS, key=lambda s: first.count(s.encode()))
    columns = first.count(separator.encode()) + 1
    within_limits(1, columns, where)
    cells = content.count(separator.encode()) + content.count(b"\n") + 1
    within_limits(1 + cells // columns, columns, where)
    table = _parsed(content, separator, where)
    names = [f"feature {place + 1}" for place in range(table.num_columns)]
    head = [column[0].as_py() for column in table.columns] if table.num_rows else []
    if _is_header(head) or _heads_numbers(head, table):
        names, table = unique(cell or "" for cell in head), table.slice(1)
    return Raw({name: _column(column, separator == ";") for name, column in zip(names, table.columns, strict=True)})


def _utf8(content: bytes, where: str) -> bytes:
    """The content without a byte order mark. Raises EpochscopeError if it is not UTF-8 text."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise EpochscopeError(f"{where} is UTF-16 text; save it as UTF-8.")
    if b"\0" in content:
        raise EpochscopeError(
            f"{where} has an unsupported format: .npz, .npy, .csv, .tsv, .parquet, .h5, .h5ad or a .zip of images is "
            "needed."
        )
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise EpochscopeError(f"{where} is not UTF-8 text (line {line}); save it as UTF-8.") from None
    return content


def _parsed(content: bytes, separator: str, where: str) -> pa.Table:
    """All cells as strings, f0, f1, ...; null where missing."""
    strings = {
        f"f{place}": pa.string() for place in range(content[: content.find(b"\n")].count(separator.encode()) + 9)
    }
    try:
        return pyarrow.csv.read_csv(
            io.BytesIO(content),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, block_size=len(content) + 1, autogenerate_column_names=True
            ),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=strings, null_values=MISSING, strings_can_be_null=True, check_utf8=True
            ),
        )
    except pa.ArrowInvalid as error:
        if ragged := _RAGGED.search(str(error)):
            row, expected, got = ragged.groups()
            raise EpochscopeError(
                f"{where}, row {row}, has {got} cells, but the first row has {expected}: all rows need the same number."
            ) from None
        raise EpochscopeError(f"{where} cannot be read as a table; save it again as CSV.") from None


def _is_header(head: list[str | None]) -> bool:
    """Whether these cells are names: no number among them, or just the column numbers."""
    cells = [cell.strip() for cell in head if cell is not None and cell.strip()]
    if not cells:
        return False
    if not any(_number(cell) for cell in cells):
        return True
    counts = [str(place) for place in range(len(cells))]
    return len(cells) > 1 and cells in (counts, [str(int(c) + 1) for c in counts])


def _heads_numbers(head: list[str | None], table: pa.Table) -> bool:
    """Whether some column has numbers below a word."""
    for cell, column in zip(head, table.columns, strict=True):
        if cell is not None and not _number(cell) and table.num_rows > 1:
            below = _column(column.slice(1))
            if below.dtype.kind == "f" and not np.isnan(below).all():
                return True
    return False


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _column(column: pa.ChunkedArray, comma: bool = False) -> np.ndarray:
    """Strings as numbers if all of them are, else as words. With `comma`, a decimal comma is allowed."""
    trimmed = pc.utf8_trim_whitespace(column)
    trimmed = pc.if_else(pc.is_in(trimmed, value_set=pa.array(MISSING)), pa.scalar(None, pa.string()), trimmed)
    texts = [trimmed]
    if comma and pc.all(pc.match_substring_regex(trimmed, _DECIMAL)).as_py():
        texts.append(pc.replace_substring(trimmed, ",", "."))
    for text in texts:
        with suppress(pa.ArrowInvalid):
            return _floats(pc.cast(text, pa.float64()))
    distinct = set(pc.unique(pc.utf8_lower(trimmed)).to_pylist()) - {None}
    if distinct <= _TRUE_FALSE.keys():
        return _floats(pc.cast(pc.equal(pc.utf8_lower(trimmed), "true"), pa.float64()))
    return _words(trimmed)


def _floats(column: Any) -> np.ndarray:
    return column.to_numpy(zero_copy_only=False).astype(np.float64) if len(column) else np.zeros(0)


def _words(column: pa.ChunkedArray) -> np.ndarray:
    words = np.empty(len(column), object)
    words[:] = column.to_pylist()
    return words


def read_parquet(content: bytes, where: str) -> Raw:
    """A Parquet file: numbers, words, and lists of numbers of equal length (one column per entry)."""
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        within_limits(file.metadata.num_rows, file.metadata.num_columns, where)
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError):
        raise EpochscopeError(f"{where} is damaged or no Parquet file; save it again.") from None
    columns: dict[str, np.ndarray] = {}
    skipped = []
    for name, column in zip(unique(table.column_names), table.columns, strict=True):
        try:
            parts = _typed(column)
        except (pa.ArrowException, ValueError, TypeError):
            parts = []
        if not parts:
            skipped.append(name)
        within_limits(table.num_rows, len(columns) + len(parts), where)
        columns |= {name if len(parts) == 1 else f"{name} {i + 1}": part for i, part in enumerate(parts)}
    return Raw(columns, note=f"Not used: {', '.join(skipped[:5])}." if skipped else "")


def _typed(column: pa.ChunkedArray) -> list[np.ndarray]:
    """A typed column as one or, for lists of numbers, several columns; none for other types."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _typed(pc.cast(column, kind.value_type))
    if (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    ):
        return [_floats(pc.cast(column, pa.float64(), safe=False))]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_temporal(kind):
        return [_words(pc.cast(column, pa.string()))]
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_large_list(kind):
        lengths = set(pc.unique(pc.list_value_length(column)).to_pylist())
        if len(lengths) == 1 and (length := lengths.pop()):
            flat = _floats(pc.cast(pc.list_flatten(column), pa.float64(), safe=False))
            return list(flat.reshape(len(column), length).T)
    return []
