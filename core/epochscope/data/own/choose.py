"""From columns to points: the label column, the excluded columns, and the treatment of missing values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from epochscope.data.labels import numbered
from epochscope.data.own.raw import LEAST_ROWS, MOST_COLUMNS, MOST_VALUES, Raw, different, missing, numeric
from epochscope.data.own.sparse import VARIABLE as MOST_VARIABLE
from epochscope.data.own.sparse import most_variable
from epochscope.types import EpochscopeError

DROP, MEAN = "drop the row", "mean of the column"
NO_CLASS, OWN_CLASS, AS_CLASS = "drop these points", "keep them, as a class 'unlabeled'", "-1 is a class"
"""What becomes of points without a label: of those with an empty cell, and of -1 where that is no class."""

UNLABELED = (NO_CLASS, OWN_CLASS, AS_CLASS)
ALL, VARIABLE = "all features", f"the {MOST_VARIABLE:,} most variable features"
"""Which features of a wide matrix are taken."""

_LARGEST = 1e18  # sums of squares beyond are no numbers in single precision


class Choice(NamedTuple):
    """What somebody chose: column of the labels ("": none), numbers that are no features, policy for missing values.

    unlabeled: one of UNLABELED. features: ALL, VARIABLE, or "": all where there is room; of a matrix only.
    """

    label: str = ""
    left_out: tuple[str, ...] = ()
    missing: str = DROP
    unlabeled: str = NO_CLASS
    features: str = ""


class Points(NamedTuple):
    """The points to cluster, before scaling; `steps` describes how they were obtained."""

    x: Float[np.ndarray, "n f"]
    truth: Int[np.ndarray, " n"] | None
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    pictures: UInt8[np.ndarray, "n h w *color"] | None
    steps: tuple[str, ...]
    constant: int  # number of constant features


def features(raw: Raw, choice: Choice) -> list[str]:
    """The columns that become features: numbers, neither the label nor left out. Empty for pixels or a matrix."""
    return [c for c in numeric(raw) if c != choice.label and c not in choice.left_out] if raw.by_columns else []


def fits_whole(raw: Raw) -> bool:
    """Whether all features of the matrix can be taken."""
    return raw.matrix is None or (raw.matrix.shape[1] <= MOST_COLUMNS and np.prod(raw.matrix.shape) <= MOST_VALUES)


def unlabeled(values: np.ndarray) -> Bool[np.ndarray, " n"]:
    """Which entries of a label column mean that there is no label: empty ones, and -1 beside two other classes."""
    gone = missing(values)
    if values.dtype.kind == "f" and (values == -1).any():
        others = np.unique(values[~gone & (values != -1)])
        if len(others) > 1 and others.min() >= 0 and (others % 1 == 0).all():
            return gone | (values == -1)
    elif values.dtype.kind == "O":
        return gone | np.array([value == "-1" for value in values.tolist()], bool)
    return gone


def chosen(raw: Raw, choice: Choice, where: str) -> Points:
    """The points. Raises EpochscopeError: no such column, nothing left, a value too large, all alike, many classes."""
    _possible(raw, choice, where)
    keep, steps, label = np.ones(raw.rows, bool), [], None
    if choice.label:
        label, gone = _label(raw.columns[choice.label], choice.unlabeled)
        keep &= ~gone
        steps += _said(int(gone.sum()), "without a label")
    names, x = _values(raw, choice, where)
    if raw.matrix is None:
        x, keep, more = _without_missing(x, keep, choice.missing, names, where)
    else:
        x, names, more = _of_matrix(raw, choice, keep, where)
    if len(x) < LEAST_ROWS:
        raise EpochscopeError(
            f"{len(x):,} of the {raw.rows:,} rows of {where} are left, at least {LEAST_ROWS} are needed: "
            f"choose {MEAN!r}, or leave out the columns with missing values."
        )
    labels = numbered(label[keep], f"The column {choice.label!r}") if label is not None else None
    x = _single(x, np.flatnonzero(keep), names, where)
    constant = int((x == x[0]).all(axis=0).sum())
    if constant == x.shape[1]:
        raise EpochscopeError(f"All {len(x):,} points of {where} are the same, so there is nothing to tell apart.")
    return Points(
        x=x,
        truth=labels.truth if labels else None,
        class_names=labels.names if labels else (),
        feature_names=tuple(names),
        pictures=None if raw.pictures is None else raw.pictures[keep],
        steps=(*steps, *more),
        constant=constant,
    )


def _possible(raw: Raw, choice: Choice, where: str) -> None:
    for name in (*choice.left_out, *filter(None, [choice.label])):
        if name not in raw.columns:
            known = ", ".join(list(raw.columns)[:12]) or "none"
            raise EpochscopeError(f"{where} has no column {name!r}; its columns are: {known}.")
    if choice.missing not in (DROP, MEAN):
        raise EpochscopeError(f"Missing values are handled by {DROP!r} or {MEAN!r}, not by {choice.missing!r}.")
    if choice.unlabeled not in UNLABELED:
        options = ", ".join(map(repr, UNLABELED))
        raise EpochscopeError(f"Points without a label are dealt with by one of {options}, not {choice.unlabeled!r}.")
    if choice.features not in ("", ALL, VARIABLE):
        raise EpochscopeError(f"The features are {ALL!r} or {VARIABLE!r}, not {choice.features!r}.")


def _label(values: np.ndarray, policy: str) -> tuple[np.ndarray, Bool[np.ndarray, " n"]]:
    """The labels, and which points go because they have none."""
    gone, empty = unlabeled(values), missing(values)
    if policy == AS_CLASS:
        return values, empty
    if policy == NO_CLASS or not gone.any():
        return values, gone
    words = np.array([f"{value:g}" if values.dtype.kind == "f" else value for value in values.tolist()], object)
    words[gone] = "unlabeled"
    return words, np.zeros(len(values), bool)


def _values(raw: Raw, choice: Choice, where: str) -> tuple[list[str], np.ndarray]:
    """Names of the features and the values of all rows; both empty for a matrix."""
    names = features(raw, choice)
    if raw.by_columns and not names:
        raise EpochscopeError(f"No numeric column of {where} is left as a feature; leave out fewer.")
    if raw.matrix is not None:
        return [], np.zeros((raw.rows, 0))
    return names, raw.pixels if raw.pixels is not None else np.stack([raw.columns[name] for name in names], axis=1)


def _of_matrix(
    raw: Raw, choice: Choice, keep: Bool[np.ndarray, " n"], where: str
) -> tuple[np.ndarray, list[str], list[str]]:
    """The rows to keep of a sparse matrix, all its features or those that vary most; and in words what was done."""
    assert raw.matrix is not None
    matrix = raw.matrix[keep]
    n, f = matrix.shape
    if choice.features == ALL and not fits_whole(raw):
        raise EpochscopeError(
            f"{where} has {f:,} features, at most {MOST_COLUMNS:,} and {MOST_VALUES:,} values are taken: choose "
            f"{VARIABLE!r}."
        )
    if n < LEAST_ROWS or f <= MOST_VARIABLE or choice.features == ALL or (not choice.features and fits_whole(raw)):
        return matrix.toarray(), list(raw.names), []
    found = most_variable(matrix, min(MOST_VARIABLE, max(1, MOST_VALUES // n)))
    said = f"{len(found.features):,} most variable of {f:,} features ({found.measure})"
    return matrix[:, found.features].toarray(), [raw.names[i] for i in found.features], [said]


def _said(count: int, which: str) -> list[str]:
    return [f"{count:,} row{'s' * (count != 1)} {which} dropped"] if count else []


def _without_missing(
    x: np.ndarray, keep: Bool[np.ndarray, " n"], policy: str, names: list[str], where: str
) -> tuple[np.ndarray, Bool[np.ndarray, " n"], list[str]]:
    """x without missing values, the mask of kept rows, and a description of what was done."""
    gone = np.isnan(x)
    if policy == DROP:
        whole = ~gone.any(axis=1)
        steps = _said(int((keep & ~whole).sum()), "with a missing value")
        return x[keep & whole], keep & whole, steps
    x, gone = x[keep], gone[keep]
    if not gone.any():
        return x, keep, []
    empty = gone.all(axis=0)
    if empty.any():
        name = names[int(empty.argmax())] if names else f"number {int(empty.argmax()) + 1}"
        raise EpochscopeError(f"Column {name!r} of {where} has no values, so it has no mean: leave it out.")
    mean = np.where(gone, 0, x).sum(axis=0) / (~gone).sum(axis=0)
    return np.where(gone, mean, x), keep, [f"{int(gone.sum()):,} missing values set to the mean of their column"]


def _single(x: np.ndarray, rows: Int[np.ndarray, " n"], names: list[str], where: str) -> Float[np.ndarray, "n f"]:
    """x in single precision. Raises EpochscopeError naming the first value that is infinite there."""
    with np.errstate(over="ignore", invalid="ignore"):
        small = x.astype(np.float32)
    if not np.isfinite(small).all():
        row, column = np.argwhere(~np.isfinite(small))[0]
        name = repr(names[column]) if names else f"number {column + 1}"
        raise EpochscopeError(
            f"{where} has {x[row, column]:g} in row {rows[row] + 1} of column {name}: it must be finite, below 1e38."
        )
    if np.abs(small).max(initial=0) > _LARGEST / max(x.shape) ** 0.5:
        row, column = np.unravel_index(int(np.abs(small).argmax()), small.shape)
        name = repr(names[column]) if names else f"number {column + 1}"
        raise EpochscopeError(
            f"{where} holds {x[row, column]:g} in row {rows[row] + 1} of column {name}: the square of a distance would "
            "be no number any more; divide it by a large factor, or leave it out."
        )
    return small


def suspicious(raw: Raw, choice: Choice) -> list[str]:
    """A sentence for each column of words in which almost all values are numbers, quoting the first that is not."""
    sentences = []
    for name, values in raw.columns.items():
        if name == choice.label or values.dtype.kind == "f" or different(values, 2) < 2:
            continue
        words = [(row, value) for row, value in enumerate(values[:2000].tolist()) if value and not _is_number(value)]
        if words and len(words) <= 0.05 * min(len(values), 2000):
            sentences.append(
                f"{name!r} is taken as words because of {str(words[0][1])[:20]!r} in row {words[0][0] + 1}"
            )
    return sentences


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
