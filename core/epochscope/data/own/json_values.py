"""JSON and JSON Lines as lists of cells: records, columns, rows, or what pandas writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from epochscope.data.own.raw import MOST_COLUMNS, within_limits
from epochscope.types import EpochscopeError

_DEEPEST = 3  # objects around a table


def is_json(content: bytes) -> bool:
    """Whether this begins as JSON does and no table of text: with an object, or with a list of objects or lists."""
    start = content[:200].lstrip()
    return start[:1] == b"{" or (start[:1] == b"[" and start[1:].lstrip()[:1] in (b"{", b"["))


def decoded_json(content: bytes, where: str) -> Any:
    """The value, or the list of the values of lines. Raises EpochscopeError."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        pass
    lines = [line for line in content.splitlines() if line.strip()]
    made = []
    for number, line in enumerate(lines, 1):
        try:
            made.append(msgspec.json.decode(line.replace(b"NaN", b"null") if b"NaN" in line else line))
        except (msgspec.DecodeError, RecursionError):
            if number == 1 and b"NaN" in content:
                return _with_gaps(content, where)
            raise EpochscopeError(
                f"{where} is damaged JSON (line {number}): save it again, or the table as CSV."
            ) from None
    return made


def _with_gaps(content: bytes, where: str) -> Any:
    """JSON in which Python wrote NaN, which JSON does not know."""
    import json

    try:
        return json.loads(content, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise EpochscopeError(f"{where} is damaged JSON: save it again, or the table as CSV.") from None


def columns_of(found: Any, where: str, deep: int = 0) -> dict[str, list[Any]]:
    """The table in a value as lists of cells by name; empty where there is none."""
    if isinstance(found, list):
        return _of_rows(found, where)
    if not isinstance(found, Mapping) or deep > _DEEPEST or not found:
        return {}
    values = list(found.values())
    if isinstance(found.get("data"), list) and isinstance(found.get("columns"), list):  # pandas: orient="split"
        made = _of_rows([row for row in found["data"] if isinstance(row, list)], where)
        names = [str(name) for name in found["columns"]]
        return dict(zip(names, made.values(), strict=True)) if len(names) == len(made) else made
    if all(isinstance(value, Mapping) for value in values) and (made := _of_objects(found, where)):
        return made
    return _of_lists(found, where, deep)


def _of_lists(found: Mapping[str, Any], where: str, deep: int) -> dict[str, list[Any]]:
    """Lists by name: records, or columns; where there are none, what lies deeper."""
    lists = {str(name): value for name, value in found.items() if isinstance(value, list) and len(value) > 1}
    if records := [value for value in lists.values() if isinstance(value[0], Mapping)]:
        return _of_rows(max(records, key=len), where)
    if not lists:
        inner = [columns_of(value, where, deep + 1) for value in found.values() if isinstance(value, Mapping)]
        return max(inner, key=lambda made: sum(map(len, made.values())), default={})
    most = max(map(len, lists.values()))
    return {name: value for name, value in lists.items() if len(value) == most or not deep}


def _of_objects(found: Mapping[str, Any], where: str) -> dict[str, list[Any]]:
    """Objects that have the same names: columns of cells by row, or records by the name of each. Else nothing."""
    values = list(found.values())
    keys = list(values[0])
    if len(keys) < 2 or any(list(value) != keys for value in values):
        return {}
    if len(values) > len(keys) and any(isinstance(cell, str) for cell in values[0].values()):
        return _of_rows(values, where)
    return {str(name): list(value.values()) for name, value in found.items()}


def _of_rows(rows: list[Any], where: str) -> dict[str, list[Any]]:
    """Records or rows as columns; a cell that a record does not have is missing."""
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = dict.fromkeys(str(name) for row in rows for name in row)
        within_limits(len(rows), len(names), where)
        return {name: [row.get(name) for row in rows] for name in names}
    if rows and all(isinstance(row, list) for row in rows):
        width = len(rows[0])
        if any(len(row) != width for row in rows) or not width or width > MOST_COLUMNS:
            row = next((place for place, row in enumerate(rows) if len(row) != width), 0)
            raise EpochscopeError(
                f"{where}, row {row + 1}, has {len(rows[row]):,} values, but the first row has {width:,}: all rows "
                "need the same number."
            )
        if isinstance(rows[0][0], list):  # tables within a table: pictures or series
            return {"X": rows}
        head = all(isinstance(cell, str) for cell in rows[0]) and len(rows) > 1
        names = [str(cell) for cell in rows[0]] if head else [f"feature {place + 1}" for place in range(width)]
        if len(set(names)) < width:
            names = [f"{name} {place + 1}" for place, name in enumerate(names)]
        return {name: [row[place] for row in rows[head:]] for place, name in enumerate(names)}
    return {}
