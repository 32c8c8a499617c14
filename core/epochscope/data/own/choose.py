"""From columns to points: the label column, the excluded columns, and the treatment of missing values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from epochscope.data.labels import numbered
from epochscope.data.own.raw import LEAST_ROWS, Raw, different, missing, numeric
from epochscope.types import EpochscopeError

DROP, MEAN = "drop the row", "mean of the column"


class Choice(NamedTuple):
    """A user's choice: label column ("" for none), numeric columns that are no features, policy for missing values."""

    label: str = ""
    left_out: tuple[str, ...] = ()
    missing: str = DROP


class Points(NamedTuple):
    """The points to cluster, before scaling; `steps` describes how they were obtained."""

    x: Float[np.ndarray, "n f"]
    truth: Int[np.ndarray, " n"] | None
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    pictures: UInt8[np.ndarray, "n h w"] | None
    steps: tuple[str, ...]
    constant: int  # number of constant features


def features(raw: Raw, choice: Choice) -> list[str]:
    """The columns that become features: numeric, and neither the label nor left out. Empty for images."""
    return [] if raw.pixels is not None else [c for c in numeric(raw) if c != choice.label and c not in choice.left_out]


def chosen(raw: Raw, choice: Choice, where: str) -> Points:
    """The points of this choice. Raises EpochscopeError for unknown columns, no features, infinite values, and more."""
    for name in (*choice.left_out, *filter(None, [choice.label])):
        if name not in raw.columns:
            known = ", ".join(list(raw.columns)[:12]) or "none"
            raise EpochscopeError(f"{where} has no column {name!r}; its columns are: {known}.")
    if choice.missing not in (DROP, MEAN):
        raise EpochscopeError(f"Missing values are handled by {DROP!r} or {MEAN!r}, not by {choice.missing!r}.")
    names = features(raw, choice)
    if raw.pixels is None and not names:
        raise EpochscopeError(f"No numeric column of {where} is left as a feature; leave out fewer.")
    x = raw.pixels if raw.pixels is not None else np.stack([raw.columns[name] for name in names], axis=1)
    keep, steps = np.ones(raw.rows, bool), []
    if choice.label:
        keep &= ~missing(raw.columns[choice.label])
        steps += _said(int((~keep).sum()), "without a label")
    x, keep, more = _without_missing(x, keep, choice.missing, names, where)
    if len(x) < LEAST_ROWS:
        raise EpochscopeError(
            f"{len(x)} of the {raw.rows} rows of {where} are left, at least {LEAST_ROWS} are needed: choose {MEAN!r}, "
            "or leave out the columns with missing values."
        )
    labels = numbered(raw.columns[choice.label][keep], f"The column {choice.label!r}") if choice.label else None
    return Points(
        x=_single(x, np.flatnonzero(keep), names, where),
        truth=labels.truth if labels else None,
        class_names=labels.names if labels else (),
        feature_names=tuple(names),
        pictures=None if raw.pictures is None else raw.pictures[keep],
        steps=(*steps, *more),
        constant=int((x == x[0]).all(axis=0).sum()),
    )


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
