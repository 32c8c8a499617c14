""".npy and .npz, and named arrays of any other file, as columns: one array is the points, others stand beside it."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from mmap import mmap
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, issparse

from epochscope.data.npz import read_npy, read_npz
from epochscope.data.own.classes import class_like, one_hot
from epochscope.data.own.naming import labels_rank, part_of, points_rank, says_labels, says_points
from epochscope.data.own.parts import Whole, whole
from epochscope.data.own.questions import Answers, Question, ask
from epochscope.data.own.raw import MOST_COLUMNS, MOST_VALUES, Raw, unique, within_limits
from epochscope.data.own.sparse import found_in, sparse_within_limits
from epochscope.data.sprites import color_pictures_of
from epochscope.types import EpochscopeError

ROWS, COLUMNS = "rows", "columns (turned)"
"""Answers to the question what the points of a table are."""

_FEW_COLUMNS = 2_000  # a sparse matrix of no more features is taken apart into columns, if there is room
_BESIDE = 100  # wider tables beside the points are not taken
_PICTURE = 1.6  # how many times longer the long side of an upright picture may be
_FEWEST_PICTURES = 10  # an array of fewer is one of series with so many channels
_OFFERED = 12  # arrays to choose the points from


def read_array(content: bytes | mmap, where: str, answers: Answers) -> Raw:
    """A single array."""
    file = content if isinstance(content, mmap) else io.BytesIO(content)
    array = read_npy(file, len(content), where, records=True)
    if array.dtype.names:
        return from_records(array, where)
    return from_arrays({"X": array}, where, answers)


def from_records(array: np.ndarray, where: str) -> Raw:
    """A structured array as a table: a field is a column, or as many as it has values."""
    columns: dict[str, np.ndarray] = {}
    for name in array.dtype.names or ():
        columns |= (
            _taken_apart(name, array[name].reshape(array.size, -1), None, where)
            if array[name].ndim > array.ndim
            else {name: _column(array[name].ravel())}
        )
    return Raw(dict(zip(unique(columns), columns.values(), strict=True)), one_table=True)


def read_arrays(content: bytes, where: str, answers: Answers) -> Raw:
    """All arrays of an .npz file; matrices of scipy's save_npz among them."""
    return from_arrays(found_in(read_npz(content, where=where), where), where, answers)


class _Main(NamedTuple):
    name: str
    values: Any  # n x ..., an array or a csr_matrix
    named: bool  # whether names tell which arrays are points, so that the others are none
    questions: tuple[Question, ...] = ()
    assumed: tuple[str, ...] = ()


def from_arrays(
    arrays: Mapping[str, Any],
    where: str,
    answers: Answers,
    names: Mapping[str, list[str]] | None = None,
    settled: bool = False,
) -> Raw:
    """The points out of arrays (sparse ones are csr_matrix), and whatever has as many rows beside them.

    names: of columns, by array. settled: the first array is the points, one a row, and nothing is in parts. An array of
    three or four axes of which the last are more than one pixel is pictures. Raises EpochscopeError where no array
    holds numbers, or one is too large.
    """
    flat = {name: _flattened(name, array) for name, array in arrays.items()}
    parts = Whole(flat) if settled else whole(flat, answers)
    sound = {name: array for name, array in parts.arrays.items() if array.ndim and 0 not in array.shape}
    main = _main(sound, where, answers, settled)
    n = main.values.shape[0]
    sound = {name: array.ravel() if _is_row(array, n) else array for name, array in sound.items()}
    columns: dict[str, np.ndarray] = {}
    beside: list[str] = []
    taken, labels = [main.name], []
    assumed = [*main.assumed, *([f"parts: {parts.question.chosen}"] if parts.question else [])]
    for name, array in sound.items():
        if name != main.name and array.shape[0] == n and not issparse(array):
            if said := _other(name, array, main, columns, where):
                taken.append(name)
                beside += said.beside
                labels += [name] * said.label
                assumed += said.assumed
        elif name == main.name and _by_columns(main.values):
            columns |= _taken_apart(name, array if array.ndim == 1 else main.values, (names or {}).get(name), where)
    left = [name for name in unique(arrays) if name not in taken and name not in _joined_names(arrays, parts.arrays)]
    raw = Raw(
        dict(zip(unique(columns), columns.values(), strict=True)),
        note=f"Not used: {', '.join(left[:5])} (other numbers of rows)." if left else "",
        label=min(labels, key=labels_rank, default="") or _only_classes(columns, beside),
        beside=tuple(beside),
        assumed=tuple(assumed),
        questions=(*filter(None, [parts.question]), *main.questions),
        one_table=not settled and taken == [main.name] and not issparse(main.values),
    )
    return _with_points(raw, main, (names or {}).get(main.name), where)


def _only_classes(columns: Mapping[str, np.ndarray], beside: list[str]) -> str:
    """The only column beside the points that looks like classes, whatever its name; "" if there is none or more."""
    found = [name for name in beside if class_like(columns[name])]
    return unique(found)[0] if len(found) == 1 else ""


def _joined_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Names of arrays that were joined with others, and so are taken under another name."""
    return {name for name in before if name not in after and part_of(name)[0] in after}


def _flattened(name: str, array: Any) -> Any:
    """Labels and words that are stored as a single column or a single row as a vector."""
    narrow = array.ndim == 2 and 1 in array.shape and not issparse(array)
    return array.ravel() if narrow and (says_labels(name) or array.dtype.kind in "SU") else array


def _is_row(array: Any, n: int) -> bool:
    """Whether this is a single row of n numbers, as MATLAB stores a vector."""
    return not issparse(array) and array.shape == (1, n) and n > 1


def _main(arrays: dict[str, Any], where: str, answers: Answers, settled: bool) -> _Main:
    """The points: by their name, else the largest table; turned where the labels say so."""
    numbers = {name: array for name, array in arrays.items() if array.dtype.kind in "fiub"}
    if settled and numbers:
        return _Main(*next(iter(numbers.items())), True)
    tables = {name: a for name, a in numbers.items() if a.ndim >= 2 and (says_points(name) or not says_labels(name))}
    found = tables or {name: array for name, array in numbers.items() if array.ndim == 1} or numbers
    if not found:
        raise EpochscopeError(f"{where} has no array of numbers with one row per point.")
    order = sorted(found, key=lambda name: (points_rank(name), -math.prod(found[name].shape)))
    questions, assumed = [], []
    name = order[0]
    if tables and len(order) > 1:
        shown = tuple(order[:_OFFERED])
        why = "Its name says so." if says_points(name) else "It is the largest array."
        questions.append(ask(answers, "array", "Points from", shown, name, why))
        name = questions[-1].chosen
    values, turn, said = _upright(name, found[name], arrays, answers)
    if tables and len(arrays) > 1:
        assumed.append(f"points: {name} ({' x '.join(f'{size:,}' for size in found[name].shape)})")
    named = any(map(says_points, found))
    return _Main(name, values, named, (*questions, *turn), (*assumed, *said))


def _upright(
    name: str, values: Any, arrays: Mapping[str, Any], answers: Answers
) -> tuple[Any, tuple[Question, ...], tuple[str, ...]]:
    """The array with one row for each point; the question if that is open; and what was assumed."""
    if values.ndim < 2 or 1 in (values.shape[0], values.shape[-1]):
        return values, (), ()
    usual, why = _direction(name, values, arrays)
    if not why:
        return values, (), ()
    question = ask(answers, "turn", "Points are", (ROWS, COLUMNS), usual, why.strip())
    if question.chosen == ROWS:
        return values, (question,), ()
    turned = csr_matrix(values.T) if issparse(values) else np.moveaxis(values, -1, 0)
    return turned, (question,), (f"{name} turned, points were its columns",)


def _direction(name: str, values: Any, arrays: Mapping[str, Any]) -> tuple[str, str]:
    """What the points of an array most likely are, and why; "" where that is no question, " " where nothing says it."""
    others = {other: array for other, array in arrays.items() if other != name and not issparse(array)}
    labels = {len(array) for other, array in others.items() if array.ndim == 1 and says_labels(other)}
    vectors = {array.size for array in others.values() if max(array.shape) == array.size}
    first, last = values.shape[0], values.shape[-1]
    for lengths, what in ((labels, "labels"), (vectors if values.ndim > 2 else {}, "numbers in another array")):
        if first in lengths:
            return ROWS, ""
        if last in lengths:
            return COLUMNS, f"There are as many {what} as columns."
    return (ROWS, " ") if values.ndim == 2 else _by_shape(values.shape)


def _by_shape(shape: tuple[int, ...]) -> tuple[str, str]:
    """The same for pictures without labels: MATLAB keeps height x width x pictures."""
    (high, wide), (before, last) = shape[:2], shape[-2:]
    if last not in (1, 3, 4) and before != last:
        long_rows = _PICTURE < _aspect(before, last) / 2 < last
        many = last >= _FEWEST_PICTURES and (high == wide or last >= high)
        if many and (high == wide or (_aspect(high, wide) <= _PICTURE and long_rows)):
            return COLUMNS, "The first two axes are about equally long, as those of a picture."
    return ROWS, " " if last > max(shape[:-1]) else ""


def _aspect(one: int, other: int) -> float:
    return max(one, other) / min(one, other)


class _Beside(NamedTuple):
    beside: list[str]
    label: bool = False
    assumed: tuple[str, ...] = ()


def _other(name: str, array: np.ndarray, main: _Main, columns: dict[str, np.ndarray], where: str) -> _Beside | None:
    """Takes an array that stands beside the points into the columns; None where it is not taken."""
    tabular = main.values.ndim > 1 and (main.values.shape[1] > 1 or main.named)
    if array.ndim == 1 or (tabular and array.size == len(array) and array.dtype.kind in "fiub"):
        columns[name] = _column(array.ravel())
        number = columns[name].dtype.kind == "f"
        return _Beside([name] if tabular and number else [], says_labels(name))
    if array.dtype.kind not in "fiub":
        return None
    if array.ndim == 2 and one_hot(array) and (says_labels(name) or not says_points(name)):
        columns[name] = array.argmax(axis=1).astype(np.float64)
        said = f"{name}: {array.shape[1]} one-hot columns are one label"
        return _Beside([name], says_labels(name) or array.shape[1] > 1, (said,))
    width = math.prod(array.shape[1:])
    if main.named and width > _BESIDE:
        return None
    made = _taken_apart(name, array, None, where)
    within_limits(len(array), len(columns) + width, f"{name} in {where}")
    columns |= made
    return _Beside(list(made) if main.named or says_labels(name) else [])


def _taken_apart(name: str, array: Any, names: list[str] | None, where: str) -> dict[str, np.ndarray]:
    """A table as columns, called by these names or by the name of the array and a number."""
    if array.ndim == 1:
        return {name: _column(array)}
    width = math.prod(array.shape[1:])
    within_limits(array.shape[0], width, f"{name} in {where}")
    called = names if names and len(names) == width else [f"{name} {place + 1}" for place in range(width)]
    flat = array.toarray() if issparse(array) else array.reshape(len(array), -1)
    return dict(zip(unique(called), np.asarray(flat, np.float64).T, strict=True))


def _is_pictures(values: Any) -> bool:
    return values.ndim in (3, 4) and min(values.shape[1:3] if values.shape[-1] in (1, 3) else values.shape[-2:]) > 1


def _by_columns(values: Any) -> bool:
    """Whether the points are few enough columns to be chosen one by one."""
    if issparse(values):
        return values.shape[1] <= _FEW_COLUMNS and math.prod(values.shape) <= MOST_VALUES
    return not _is_pictures(values) and math.prod(values.shape[1:]) <= MOST_COLUMNS


def _with_points(raw: Raw, main: _Main, names: list[str] | None, where: str) -> Raw:
    """The points themselves, where they are no columns."""
    values = main.values
    if _by_columns(values):
        return raw
    if not issparse(values) and _is_pictures(values):
        within_limits(len(values), math.prod(values.shape[1:]), f"{main.name} in {where}")
        flat = values.reshape(len(values), -1).astype(np.float32)
        return raw._replace(pixels=flat, pictures=color_pictures_of(values))
    return as_matrix(raw, values, names or [], f"{main.name} in {where}")


def as_matrix(raw: Raw, values: Any, names: list[str], where: str) -> Raw:
    """The points as a sparse matrix of many features, sparse or dense before; EpochscopeError where it has a gap."""
    if not issparse(values):
        values = values.reshape(len(values), -1)
        sparse_within_limits(values.shape[0], values.shape[1], values.size, where)
        if not np.isfinite(values).all():
            raise EpochscopeError(f"{where} has {values.shape[1]:,} columns and values missing; choose some of them.")
        values = csr_matrix(values.astype(np.float64))
    within_limits(values.shape[0], 1, where)
    width = values.shape[1]
    called = names if len(names) == width else [f"feature {place + 1}" for place in range(width)]
    return raw._replace(matrix=values, names=tuple(unique(called)))


def _column(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    texts = np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array
    found = np.empty(len(array), object)
    found[:] = [str(text) or None for text in texts.tolist()]
    found[found == "nan"] = None
    return found
