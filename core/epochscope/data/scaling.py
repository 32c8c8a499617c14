"""Named scalings from the numbers in a file to the numbers a method sees, by statistics of the whole file,
which are kept for new points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix

from epochscope.data.tfidf import UNIT_LENGTH as TFIDF
from epochscope.data.tfidf import idf, tfidf
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


class Scaling(NamedTuple):
    """A scaling with the statistics of the points that it was fitted to: others can be scaled in the same way."""

    name: str
    statistics: Mapping[str, np.ndarray]

    @property
    def features(self) -> Int[np.ndarray, " f"] | None:
        """Which of the features are kept; None: all of them."""
        return self.statistics.get("features")

    def of(self, x: Float[np.ndarray, "m f"]) -> Float[np.ndarray, "m g"]:
        """Points as a method sees them. Raises EpochscopeError for values for which the scaling has no meaning."""
        require_suited(x, self.name)
        return _FORMULAS[self.name].apply(x, self.statistics)


class _Formula(NamedTuple):
    """How statistics are taken of points, and how they are applied to these or to others."""

    fit: Callable[[Any], dict[str, np.ndarray]]
    apply: Callable[[Any, Any], Any]


def fitted(x: Float[np.ndarray, "n f"], scaling: str) -> Scaling:
    """The scaling of that name by the statistics of x.

    Raises EpochscopeError for an unknown scaling, and for values for which it has no meaning, such as negative counts.
    """
    if scaling not in _FORMULAS:
        raise EpochscopeError(f"There is no scaling {scaling!r}; choose one of: {', '.join(HELP)}.")
    require_suited(x, scaling)
    return Scaling(scaling, _FORMULAS[scaling].fit(x))


def scaled(x: Float[np.ndarray, "n f"], scaling: str) -> Float[np.ndarray, "n g"]:
    """x scaled as named; a constant feature becomes 0 where it would be divided by 0. Raises as `fitted` does."""
    return fitted(x, scaling).of(x)


def require_suited(x: Float[np.ndarray, "n f"], scaling: str) -> None:
    """Raises EpochscopeError for values for which this scaling has no meaning."""
    if scaling in (COUNTS, VARIED_COUNTS, TFIDF, LOG_RATIO, ROOT) and (low := float(x.min(initial=0))) < 0:
        raise EpochscopeError(
            f"The scaling {scaling!r} is for values of 0 or more, but the data hold {low:g}: choose another, such as "
            f"{AS_STORED!r} or {STANDARDIZE!r}."
        )
    if scaling == TFIDF and (x % 1).any():
        broken = float(x[x % 1 > 0][0])
        raise EpochscopeError(
            f"The scaling {TFIDF!r} is for whole numbers of words, but the data hold {broken:g}: choose another, such "
            f"as {AS_STORED!r}."
        )


def _nothing(_: Any) -> dict[str, np.ndarray]:
    return {}


def _ranges(x: Any) -> dict[str, np.ndarray]:
    low = x.min(axis=0)
    return {"shift": low, "width": _or_one(x.max(axis=0) - low)}


def _range(x: Any) -> dict[str, np.ndarray]:
    return {"shift": np.atleast_1d(x.min()), "width": np.atleast_1d(_or_one(x.max() - x.min()))}


def _to_unit(x: Any, s: Any) -> Any:
    return np.clip((x - s["shift"]) / s["width"], 0, 1)


def _moments(x: Any) -> dict[str, np.ndarray]:
    return {"shift": x.mean(axis=0), "width": _or_one(x.std(axis=0))}


def _shares(x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
    """Each row divided by its sum; an empty row stays 0."""
    return (x / _or_one(x.sum(axis=1, keepdims=True, dtype=np.float64))).astype(np.float32)


def _median_sum(x: Any) -> dict[str, np.ndarray]:
    """The median sum of those rows that are not empty."""
    sums = x.sum(axis=1, dtype=np.float64)
    return {"median": np.atleast_1d(np.median(sums[sums > 0]) if (sums > 0).any() else 1.0)}


def _log_counts(x: Any, s: Any) -> Any:
    """log(1 + x) after each row was brought to the median sum."""
    sums = x.sum(axis=1, dtype=np.float64)
    return np.log1p(x * (s["median"] / _or_one(sums))[:, None].astype(np.float32))


def _most_variable(x: Any) -> dict[str, np.ndarray]:
    median = _median_sum(x)
    if x.shape[1] <= VARIED:
        return median
    variance = _log_counts(x, median).var(axis=0, dtype=np.float64)
    return median | {"features": np.sort(np.argsort(-variance, kind="stable")[:VARIED])}


def _varied_counts(x: Any, s: Any) -> Any:
    made = _log_counts(x, s)
    return np.ascontiguousarray(made[:, s["features"]]) if "features" in s else made


def _least_shares(x: Any) -> dict[str, np.ndarray]:
    """The smallest share of each feature above 0, halved: what a share of 0 counts as."""
    share = _shares(x).astype(np.float64)
    least = np.where(share > 0, share, np.inf).min(axis=0)
    return {"least": np.where(np.isfinite(least), least, 1.0) / 2}


def _log_ratio(x: Any, s: Any) -> Any:
    """log of the shares less its mean in each row."""
    share = _shares(x).astype(np.float64)
    logs = np.log(np.where(share > 0, share, s["least"]))
    return (logs - logs.mean(axis=1, keepdims=True)).astype(np.float32)


def _or_one(width: Float[np.ndarray, "*f"]) -> Float[np.ndarray, "*f"]:
    return np.where(width > 0, width, np.float32(1))


_FORMULAS: dict[str, _Formula] = {
    AS_STORED: _Formula(_nothing, lambda x, _: x),
    HALVED: _Formula(_nothing, lambda x, _: x / 2),
    MIN_MAX: _Formula(_ranges, _to_unit),
    TOGETHER: _Formula(_range, _to_unit),
    STANDARDIZE: _Formula(_moments, lambda x, s: (x - s["shift"]) / s["width"]),
    COUNTS: _Formula(_median_sum, _log_counts),
    VARIED_COUNTS: _Formula(_most_variable, _varied_counts),
    TFIDF: _Formula(
        lambda x: {"idf": idf(csr_matrix(x))},
        lambda x, s: tfidf(csr_matrix(x), s["idf"]).toarray().astype(np.float32),
    ),
    LOG_RATIO: _Formula(_least_shares, _log_ratio),
    ROOT: _Formula(_nothing, lambda x, _: np.sqrt(_shares(x))),
}


def likelihood(scaling: str) -> Likelihood:
    """The range of features after this scaling, whatever it was before."""
    return "unit interval" if scaling in (MIN_MAX, TOGETHER) else "real"


def help_for(*scalings: str) -> str:
    """Help text for a parameter with these choices."""
    return "; ".join(HELP[scaling] for scaling in scalings) + "."
