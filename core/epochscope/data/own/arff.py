"""ARFF (Weka) and KEEL files: names and kinds of the columns in lines that begin with "@", then rows apart by commas.

scipy's reader takes neither words, sparse rows, quoted names nor KEEL's ranges, so the header is read here; the rows go
the way of every other table.
"""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from epochscope.data.own.naming import says_labels
from epochscope.data.own.numbers import numbers, words
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import MOST_COLUMNS, MOST_VALUES, Raw, unique, within_limits
from epochscope.data.own.tables import read_cells
from epochscope.types import EpochscopeError

_START = re.compile(rb"\A(\s*(%[^\n]*)?\n)*\s*@relation\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(.+)""", re.IGNORECASE)
_OUTPUTS = re.compile(r"@outputs?\s+(.+)", re.IGNORECASE)
_COMMENTS = re.compile(r"^[ \t]*(%[^\n]*)?\n", re.MULTILINE)  # and blank lines
_WEIGHTS = re.compile(r",\s*\{\s*[\d.eE+-]+\s*\}[ \t]*$", re.MULTILINE)  # of a row, after its cells
_QUOTED = re.compile(r"['\"{\\]")
_NUMERIC = ("numeric", "real", "integer")


class _Header(NamedTuple):
    names: list[str]
    nominal: list[tuple[str, ...] | None]  # the words that a column may hold; None: numbers or any text
    numeric: list[bool]
    outputs: list[str]
    data: str


def is_arff(content: bytes) -> bool:
    """Whether this begins with @relation, after comments."""
    return bool(_START.match(content[:200_000]))


def read_arff(content: bytes, where: str, answers: Answers) -> Raw:
    """The columns by their names. Label: what @outputs names, else a nominal column called class, else the last one."""
    header = _header(content.decode("utf-8", "replace"), where)
    width = len(header.names)
    table = _columns(header, where)
    within_limits(len(table[0]), width, where)
    names = unique(header.names)
    made = numbers(table, ",", answers)
    columns: dict[str, np.ndarray] = {}
    for place, name in enumerate(names):
        said = header.nominal[place]
        columns[name] = words(table[place]) if said is not None else made.columns[place]
        if header.numeric[place] and columns[name].dtype.kind != "f":
            bad = next(value for value in columns[name].tolist() if value is not None and not _is_float(value))
            raise EpochscopeError(f"{where} says that {name!r} holds numbers, but there is {str(bad)[:20]!r}.")
    label = _label(header, names)
    known = f"ARFF: class column {label}" if label else "ARFF"
    return Raw(columns, label=label, assumed=(known.replace("ARFF", "KEEL") if header.outputs else known,))


def _is_float(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _header(text: str, where: str) -> _Header:
    names: list[str] = []
    nominal: list[tuple[str, ...] | None] = []
    numeric: list[bool] = []
    outputs: list[str] = []
    at = 0
    for whole in text.splitlines(keepends=True):
        at += len(whole)
        line = whole.strip()
        if re.match(r"@data\b", line, re.IGNORECASE):
            break
        if match := _ATTRIBUTE.match(line):
            name, kind = match[1].strip("'\""), match[2].strip()
            names.append(name)
            nominal.append(tuple(_cells(kind.strip("{} "))) if kind.startswith("{") else None)
            numeric.append(kind.lower().startswith(_NUMERIC))
            if len(names) > MOST_COLUMNS:
                within_limits(1, len(names), where)
        elif match := _OUTPUTS.match(line):
            outputs = [part.strip() for part in match[1].split(",")]
    else:
        raise EpochscopeError(f"{where} has an ARFF header but no line @data.")
    if not names:
        raise EpochscopeError(f"{where} has an ARFF header without any line @attribute.")
    return _Header(names, nominal, numeric, outputs, text[at:])


def _cells(line: str) -> list[str]:
    """Cells apart by commas, in single or double quotes if need be."""
    quote = "'" if "'" in line else '"'
    row = next(csv.reader(io.StringIO(line), quotechar=quote, skipinitialspace=True, escapechar="\\"), [])
    return [cell.strip() for cell in row]


def _columns(header: _Header, where: str) -> list[pa.ChunkedArray]:
    """The cells of each attribute as strings."""
    width, data = len(header.names), _WEIGHTS.sub("", _COMMENTS.sub("", header.data))
    if width > 1 and "," not in data[: data.find("\n")] and not _QUOTED.search(data):
        data = "\n".join(",".join(line.split()) for line in data.splitlines()) + "\n"  # apart by blanks, as Weka allows
    header = header._replace(data=data)
    if data.strip() and not _QUOTED.search(data):
        table = read_cells(data.encode(), ",", where)
        if table.num_columns != width:
            raise EpochscopeError(f"{where} has {table.num_columns} cells in a row, but there are {width} attributes.")
        return [column.cast(pa.string()) for column in table.columns]
    rows = _rows(header, where)
    return [pa.chunked_array([pa.array([row[place] for row in rows], pa.string())]) for place in range(width)]


def _rows(header: _Header, where: str) -> list[list[str | None]]:
    """The rows after @data, dense or sparse ({place value, ...}: what is not named is 0 or the first word)."""
    width = len(header.names)
    zeros: list[str | None] = [said[0] if said else "0" for said in header.nominal]
    found: list[list[str | None]] = []
    for number, line in enumerate(map(str.strip, header.data.splitlines()), 1):
        if not line or line.startswith("%"):
            continue
        if (len(found) + 1) * width > MOST_VALUES:
            within_limits(len(found) + 1, width, where)
        try:
            if line.startswith("{"):
                row = list(zeros)
                for cell in _cells(line.strip("{} ")):
                    place, _, value = cell.partition(" ")
                    row[_place(place, width)] = value.strip().strip("'\"")
            else:
                row = [*_cells(line)]
        except (ValueError, csv.Error):
            raise EpochscopeError(f"{where}, row {number} after @data, is no row of ARFF.") from None
        if len(row) != width:
            raise EpochscopeError(
                f"{where}, row {number} after @data, has {len(row)} cells, but there are {width} attributes."
            )
        found.append(["" if cell in ("?", "<null>") else cell for cell in row])
    return found


def _place(text: str, width: int) -> int:
    if not 0 <= int(text) < width:
        raise ValueError
    return int(text)


def _label(header: _Header, names: list[str]) -> str:
    """The column of the classes; "" where there is none."""

    if len(header.outputs) == 1 and header.outputs[0] in header.names:
        return names[header.names.index(header.outputs[0])]
    nominal = [place for place, said in enumerate(header.nominal) if said is not None]
    called = [place for place in nominal if says_labels(header.names[place])]
    place = called[-1] if called else len(names) - 1
    return names[place] if place in nominal else ""
