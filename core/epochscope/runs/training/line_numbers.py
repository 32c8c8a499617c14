"""The lists of numbers in the line of an epoch: what each is, computed over all points."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from epochscope.runs.format.channels import LINE_NUMBERS
from epochscope.runs.training.scores import entropy_histogram

FORMULAS: Mapping[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "sizes": lambda labels, k: np.bincount(labels[labels >= 0], minlength=k),
    "entropy": lambda q, k: entropy_histogram(q),
    "entropy_p": lambda p, k: entropy_histogram(p),
    "mixing": lambda weights, k: weights,
    "field_box": lambda box, k: box,
}
"""List -> from its array (`of` in LINE_NUMBERS) and the number of clusters to its numbers."""


def line_numbers(arrays: Mapping[str, np.ndarray], k: int) -> dict[str, list[int] | list[float | None]]:
    """Every list whose array is there."""
    found: dict[str, list[int] | list[float | None]] = {}
    for name, declared in LINE_NUMBERS.items():
        if declared.of in arrays:
            numbers = FORMULAS[name](arrays[declared.of], k)
            found[name] = [int(v) for v in numbers] if declared.counts else [finite(v) for v in numbers]
    return found


def finite(value: float) -> float | None:
    """A number as JSON takes it, which knows no NaN."""
    value = float(value)
    return round(value, 8) if math.isfinite(value) else None
