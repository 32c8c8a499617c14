"""A table that lies beside the pictures of a zip and says something of each: one column names files, others classes."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from epochscope.data.own.raw import Raw
from epochscope.data.own.tables import read_table
from epochscope.data.unzip import member
from epochscope.types import EpochscopeError

_ENDINGS = (".csv", ".tsv", ".txt")
_MOST_BYTES = 50_000_000
_MOST_TABLES = 5
_NAMED = 0.9  # of the pictures: as many must stand in the table


class Beside(NamedTuple):
    """Columns with a value for each picture; empty where no table names them."""

    columns: Mapping[str, np.ndarray]
    table: str = ""


def beside(file: zipfile.ZipFile, pictures: Sequence[str], where: str) -> Beside:
    """The columns of the first table of the zip that names these pictures, with or without folder and ending."""
    tables = [name for name in file.namelist() if name.lower().endswith(_ENDINGS) and "__MACOSX" not in name]
    for name in tables[:_MOST_TABLES]:
        try:
            raw = read_table(member(file, name, _MOST_BYTES), f"{name[:80]} in {where}", {})
        except EpochscopeError:  # a text that is no table, such as a license
            continue
        if columns := _by_picture(raw, pictures):
            return Beside(columns, PurePosixPath(name).name)
    return Beside({})


def _by_picture(raw: Raw, pictures: Sequence[str]) -> dict[str, np.ndarray]:
    for name, values in raw.columns.items():
        place = {key: row for row, value in enumerate(values.tolist()) if (key := _key(value))}
        rows = [place.get(_key(picture), -1) for picture in pictures]
        if len(place) > 1 and sum(row >= 0 for row in rows) >= _NAMED * len(pictures):
            return {other: _taken(column, np.array(rows)) for other, column in raw.columns.items() if other != name}
    return {}


def _key(said: object) -> str:
    """The name of a file without folder and ending; of a number the number."""
    if said is None or (isinstance(said, float) and math.isnan(said)):
        return ""
    text = f"{said:.15g}" if isinstance(said, float) else str(said)
    return PurePosixPath(text.strip().replace("\\", "/")).stem


def _taken(column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The values of these rows; missing where the row is -1."""
    found = column[rows].copy()
    found[rows < 0] = np.nan if column.dtype.kind == "f" else None
    return found
