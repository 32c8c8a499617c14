"""Excel workbooks (.xlsx) as columns: one sheet, its cells as text like those of every other table. Needs openpyxl."""

from __future__ import annotations

import io
import warnings
from importlib import import_module
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from epochscope.data.own.numbers import is_number
from epochscope.data.own.questions import Answers, ask
from epochscope.data.own.raw import LONGEST_WORD, MOST_COLUMNS, MOST_ROWS, MOST_VALUES, Raw, within_limits
from epochscope.data.own.tables import columns_of, headed
from epochscope.types import EpochscopeError

_TITLED = 3  # columns: above so many, lines of one cell are titles


def read_excel(content: bytes, where: str, answers: Answers) -> Raw:
    """The sheet that was asked for, else the one with most numbers; the results of formulas as they were saved."""
    try:
        openpyxl = import_module("openpyxl")
    except ImportError:
        raise EpochscopeError(
            f"{where} is an Excel file: to read those, install openpyxl (pip install 'epochscope[excel]') and start "
            "again, or save it there as CSV (UTF-8)."
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that it does not know
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            sheets = {sheet.title: rows for sheet in book.worksheets if len(rows := _rows(sheet, where)) > 1}
    except (EpochscopeError, MemoryError):
        raise
    except Exception:  # the library raises KeyError, ValueError, BadZipFile, ParseError ... on damaged content
        raise EpochscopeError(f"{where} is damaged or no Excel file; save it there as CSV (UTF-8).") from None
    if not sheets:
        raise EpochscopeError(f"{where} holds no sheet with two rows.")
    usual = max(sheets, key=lambda title: _count_of_numbers(sheets[title]))
    question = ask(answers, "sheet", "Sheet", tuple(sheets), usual, "The workbook has several sheets.")
    rows, titles = _without_titles(sheets[question.chosen])
    width = max(map(len, rows))
    within_limits(len(rows), width, where)
    cells = zip_longest(*rows)
    table = pa.table({f"f{place}": pa.array(column, pa.string()) for place, column in enumerate(cells)})
    said = (f"Excel: sheet {question.chosen}", *([f"above the table: {titles}"] if titles else []))
    raw = columns_of(headed(table), ";", where, answers, said)
    return raw._replace(questions=(*([question] if len(sheets) > 1 else []), *raw.questions))


def _rows(sheet: Any, where: str) -> list[list[str | None]]:
    """The cells of a sheet as text, without the rows and columns around them that are empty."""
    found: list[list[str | None]] = []
    size = 0
    for row in sheet.iter_rows(values_only=True):
        cells = [None if value is None else _text(value) for value in row]
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            continue
        found.append(cells)
        size += len(cells)
        if len(cells) > MOST_COLUMNS or len(found) > MOST_ROWS + 1 or size > MOST_VALUES:
            within_limits(len(found), len(cells), where)
            raise EpochscopeError(f"{where} has more than {MOST_VALUES:,} cells; use a part of it.")
    empty = min((next(i for i, cell in enumerate(row) if cell is not None) for row in found), default=0)
    return [row[empty:] for row in found]


def _without_titles(rows: list[list[str | None]]) -> tuple[list[list[str | None]], str]:
    """A table without the lines of one cell above and below it, and what stands in the first of those above.

    A table of two columns may also have a gap there, unless names follow.
    """
    wide = next((place for place, row in enumerate(rows) if sum(cell is not None for cell in row) > 1), 0)
    if max(map(len, rows)) > _TITLED:  # what stands below, a note or the word of a sum, is no row either
        while len(rows) - wide > 2 and sum(cell is not None for cell in rows[-1]) == 1:
            rows = rows[:-1]
    named = not _count_of_numbers(rows[wide : wide + 1])
    if not wide or len(rows) - wide < 2 or (max(map(len, rows)) < _TITLED and not named):
        return rows, ""
    return rows[wide:], next(cell for cell in rows[0] if cell is not None)[:LONGEST_WORD]


def _count_of_numbers(rows: list[list[str | None]]) -> int:
    return sum(cell is not None and is_number(cell) for row in rows for cell in row)


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
