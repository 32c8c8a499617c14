"""A table that lies beside the pictures of a zip and says something of each: one column names files, others classes."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from epochscope.data.own.classes import Block, block_of, class_like, joined, one_hot
from epochscope.data.own.json_values import columns_of, decoded_json, is_json
from epochscope.data.own.raw import LONGEST_WORD
from epochscope.data.own.tables import read_table
from epochscope.data.unzip import member
from epochscope.types import EpochscopeError

_ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl")
_MOST_BYTES = 50_000_000
_MOST_TABLES = 5
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
_NAMED = 0.9  # of the pictures: as many must stand in the table


class Beside(NamedTuple):
    """Columns with a value for each picture; empty where no table names them."""

    columns: Mapping[str, np.ndarray]
    label: str = ""  # the column that holds classes, where its form says so
    table: str = ""


def beside(file: zipfile.ZipFile, pictures: Sequence[str], where: str) -> Beside:
    """The columns of the first table of the zip that names these pictures, with or without folder and ending."""
    tables = [name for name in file.namelist() if name.lower().endswith(_ENDINGS) and "__MACOSX" not in name]
    for name in tables[:_MOST_TABLES]:
        try:
            columns = _columns(member(file, name, _MOST_BYTES), f"{name[:80]} in {where}")
        except EpochscopeError:  # a text that is no table, such as a license
            continue
        if found := _by_picture(columns, pictures):
            return Beside(*_as_label(found), PurePosixPath(name).name)
    return Beside({})


def _columns(content: bytes, where: str) -> Mapping[str, np.ndarray]:
    if not is_json(content):
        return read_table(content, where, {}).columns
    found = decoded_json(content, where)
    if isinstance(found, Mapping) and not any(isinstance(value, list | Mapping) for value in found.values()):
        found = [{"picture": name, "label": value} for name, value in found.items()]
    return {name: _cells(cells) for name, cells in columns_of(found, where).items()}


def _cells(cells: list[Any]) -> np.ndarray:
    """Numbers, or words where not all are."""
    if all(isinstance(cell, int | float) or cell is None for cell in cells):
        return np.array([np.nan if cell is None else cell for cell in cells], np.float64)
    words = np.empty(len(cells), object)
    words[:] = [None if cell is None else str(cell)[:LONGEST_WORD] for cell in cells]
    return words


def _as_label(columns: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], str]:
    """The columns, one-hot ones as one; and the one that holds classes: by its form, where its name does not say so."""
    numbers = [name for name, values in columns.items() if values.dtype.kind == "f"]
    block = block_of(columns)
    if len(numbers) > 1 and one_hot(np.stack([columns[name] for name in numbers], axis=1)):
        block = Block(tuple(numbers), "", True)  # all that the table says
    if block is not None:
        name, words = joined(columns, block)
        return {other: values for other, values in columns.items() if other not in block.columns} | {name: words}, name
    found = [name for name, values in columns.items() if values.dtype.kind == "f" and class_like(values, 1_000)]
    return columns, found[0] if len(found) == 1 and len(columns) == 1 else ""


def _by_picture(columns: Mapping[str, np.ndarray], pictures: Sequence[str]) -> dict[str, np.ndarray]:
    for name, values in columns.items():
        place = {key: row for row, value in enumerate(values.tolist()) if (key := _key(value))}
        rows = [place.get(_key(picture), -1) for picture in pictures]
        if len(place) > 1 and sum(row >= 0 for row in rows) >= _NAMED * len(pictures):
            return {other: _taken(column, np.array(rows)) for other, column in columns.items() if other != name}
    return {}


def _key(said: object) -> str:
    """The name of a file without folder and ending; of a number the number."""
    if said is None or (isinstance(said, float) and math.isnan(said)):
        return ""
    text = f"{said:.15g}" if isinstance(said, float) else str(said)
    path = PurePosixPath(text.strip().replace("\\", "/"))
    stem = path.stem if path.suffix.lower() in _PICTURES or not path.suffix[1:].isdigit() else path.name
    return stem.lstrip("0") or "0" if stem.isdigit() else stem


def _taken(column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The values of these rows; missing where the row is -1."""
    found = column[rows].copy()
    found[rows < 0] = np.nan if column.dtype.kind == "f" else None
    return found
