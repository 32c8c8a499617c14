"""The content of a file before a user has chosen anything: columns by name, or images; and a guess of their roles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from epochscope.data.labels import MOST_CLASSES, sanitize
from epochscope.types import EpochscopeError

MOST_BYTES = 1 << 29
"""Files above 512 MiB are refused."""

MOST_COLUMNS = 20_000
MOST_ROWS = 200_000
MOST_VALUES = 60_000_000
"""Rows times columns: all of MNIST with its 784 pixels fits."""

LEAST_ROWS = 2

_LABELS = (
    "label",
    "labels",
    "class",
    "classes",
    "target",
    "y",
    "truth",
    "category",
    "species",
    "cell_type",
    "celltype",
    "cluster",
    "folder",
)
_IDS = re.compile(r"(.*[ _.-])?(id|ids|index|idx|uuid|key|row)|unnamed.*|column 1", re.IGNORECASE)


class Raw(NamedTuple):
    """Columns of equal length in the order of the file; for images, pixels instead of numeric columns.

    A column of numbers is float64 (NaN if missing), a column of words an object array (None if missing).
    """

    columns: Mapping[str, np.ndarray]
    pixels: Float[np.ndarray, "n f"] | None = None
    pictures: UInt8[np.ndarray, "n h w"] | None = None
    note: str = ""  # remark for the user about unused parts of the file

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()))) if self.pixels is None else len(self.pixels)


class Guess(NamedTuple):
    """The probable role of columns, from which a page starts."""

    label: str  # "" for none
    left_out: tuple[str, ...]  # numeric columns that are ids or row numbers


class About(NamedTuple):
    """Summary of one column, for the table of a preview."""

    name: str
    kind: str  # "numbers" or "words"
    missing: int
    different: int  # number of distinct values, counted up to MOST_CLASSES + 1
    first: tuple[str, ...]


def within_limits(rows: int, columns: int, where: str) -> None:
    """Raises EpochscopeError for a table above the limits; to be called before memory is allocated."""
    if columns > MOST_COLUMNS:
        raise EpochscopeError(
            f"{where} has {columns:,} columns, at most {MOST_COLUMNS:,} are allowed: choose some of them."
        )
    if rows > MOST_ROWS or rows * columns > MOST_VALUES:
        raise EpochscopeError(
            f"{where} has {rows:,} rows of {columns:,} values, at most {MOST_ROWS:,} rows and {MOST_VALUES:,} values "
            "are allowed: use a part of it."
        )


def checked(raw: Raw, where: str) -> Raw:
    """Returns `raw`. Raises EpochscopeError if there is nothing to cluster: no numeric column, or one row only."""
    if not raw.columns and raw.pixels is None:
        raise EpochscopeError(f"{where} has no columns; a table with one row per point is needed.")
    if raw.rows < LEAST_ROWS:
        raise EpochscopeError(f"{where} has {raw.rows} row{'s' * (raw.rows != 1)}, at least {LEAST_ROWS} are needed.")
    if raw.pixels is None and not numeric(raw):
        raise EpochscopeError(f"{where} has no column of numbers, so distances cannot be computed.")
    return raw


def numeric(raw: Raw) -> list[str]:
    """Names of the numeric columns."""
    return [name for name, values in raw.columns.items() if values.dtype.kind == "f"]


def unique(names: Iterable[object]) -> list[str]:
    """Sanitized, unique and non-empty column names."""
    used: dict[str, None] = {}
    repeats: dict[str, int] = {}
    for place, raw_name in enumerate(names, 1):
        name = sanitize(raw_name) or f"column {place}"
        base, count = name, repeats.get(name, 1)
        while name in used:
            count += 1
            name = f"{base} ({count})"
        repeats[base] = count
        used[name] = None
    return list(used)


def missing(values: np.ndarray) -> np.ndarray:
    """Mask of the missing values of a column."""
    return (
        np.isnan(values) if values.dtype.kind == "f" else np.array([value is None for value in values.tolist()], bool)
    )


def different(values: np.ndarray, most: int = MOST_CLASSES + 1) -> int:
    """Number of distinct values of a column, counted up to `most`."""
    present = values[~missing(values)]
    distinct: set[object] = set()
    for start in range(0, len(present), 10_000):
        distinct.update(present[start : start + 10_000].tolist())
        if len(distinct) >= most:
            return most
    return len(distinct)


def guess(raw: Raw) -> Guess:
    """The label by its name, else the last column with few distinct words; ids by name or because they count rows."""
    plain: dict[str, list[str]] = {}
    for name in raw.columns:
        plain.setdefault(name.lower().replace(" ", "_").removesuffix("_train").rpartition("/")[2], []).append(name)
    called = [name for wanted in _LABELS for name in plain.get(wanted, ()) if _few(raw.columns[name], MOST_CLASSES)]
    words = [name for name, values in raw.columns.items() if values.dtype.kind == "O" and _few(values, 50)]
    label = (called or words[-1:] or [""])[0]
    ids = [name for name in numeric(raw) if name != label and _counts(raw.columns[name], name)]
    return Guess(label, tuple(ids) if len(ids) < len(numeric(raw)) - (label in numeric(raw)) else ())


def _few(values: np.ndarray, most: int) -> bool:
    """Whether a column has from two to `most` distinct values."""
    return 2 <= different(values, most + 1) <= most


def _counts(values: np.ndarray, name: str) -> bool:
    if missing(values).all():
        return True
    counting = values[0] in (0, 1) and (values == np.arange(len(values)) + values[0]).all()
    return bool(counting) or (bool(_IDS.fullmatch(name)) and different(values, len(values)) == len(values))


def about(raw: Raw, most: int = 200, show: int = 4) -> list[About]:
    """Summaries of the first `most` columns, each with its first `show` values."""
    summaries = []
    for name in list(raw.columns)[:most]:
        values = raw.columns[name]
        number = values.dtype.kind == "f"
        first = tuple(
            "–" if gone else f"{v:g}" if number else sanitize(v, 24)
            for v, gone in zip(values[:show], missing(values[:show]), strict=True)
        )
        summaries.append(
            About(name, "numbers" if number else "words", int(missing(values).sum()), different(values), first)
        )
    return summaries
