"""Class labels of any form, numbered from 0, with names that are safe to display."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from epochscope.text import sanitize
from epochscope.types import EpochscopeError

MOST_CLASSES = 1000
"""The largest number of clusters, too."""


class Labels(NamedTuple):
    """Row i belongs to class `truth[i]`, whose name is `names[truth[i]]`."""

    truth: Int[np.ndarray, " n"]
    names: tuple[str, ...]


def numbered(values: np.ndarray, where: str, most: int = MOST_CLASSES) -> Labels:
    """Numbers or words as classes 0, 1, ..., in numerical or alphabetical order.

    Raises EpochscopeError for more than `most` classes or values that are not finite; `where` names the values.
    """
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            row = int((~np.isfinite(values)).argmax())
            raise EpochscopeError(f"{where} must name a class for each point, but row {row + 1} has {values[row]}.")
        if (values == np.floor(values)).all() and np.abs(values).max(initial=0) < 2**53:
            values = values.astype(np.int64)
    elif values.dtype.kind == "O":
        values = values.astype(str)
    classes, truth = np.unique(values, return_inverse=True)
    if len(classes) > most:
        raise EpochscopeError(
            f"{where} has {len(classes):,} different values, but at most {most} classes are allowed; choose "
            "another column."
        )
    return Labels(truth.astype(np.int64), tuple(sanitize(value) or "(empty)" for value in classes.tolist()))
