"""Text tables as columns. Every cell is read as text first: no type is guessed by halves."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from epochscope.data.own import genes
from epochscope.data.own.arrays import as_matrix
from epochscope.data.own.numbers import MISSING, is_number, is_numbers, numbers
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import MOST_COLUMNS, MOST_SPARSE_COLUMNS, Raw, unique, within_limits
from epochscope.data.own.text import BLANKS, name_of, records, separator_of, tabbed, without_comments, without_titles
from epochscope.types import EpochscopeError

_MOST_HEADS, _LOOKED_AT = 3, 200
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


class Cells(NamedTuple):
    """A table of strings (null: missing) with the names of its columns; empty names where it has none."""

    table: pa.Table
    names: list[str]
    heads: int = 1  # rows that stood above the numbers, where there are names


def read_table(content: bytes, where: str, answers: Answers) -> Raw:
    """A table in UTF-8: separated by comma, tab, semicolon, bar or blanks; with a row of names or without."""
    lines = without_comments(content)
    content = lines.content
    if not content.strip():
        raise EpochscopeError(f"{where} is empty.")
    top = without_titles(content, lines.separator)
    content = top.content
    separator = lines.separator or separator_of(content)
    assumed = [f"cells apart by {name_of(separator)}"] if separator != "," else []
    if lines.comments:
        assumed.append(f"{lines.comments:,} comment line{'s' * (lines.comments != 1)} left out")
    if top.lines:
        assumed.append(f"{top.lines} line{'s' * (top.lines != 1)} above the table left out")
    heading = lines.heading.decode("utf-8", "replace")
    if separator == BLANKS:
        content, heading, separator = tabbed(content), "\t".join(heading.split()), "\t"
    cells = parsed(content, separator, where)
    named = [part.strip() for part in heading.split(separator)] if heading else []
    if not any(cells.names) and len(named) == len(cells.names) and not any(map(is_number, named)):
        cells = cells._replace(names=unique(named))
    return columns_of(cells, separator, where, answers, tuple(assumed))


def parsed(content: bytes, separator: str, where: str, header: bool | None = None) -> Cells:
    """The cells of a text with this separator. header: whether the first row holds names; None: by its looks."""
    first = (records(content[: 1 << 20].decode("utf-8", "replace"), separator) or [[""]])[0]
    columns = max(len(first), 1)
    if b"\n" not in content[: 1 << 20]:
        columns = content[: content.find(b"\n")].count(separator.encode()) + 1
    _wide_within_limits(1, columns, where)
    if b'"' not in content:  # otherwise separators and ends of lines may lie inside of cells
        cells = content.count(separator.encode()) + content.count(b"\n") + 1
        _wide_within_limits(1 + cells // columns, columns, where)
    table = read_cells(content, separator, where)
    _wide_within_limits(table.num_rows, table.num_columns, where)
    return headed(table, header)


def _wide_within_limits(rows: int, columns: int, where: str) -> None:
    """As `within_limits`, for text: one with more columns may still become a sparse matrix."""
    if columns <= MOST_COLUMNS or columns > MOST_SPARSE_COLUMNS:
        within_limits(rows, columns, where)


def read_cells(content: bytes, separator: str, where: str) -> pa.Table:
    """All cells as strings, f0, f1, ...; null where missing."""
    width = content[: content.find(b"\n")].count(separator.encode()) + 9
    strings = {f"f{place}": pa.string() for place in range(width)}
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


def headed(table: pa.Table, header: bool | None = None) -> Cells:
    """The table with its names taken off the first row, if they stand there."""
    table = pa.table([column.cast(pa.string()) for column in table.columns], names=table.column_names)
    head = [column[0].as_py() for column in table.columns] if table.num_rows else []
    if header is None:
        header = _is_header(head) or _heads_numbers(head, table)
    if not header:
        return Cells(table, [""] * table.num_columns)
    more = _more_heads(table)
    heads = [[column[row].as_py() for column in table.columns] for row in range(1 + more)]
    fullest = max(heads, key=lambda cells: len({cell for cell in cells if cell and cell.strip()}))
    return Cells(table.slice(1 + more), unique(cell or "" for cell in fullest), 1 + more)


def _more_heads(table: pa.Table) -> int:
    """How many rows below the first one still hold names or units: without them there are more columns of numbers."""
    best, most = 0, 0
    for more in range(min(_MOST_HEADS, table.num_rows - 3) + 1):
        row = [column[more].as_py() for column in table.columns]
        if any(cell is not None and is_number(cell) for cell in row):
            break
        found = sum(is_numbers(column.slice(1 + more)) for column in table.columns[:_LOOKED_AT])
        if found > most:
            best, most = more, found
    return best


def _is_header(head: Sequence[str | None]) -> bool:
    """Whether these cells are names: no number among them, or nothing but a count of the columns (and two words)."""
    cells = [cell.strip() for cell in head if cell is not None and cell.strip()]
    if not cells:
        return False
    if not any(map(is_number, cells)):
        return True
    counts = [cell for cell in cells if is_number(cell)]
    words = len(cells) - len(counts)
    fits = [str(place) for place in range(len(counts))], [str(place + 1) for place in range(len(counts))]
    return len(counts) > (2 if words else 1) and words <= 2 and counts in fits


def _heads_numbers(head: Sequence[str | None], table: pa.Table) -> bool:
    """Whether some column holds numbers but for a word at its head."""
    if table.num_rows < 2:
        return False
    pairs = zip(head, table.columns, strict=True)
    return any(cell is not None and not is_number(cell) and is_numbers(column.slice(1)) for cell, column in pairs)


def columns_of(cells: Cells, separator: str, where: str, answers: Answers, assumed: tuple[str, ...]) -> Raw:
    """Strings as columns of numbers or words; genes x cells turned."""
    made = numbers(cells.table.columns, separator, answers)
    named = any(cells.names)
    names = cells.names if named else [f"feature {place + 1}" for place in range(len(made.columns))]
    columns = dict(zip(names, made.columns, strict=True))
    turned = genes.turned(columns, where, answers)
    if turned.raw is not None:
        raw = turned.raw
    elif len(columns) > MOST_COLUMNS:
        raw = _wide(columns, where)
    else:
        raw = Raw(columns, one_table=True)
    more = (f"{cells.heads} rows of names",) if named and cells.heads > 1 else () if named else ("no row of names",)
    return raw._replace(
        assumed=(*assumed, *made.assumed, *more, *turned.assumed), questions=(*made.questions, *turned.questions)
    )


def _wide(columns: dict[str, np.ndarray], where: str) -> Raw:
    """More columns than are chosen one by one: the numbers as a matrix, the words beside it."""
    beside = {name: values for name, values in columns.items() if values.dtype.kind == "O"}
    some = {name: values for name, values in columns.items() if name not in beside}
    if len(beside) > MOST_COLUMNS or not some:
        raise EpochscopeError(f"{where} has {len(beside):,} columns of words; numbers are needed.")
    return as_matrix(Raw(beside), np.stack([*some.values()], axis=1), list(some), where)
