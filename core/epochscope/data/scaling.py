"""Named scalings from the numbers in a file to the numbers a method sees, by statistics of the whole file."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix

from epochscope.data.tfidf import UNIT_LENGTH as TFIDF
from epochscope.data.tfidf import tfidf
from epochscope.types import EpochscopeError, Likelihood

AS_STORED, HALVED, MIN_MAX, STANDARDIZE = "as stored", "times 0.5 (DGG)", "min-max to [0,1]", "standardize"
TOGETHER = "min-max to [0,1], all together"
COUNTS = "counts: median sum, log(1 + x)"
VARIED = 2_000
VARIED_COUNTS = f"{VARIED:,} most variable {COUNTS}"
LOG_RATIO, ROOT = "shares: centered log ratio", "shares: square root"

FACTOR = (
    "one factor for all features changes nothing for a method with a network, which brings the data to mean square 1 "
    "itself, nor for k-means"
)
"""What a scaling by one number does, for help texts."""

HELP = {
    AS_STORED: "As stored changes nothing",
    HALVED: f"times 0.5 is the scaling of DGG's authors, here only for comparison: {FACTOR}",
    MIN_MAX: "min-max maps each feature to 0..1, for which VaDE and DGG take the Bernoulli likelihood",
    TOGETHER: "all together maps the smallest of all values to 0 and the largest to 1, as for pixels",
    STANDARDIZE: "standardize gives each feature mean 0 and standard deviation 1",
    COUNTS: "counts brings each point to the median sum and takes log(1 + x), as for counts of genes",
    VARIED_COUNTS: f"most variable counts keeps of these features only the {VARIED:,} of the largest variance",
    TFIDF: "tf-idf gives frequent words less weight and each text length 1",
    LOG_RATIO: "centered log ratio takes logarithms of the parts of a whole, less their mean in each point",
    ROOT: "square root takes the root of each share of a point's sum, which suits shares with zeros",
}


class Scaled(NamedTuple):
    """Scaled points, and which of the features they have; None: all of them."""

    x: Float[np.ndarray, "n f"]
    features: Int[np.ndarray, " f"] | None = None


def scaled(x: Float[np.ndarray, "n f"], scaling: str) -> Float[np.ndarray, "n f"]:
    """x scaled as named; a constant feature becomes 0 where it would be divided by 0.

    Raises EpochscopeError for an unknown scaling, and for values for which it has no meaning, such as negative counts.
    """
    return scaled_points(x, scaling).x


def scaled_points(x: Float[np.ndarray, "n f"], scaling: str) -> Scaled:
    """As `scaled`, with the features that were kept. Raises EpochscopeError like it."""
    if scaling not in _FORMULAS:
        raise EpochscopeError(f"There is no scaling {scaling!r}; choose one of: {', '.join(HELP)}.")
    if scaling in (COUNTS, VARIED_COUNTS, TFIDF, LOG_RATIO, ROOT) and (low := float(x.min())) < 0:
        raise EpochscopeError(
            f"The scaling {scaling!r} is for values of 0 or more, but the data hold {low:g}: choose another, such as "
            f"{AS_STORED!r} or {STANDARDIZE!r}."
        )
    made = _FORMULAS[scaling](x)
    if scaling == VARIED_COUNTS and made.shape[1] > VARIED:
        features = np.sort(np.argsort(-made.var(axis=0, dtype=np.float64), kind="stable")[:VARIED])
        return Scaled(np.ascontiguousarray(made[:, features]), features)
    return Scaled(made)


def _each_to_unit(x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
    low = x.min(axis=0)
    return np.clip((x - low) / _or_one(x.max(axis=0) - low), 0, 1)


def _all_to_unit(x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
    return np.clip((x - x.min()) / _or_one(x.max() - x.min()), 0, 1)


def _standardized(x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
    return (x - x.mean(axis=0)) / _or_one(x.std(axis=0))


def _shares(x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
    """Each row divided by its sum; an empty row stays 0."""
    return (x / _or_one(x.sum(axis=1, keepdims=True, dtype=np.float64))).astype(np.float32)


def _log_counts(x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
    """log(1 + x) after each row was brought to the median sum of those rows that are not empty."""
    sums = x.sum(axis=1, dtype=np.float64)
    median = np.median(sums[sums > 0]) if (sums > 0).any() else 1.0
    return np.log1p(x * (median / _or_one(sums))[:, None].astype(np.float32))


def _weighted_words(x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
    """tf-idf. Raises EpochscopeError for values that are no counts."""
    if (x % 1).any():
        broken = float(x[x % 1 > 0][0])
        raise EpochscopeError(
            f"The scaling {TFIDF!r} is for whole numbers of words, but the data hold {broken:g}: choose another, such "
            f"as {AS_STORED!r}."
        )
    return tfidf(csr_matrix(x)).toarray().astype(np.float32)


def _log_ratio(x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
    """log of the shares less its mean in each row; a share of 0 counts as half the smallest one of its feature."""
    share = _shares(x).astype(np.float64)
    least = np.where(share > 0, share, np.inf).min(axis=0)
    logs = np.log(np.where(share > 0, share, np.where(np.isfinite(least), least, 1.0) / 2))
    return (logs - logs.mean(axis=1, keepdims=True)).astype(np.float32)


def _or_one(width: Float[np.ndarray, "*f"]) -> Float[np.ndarray, "*f"]:
    return np.where(width > 0, width, np.float32(1))


_FORMULAS: dict[str, Any] = {
    AS_STORED: lambda x: x,
    HALVED: lambda x: x / 2,
    MIN_MAX: _each_to_unit,
    TOGETHER: _all_to_unit,
    STANDARDIZE: _standardized,
    COUNTS: _log_counts,
    VARIED_COUNTS: _log_counts,
    TFIDF: _weighted_words,
    LOG_RATIO: _log_ratio,
    ROOT: lambda x: np.sqrt(_shares(x)),
}


def likelihood(scaling: str) -> Likelihood:
    """The range of features after this scaling, whatever it was before."""
    return "unit interval" if scaling in (MIN_MAX, TOGETHER) else "real"


def help_for(*scalings: str) -> str:
    """Help text for a parameter with these choices."""
    return "; ".join(HELP[scaling] for scaling in scalings) + "."
