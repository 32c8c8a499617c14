"""What a recorded loop hands over, sorted: true classes of any kind, and numbers by what they are numbers of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from epochscope.data.labels import Labels, numbered
from epochscope.runs.format.schema import MOST_CLUSTERS, MOST_NUMBERS, MOST_VECTOR, MOST_VECTORS
from epochscope.runs.training.line_numbers import finite
from epochscope.runs.training.validation import array
from epochscope.text import sanitize
from epochscope.types import EpochscopeError


def classes_of(truth: Any) -> Labels:
    """True classes as numbers with names; -1 where one is missing: NaN, None, or -1 beside two other classes.

    Numbers, words, bytes, booleans; tensors, arrays, lists, pandas Series and Categorical. Raises EpochscopeError.
    """
    values = array(truth, "truth") if hasattr(truth, "detach") else np.asarray(truth)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    elif values.ndim == 2 and values.dtype.kind in "fiub" and _one_hot(values):
        values = values.argmax(axis=1)
    if values.ndim != 1 or not values.size:
        raise EpochscopeError(f"truth must be one label for each point, but its shape is {values.shape}.")
    if values.dtype.kind in "SUO":
        values, missing = _words(values)
    else:
        values = array(values, "truth")
        missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
        if values.dtype.kind in "if":
            missing |= _unknown(values, missing)
    if missing.all():
        raise EpochscopeError("truth has no label: all of it is missing (NaN, None or -1); leave it out.")
    known = numbered(values[~missing], "truth", most=MOST_CLUSTERS)
    classes = np.full(len(values), -1, np.int64)
    classes[~missing] = known.truth
    return Labels(classes, known.names)


def _unknown(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Where -1 means that nothing is known: beside two classes or more that count from 0 or above, or alone."""
    others = np.unique(values[~missing & (values != -1)])
    meant = len(others) > 1 and others.min() >= 0
    return (values == -1) & (meant or not len(others))


def _one_hot(values: np.ndarray) -> bool:
    ones = values == 1
    return values.shape[1] > 1 and bool((ones | (values == 0)).all() and (ones.sum(axis=1) == 1).all())


def _words(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each value as a text, and which are missing."""
    texts, missing = [], np.zeros(len(values), bool)
    for place, value in enumerate(values.tolist()):
        nothing = value is None or type(value).__name__ in ("NAType", "NaTType")  # of pandas, which is not needed here
        missing[place] = nothing or (isinstance(value, float) and math.isnan(value))
        texts.append(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
    return np.array(texts), missing


class Logged(NamedTuple):
    """Numbers of one log by name: single ones, one of each point, lists of numbers."""

    single: dict[str, float]
    of_points: dict[str, Float32[np.ndarray, " n"]]
    vectors: dict[str, list[float | None]]


def by_shape(values: Mapping[str, Any], n: int) -> Logged:
    """Numbers sorted by their shape: a single one is a measure, n are one of each point, other lists are vectors.

    A value that is None is left out. Raises EpochscopeError for another shape, a longer list, or too many.
    """
    logged = Logged({}, {}, {})
    for given, value in values.items():
        if value is None:
            continue
        name, made = sanitize(given) or "measure", array(value, sanitize(given))
        if made.size == 1 and made.ndim < 2:
            logged.single[name] = float(made.reshape(()))
        elif made.shape == (n,):
            logged.of_points[name] = made.astype(np.float32)
        elif made.ndim == 1 and 1 < made.size <= MOST_VECTOR:
            logged.vectors[name] = [finite(number) for number in made.tolist()]
        else:
            raise EpochscopeError(
                f"{name} must be a number, one number for each of the {n:,} points, or a list of 2 to {MOST_VECTOR:,} "
                f"numbers, but its shape is {made.shape}."
            )
    if len(logged.vectors) > MOST_VECTORS:
        raise EpochscopeError(f"A log takes {MOST_VECTORS} lists of numbers, but got {len(logged.vectors)}.")
    return logged


class PointNumbers:
    """The columns of sample_numbers: a name keeps its place, and is NaN in a log that lacks it."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, of_points: Mapping[str, np.ndarray], n: int) -> Float32[np.ndarray, "n u"] | None:
        """The table of one log; None where there was never a number. Raises EpochscopeError for too many names."""
        new = [name for name in of_points if name not in self.names]
        if len(self.names) + len(new) > MOST_NUMBERS:
            raise EpochscopeError(
                f"A run takes {MOST_NUMBERS} numbers of each point, but {new[0]} would be one more: log fewer."
            )
        self.names += new
        if not self.names:
            return None
        blank = np.full(n, np.nan, np.float32)
        return np.stack([of_points.get(name, blank) for name in self.names], axis=1)
