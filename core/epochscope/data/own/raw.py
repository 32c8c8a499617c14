"""The content of a file before a user has chosen anything: columns by name, or images; and a guess of their roles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from scipy.sparse import csr_matrix

from epochscope.data.labels import MOST_CLASSES, sanitize
from epochscope.data.own.classes import by_place
from epochscope.data.own.naming import LABELS, labels_rank, tokens
from epochscope.data.own.questions import Question
from epochscope.types import EpochscopeError

MOST_BYTES = 1 << 29
"""Files above 512 MiB are refused."""

MOST_COLUMNS = 20_000
MOST_ROWS = 10_000_000
MOST_VALUES = 60_000_000
"""Rows times columns: all of MNIST with its 784 pixels fits."""

MOST_SPARSE_COLUMNS = 200_000
"""Features of a sparse matrix: those of them that vary most are taken."""

LONGEST_WORD = 200
"""Of a word in a cell so many signs are kept: an array of text is as wide as its longest word."""

LEAST_ROWS = 2
_WIDE = 100  # columns: of more, the one of the labels is looked for in the first and the last place

_IDS = re.compile(r"(.*[ _.-])?(id|ids|index|idx|uuid|key|row)|unnamed.*|column 1", re.IGNORECASE)
_NUMBERS = ("id", "ids", "idx", "index", "uuid", "guid", "key", "row", "number", "no", "nr", "num", "code", "serial")
_GOALS = ("target", "targets", "label", "labels", "class", "outcome", "ground_truth")
_LEAST_COUNTED = 10  # rows
_TIMES = ("timestamp", "datetime", "date", "stamp")  # what a column of whole numbers is called that tells when
_FEW_CLASSES = 50


class Raw(NamedTuple):
    """Columns of equal length, in the order of the file; the points as pixels or a sparse matrix where it holds such.

    A column of numbers is float64 (NaN: missing), a column of words is an object array (None: missing). With pixels or
    a matrix no column is a feature. Everything is a plain array or plain text, so it passes from process to process.
    """

    columns: Mapping[str, np.ndarray]
    pixels: Float[np.ndarray, "n f"] | None = None
    pictures: UInt8[np.ndarray, "n h w *color"] | None = None  # gray, or with three channels
    note: str = ""  # what of the file was not taken, for people
    matrix: csr_matrix | None = None  # n x f
    names: tuple[str, ...] = ()  # of the features of the matrix
    label: str = ""  # the column that the file itself marks as the true classes
    beside: tuple[str, ...] = ()  # columns of numbers that stand beside the points: no features, unless asked for
    assumed: tuple[str, ...] = ()  # what was recognized and why, each in a few words
    questions: tuple[Question, ...] = ()  # what could be read in another way
    one_table: bool = False  # whether the columns came as one table, so that their order may tell something

    @property
    def rows(self) -> int:
        if self.matrix is not None:
            return self.matrix.shape[0]
        return len(next(iter(self.columns.values()))) if self.pixels is None else len(self.pixels)

    @property
    def by_columns(self) -> bool:
        """Whether the features are columns, to be chosen one by one."""
        return self.pixels is None and self.matrix is None


class Guess(NamedTuple):
    """The probable role of columns, from which a page starts."""

    label: str  # "": none
    left_out: tuple[str, ...]  # numbers that count the points instead of measuring them, or stand beside them
    why: str = ""  # what the guess of the label rests on, in a few words


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
    """The same, if there is something to cluster in it: two rows, and a column of numbers."""
    if not raw.columns and raw.by_columns:
        raise EpochscopeError(f"{where} has no columns; a table with one row per point is needed.")
    if raw.rows < LEAST_ROWS:
        raise EpochscopeError(f"{where} has {raw.rows} row{'s' * (raw.rows != 1)}, at least {LEAST_ROWS} are needed.")
    if raw.by_columns and not numeric(raw):
        first = [str(value)[:20] for values in list(raw.columns.values())[:3] for value in values[:1]]
        raise EpochscopeError(
            f"{where} has no column of numbers, so distances cannot be computed (it begins with {first})."
        )
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
    """The label by what the file says, by its name, as the only column of few different words, or by its place.

    Ids by their name or because they only count.
    """
    few = {
        name
        for name, values in raw.columns.items()
        if labels_rank(name) < len(LABELS) and _few(values, MOST_CLASSES) and not (name in "yY" and _measured(values))
    }
    places = {name: place for place, name in enumerate(raw.columns)}
    inside = range(1, len(places) - 1) if len(places) > _WIDE else ()  # a word of a vocabulary may be "class"
    called = sorted(few, key=lambda name: (places[name] in inside, labels_rank(name), places[name]))
    words = [name for name, values in raw.columns.items() if values.dtype.kind == "O" and _few(values, 50)]
    if raw.label in raw.columns and different(raw.columns[raw.label]) <= MOST_CLASSES:
        label, why = raw.label, "by its name" if raw.label in few else "the file says so"
    elif called:
        label, why = called[0], "by its name"
    elif words:
        label, why = words[-1], "few different words"
    else:
        label = by_place(raw.columns) if raw.one_table and raw.by_columns else ""
        why = f"{'last' if label == list(raw.columns)[-1] else 'first'} column, few whole numbers" if label else ""
    beside = set(raw.beside)  # the label among them: it is no feature either where somebody wants no labels
    ids = [
        name
        for name in numeric(raw)
        if name in beside or (name != label and (counting(raw.columns[name], name) or _goal(raw.columns[name], name)))
    ]
    left = len(numeric(raw)) - (label in numeric(raw) and label not in beside)
    return Guess(label, tuple(ids) if len(ids) < left or not raw.by_columns else (), why)


def _few(values: np.ndarray, most: int) -> bool:
    """Whether a column has from two to `most` distinct values; of many numbers they are whole, and five points each."""
    count = different(values, most + 1)
    if count > _FEW_CLASSES and values.dtype.kind == "f":
        return count <= min(most, (~np.isnan(values)).sum() / 5) and not _measured(values)
    return 2 <= count <= most


def _measured(values: np.ndarray) -> bool:
    """Whether these are numbers, and not all whole: the x and y of points in a plane are."""
    return values.dtype.kind == "f" and bool((values[np.isfinite(values)] % 1 != 0).any())


def _goal(values: np.ndarray, name: str) -> bool:
    """Whether numbers are called as what others are to be predicted from, though they are no classes."""
    return name.lower() in _GOALS and different(values, MOST_CLASSES) > _FEW_CLASSES


def counting(values: np.ndarray, name: str) -> bool:
    """Whether numbers count or name the points instead of measuring them."""
    if missing(values).all():
        return True
    if not np.isfinite(values).all():
        return False
    counted = values[0] in (0, 1) and (values == np.arange(len(values)) + values[0]).all()
    if counted or (bool(_IDS.fullmatch(name)) and different(values, len(values)) == len(values)):
        return True
    if len(values) < _LEAST_COUNTED or (values % 1 != 0).any():
        return False
    steps, called = np.diff(values), tokens(name)
    if steps[0] != 0 and (steps == steps[0]).all():
        return True
    named = bool(called) and called[-1] in _NUMBERS and len(np.unique(values)) == len(values)
    return named or any(word in _TIMES for word in called)


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
