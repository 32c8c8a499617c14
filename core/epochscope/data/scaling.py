"""Named steps from the numbers in a file to the numbers a method sees. Column by column over the whole file."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from epochscope.types import EpochscopeError, Likelihood

AS_STORED, HALVED, MIN_MAX, STANDARDISE = "as stored", "times 0.5 (DGG)", "min-max to [0,1]", "standardise"
TOGETHER = "min-max to [0,1], all together"

HELP = {
    AS_STORED: "As stored changes nothing",
    HALVED: "times 0.5 is what the authors of DGG do",
    MIN_MAX: "min-max brings each feature into 0..1",
    TOGETHER: "all together brings the smallest of all values to 0 and the largest to 1, as for pixels",
    STANDARDISE: "standardise gives each feature mean 0 and standard deviation 1",
}


def scaled(x: Float[np.ndarray, "n f"], scaling: str) -> Float[np.ndarray, "n f"]:
    """x after the step of this name; a feature that never changes becomes 0 where it would be divided by its spread."""
    if scaling == AS_STORED:
        return x
    if scaling == HALVED:
        return x / 2
    if scaling == MIN_MAX:
        low = x.min(axis=0)
        return np.clip((x - low) / _or_one(x.max(axis=0) - low), 0, 1)
    if scaling == TOGETHER:
        return np.clip((x - x.min()) / _or_one(x.max() - x.min()), 0, 1)
    if scaling == STANDARDISE:
        return (x - x.mean(axis=0)) / _or_one(x.std(axis=0))
    raise EpochscopeError(f"There is no scaling {scaling!r}; choose one of: {', '.join(HELP)}.")


def likelihood(scaling: str) -> Likelihood:
    """What a feature can be after this step (of numbers that may be anything before)."""
    return "unit interval" if scaling in (MIN_MAX, TOGETHER) else "real"


def help_for(*scalings: str) -> str:
    """One sentence about these choices, for a parameter."""
    return "; ".join(HELP[scaling] for scaling in scalings) + "."


def _or_one(spread: Float[np.ndarray, "*f"]) -> Float[np.ndarray, "*f"]:
    return np.where(spread > 0, spread, np.float32(1))
