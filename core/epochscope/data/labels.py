"""Class labels as somebody wrote them, numbered from 0, with names that nothing takes for markup."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from epochscope.text import sanitize as tame
from epochscope.types import EpochscopeError

MOST_CLASSES = 250
"""As many as there can be clusters."""


class Labels(NamedTuple):
    """Row i belongs to class `truth[i]`, called `names[truth[i]]`."""

    truth: Int[np.ndarray, " n"]
    names: tuple[str, ...]


def numbered(values: np.ndarray, where: str) -> Labels:
    """Numbers or words as classes 0, 1, ..., in the order of the numbers or of the alphabet.

    `where` names the values in the one sentence that says what is wrong: too many classes, or a number that is none.
    """
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            row = int((~np.isfinite(values)).argmax())
            raise EpochscopeError(f"{where} must name a class for every point, but row {row + 1} holds {values[row]}.")
        if (values == np.floor(values)).all() and np.abs(values).max(initial=0) < 2**53:
            values = values.astype(np.int64)
    elif values.dtype.kind == "O":
        values = values.astype(str)
    found, truth = np.unique(values, return_inverse=True)
    if len(found) > MOST_CLASSES:
        raise EpochscopeError(
            f"{where} has {len(found):,} different values, but a label has {MOST_CLASSES} at most; choose another."
        )
    return Labels(truth.astype(np.int64), tuple(tame(value) or "(empty)" for value in found.tolist()))
