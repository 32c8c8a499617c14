"""Named scalings from the numbers in a file to the numbers a method sees, by statistics of the whole file."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from epochscope.types import EpochscopeError, Likelihood

AS_STORED, HALVED, MIN_MAX, STANDARDIZE = "as stored", "times 0.5 (DGG)", "min-max to [0,1]", "standardize"
TOGETHER = "min-max to [0,1], all together"

HELP = {
    AS_STORED: "As stored changes nothing",
    HALVED: "times 0.5 is the scaling of DGG's authors",
    MIN_MAX: "min-max maps each feature to 0..1",
    TOGETHER: "all together maps the smallest of all values to 0 and the largest to 1, as for pixels",
    STANDARDIZE: "standardize gives each feature mean 0 and standard deviation 1",
}


def scaled(x: Float[np.ndarray, "n f"], scaling: str) -> Float[np.ndarray, "n f"]:
    """x scaled as named; a constant feature becomes 0 where it would be divided by 0. Raises EpochscopeError."""
    if scaling == AS_STORED:
        return x
    if scaling == HALVED:
        return x / 2
    if scaling == MIN_MAX:
        low = x.min(axis=0)
        return np.clip((x - low) / _or_one(x.max(axis=0) - low), 0, 1)
    if scaling == TOGETHER:
        return np.clip((x - x.min()) / _or_one(x.max() - x.min()), 0, 1)
    if scaling == STANDARDIZE:
        return (x - x.mean(axis=0)) / _or_one(x.std(axis=0))
    raise EpochscopeError(f"There is no scaling {scaling!r}; choose one of: {', '.join(HELP)}.")


def likelihood(scaling: str) -> Likelihood:
    """The range of features after this scaling, whatever it was before."""
    return "unit interval" if scaling in (MIN_MAX, TOGETHER) else "real"


def help_for(*scalings: str) -> str:
    """Help text for a parameter with these choices."""
    return "; ".join(HELP[scaling] for scaling in scalings) + "."


def _or_one(width: Float[np.ndarray, "*f"]) -> Float[np.ndarray, "*f"]:
    return np.where(width > 0, width, np.float32(1))
