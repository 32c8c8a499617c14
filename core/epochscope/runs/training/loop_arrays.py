"""Arrays of a recorded loop: checked, copied, and widened to the most clusters so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from epochscope.runs.format.arrays import with_clusters
from epochscope.runs.training.validation import Sizes, array, probabilities, shaped
from epochscope.types import OPTIONAL_ARRAYS, EpochscopeError

_ARRAYS = OPTIONAL_ARRAYS.keys() - {"sample_numbers"}  # those are made of numbers by name


def named_arrays(extra: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of `extra` that are arrays with a name of their own, and the others, which are numbers."""
    arrays = {name: value for name, value in extra.items() if name in _ARRAYS or len(getattr(value, "shape", ())) > 1}
    return arrays, {name: value for name, value in extra.items() if name not in arrays}


def checked(given: Mapping[str, Any], sizes: Sizes) -> dict[str, np.ndarray]:
    """The arrays that are not None, with the right axes and values. Raises EpochscopeError."""
    arrays = {
        name: shaped(array(value, name), name, sizes, _ARRAYS) for name, value in given.items() if value is not None
    }
    for name in ("q", "p", "pi"):
        if name in arrays:
            probabilities(arrays[name], name)
    return arrays


class LoopArrays:
    """Copies of the arrays of log after log. `most`: clusters at most; None: as many as come. `classes`: true ones."""

    def __init__(self, most: int | None, classes: int) -> None:
        self._most, self._classes = most, classes
        self.k = most or 0  # the most clusters so far
        self.varies = False  # whether the logs had different numbers of clusters
        self._known: dict[str, np.ndarray] = {}  # what was logged last, by name

    def clusters(self, q: Any, p: Any, labels: Any, centers: Any) -> int:
        """The number of clusters of this log."""
        for value, name, axis in ((q, "q", 1), (p, "p", 1), (centers, "centers", 0)):
            if value is not None:
                shape = array(value, name).shape
                if len(shape) != 2:
                    raise EpochscopeError(f"{name} must have two axes, but its shape is {shape}.")
                if self._most and shape[axis] > self._most:
                    raise EpochscopeError(
                        f"{name} has {shape[axis]} clusters, but this recorder was made with k = {self._most}."
                    )
                return shape[axis]
        if self.k and (labels is None or self._most):
            return self.k
        if self.k:  # known from labels alone: where the largest one no longer occurs, there are fewer clusters
            return max(int(_highest(labels)) + 1, self._classes, 1)
        k = max(0 if labels is None else int(_highest(labels)) + 1, self._classes)
        if not k:
            raise EpochscopeError(
                "The number of clusters does not follow from z alone: pass it, as in Recorder('...', k=10)."
            )
        return k

    def __call__(self, arrays: Mapping[str, np.ndarray], k: int) -> dict[str, np.ndarray]:
        """Copies (the loop may reuse its arrays) with the most clusters so far; the same copy where nothing changed."""
        self.varies = self.varies or bool(self.k and k != self.k)
        self.k, made = max(self.k, k), dict(arrays)
        if (q := made.get("q")) is not None and "labels" not in made and not np.isfinite(q).all():
            made["labels"] = np.where(np.isfinite(q).all(axis=1), q.argmax(axis=1), -1)
        if k < self.k:
            made = {name: with_clusters(one, name, self.k) for name, one in made.items()}
        return {name: self._copied(name, one) for name, one in made.items()}

    def _copied(self, name: str, made: np.ndarray) -> np.ndarray:
        before = self._known.get(name)
        if before is None or not np.array_equal(before, made):
            before = self._known[name] = np.array(made, order="C")
        return before


def _highest(labels: Any) -> float:
    """The largest label; -1 for none. Labels may be of any type of numbers."""
    made = array(labels, "labels").astype(np.float64)
    return float(np.nanmax(made)) if made.size and not np.isnan(made).all() else -1.0
