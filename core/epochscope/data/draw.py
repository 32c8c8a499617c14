"""Random subsets of a data set: parameters, drawing, and a note for files of another size than published."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

from epochscope.params import param


def points(most: int, default: int = 0) -> Any:
    """The parameter `n` of a set with `most` points."""
    return param(
        default or most,
        100,
        most,
        log=True,
        label="Points",
        help=f"Number of points drawn at random from the {most:,} (fewer if the files contain fewer).",
    )


def draw_seed() -> Any:
    """The parameter `seed` of a set from which points are drawn."""
    return param(0, 0, 9_999, label="Seed", help="Decides which points are drawn: equal seeds draw the same points.")


def drawn(total: int, n: int, seed: int) -> Int[np.ndarray, " m"]:
    """Indices of min(n, total) random rows; with the same seed, a larger n only adds rows."""
    return np.random.default_rng(seed).permutation(total)[:n]


def origin_note(origin: str, count: int, published: int) -> str:
    """The origin, with a warning if the files contain another number of points than were published."""
    if count == published:
        return origin
    return (
        f"{origin} (NOT the whole set: these files contain {count:,} points, {published:,} were published; "
        "results cannot be compared with those of others)"
    )
