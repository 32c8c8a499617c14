"""Which points of a set are taken: how many, by which seed, and what the card says if a file holds other numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

from epochscope.params import param


def points(most: int, default: int = 0) -> Any:
    """The field `n` of a set with `most` points."""
    return param(
        default or most,
        100,
        most,
        log=True,
        label="Points",
        help=f"How many of the {most:,} points to draw at random (fewer, if the files hold fewer).",
    )


def draw_seed() -> Any:
    """The field `seed` of a set of which a part can be drawn."""
    return param(0, 0, 9_999, label="Seed", help="Which points are drawn: the same seed draws the same ones.")


def drawn(total: int, n: int, seed: int) -> Int[np.ndarray, " m"]:
    """Rows of min(n, total) points, drawn at random; with the same seed, a larger n only adds points."""
    return np.random.default_rng(seed).permutation(total)[:n]


def honest(origin: str, found: int, published: int) -> str:
    """The origin, and what to know where the files hold another number of points than were published."""
    if found == published:
        return origin
    return (
        f"{origin} (NOT the whole set: these files hold {found:,} points, {published:,} were published; "
        "results cannot be compared with those of others)"
    )
