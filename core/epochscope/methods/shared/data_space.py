"""Shared parts of the methods that move centers in data space by gradient steps: soft k-means and Free W."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.soft_kmeans import median_gap, row_entropy, smallest_gap
from epochscope.methods.base import MethodParams
from epochscope.methods.shared.lloyd import best_of_restarts, restarts_param
from epochscope.nets.autoencoder import unit_of
from epochscope.nets.frozen import Weights
from epochscope.nets.training import StepParams, array, require_finite
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import EpochscopeError, Progress, Snapshot

EACH, ALIKE, AS_IS = "each feature", "all features alike", "no"
PLUS_PLUS, POINTS, NUMBERS = "k-means++", "random points", "random numbers"
SQUARE, GAP = "squared distance", "median gap"
_FLAT = 1e-6  # share of the largest number of a feature: what varies less is constant up to rounding


@dataclass(frozen=True)
class CenterSteps(StepParams):
    epochs: int = param(30, 1, MOST_EPOCHS, anew=True, label="epochs", help="Passes over the data.")


@dataclass(frozen=True)
class DataSpaceParams(MethodParams):
    """Base of the params of soft k-means and of Free W."""

    alpha: float = param(
        3.0,
        0.01,
        1000.0,
        log=True,
        live=True,
        symbol="α",
        label="sharpness",
        help="W = softmax(-α d). As α approaches 0, each point belongs equally to all clusters and the centers meet in "
        "the middle; the larger α, the closer to hard k-means.",
    )
    alpha_per: str = param(
        GAP,
        options=(GAP, SQUARE),
        label="unit of α",
        help="Squared distance: α as in the formula; its effect depends on the scale of the data. Median gap: α is "
        "divided by the median over points of the difference between the squared distances to the second nearest and "
        "the nearest center at the start, so that the same α is equally sharp on all data.",
    )
    standardize: str = param(
        EACH,
        options=(EACH, ALIKE, AS_IS),
        label="standardize",
        help="Mean 0 and standard deviation 1 for each feature, or for all numbers together, which keeps the "
        "contrast of images; or the data as they are. With each feature standardized, a pixel that is nearly always "
        "blank weighs as much as the others.",
    )
    start: str = param(
        PLUS_PLUS,
        options=(PLUS_PLUS, POINTS, NUMBERS),
        label="centers start at",
        help="k-means++: points far from each other, the best of several draws. Random points: any points. "
        "Random numbers: standard normal, independent of the data.",
    )
    restarts: int = restarts_param()
    cluster: CenterSteps = group(CenterSteps, "Clustering", optimizer="sgd", lr=0.5, momentum=0.0, batch=64)


class Standard(NamedTuple):
    """Origin and unit of length of each feature."""

    mean: Float[Tensor, " f"]
    std: Float[Tensor, " f"]

    def of(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n f"]:
        """Standardized data: (x - mean) / std."""
        return (x - self.mean) / self.std

    def back(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n f"]:
        """The inverse of `of`."""
        return x * self.std + self.mean


def standard_of(x: Float[Tensor, "n f"], how: str) -> Standard:
    """Mean and standard deviation as the parameter `standardize` says; that of a constant feature is small, not 0."""
    f = x.shape[1]
    if how == EACH:
        largest = x.abs().amax(dim=0)
        least = _FLAT * torch.where(largest > 0, largest, float(largest.max()) or 1.0)
        return Standard(x.mean(dim=0), x.std(dim=0, correction=0).clamp(min=least))
    origin, length = unit_of(x, center=True) if how == ALIKE else (0.0, 1.0)
    return Standard(x.new_full((f,), origin), x.new_full((f,), length))


def standardized(x: Float[Tensor, "n f"], weights: Weights) -> Float[Tensor, "n f"]:
    """New points as the `standard` among the frozen weights has them."""
    return Standard(weights["standard.mean"], weights["standard.std"]).of(x)


class Prepared(NamedTuple):
    """Standardized data and initial centers."""

    x: Float[Tensor, "n f"]  # standardized
    z: np.ndarray  # the same, for all snapshots
    standard: Standard
    u: Float[Tensor, "k f"]  # initial centers
    gap: float  # the unit of alpha

    def alpha(self, hp: DataSpaceParams) -> float:
        """Alpha in 1 / squared distance."""
        return hp.alpha / self.gap

    def shown(self, w: Float[Tensor, "n k"], u: Float[Tensor, "k f"]) -> dict[str, Any]:
        """The fields of a snapshot that depend on W and the centers u."""
        return {
            "phase": "cluster",
            "z": self.z,
            "q": array(w),
            "centers": array(u),
            "extra": {"decoded_centers": array(self.standard.back(u.detach()))},
        }


def prepare(
    x: Float[Tensor, "n f"], k: int, hp: DataSpaceParams, rng: torch.Generator
) -> Generator[Snapshot | Progress, Any, tuple[Prepared, Any]]:
    """Standardizes the data, yields them as a snapshot, and chooses the centers. Returns also hp with live changes."""
    standard = standard_of(x, hp.standardize)
    x = standard.of(x)
    require_finite("start", 0, data=x)
    z = array(x)
    hp = (yield Snapshot(phase="start", z=z)) or hp
    u = yield from starting_centers(x, k, hp, rng)
    gap = median_gap(squared_distances(x, u)) if hp.alpha_per == GAP else 1.0
    return Prepared(x, z, standard, u, gap), hp


def starting_centers(
    x: Float[Tensor, "n f"], k: int, hp: DataSpaceParams, rng: torch.Generator
) -> Generator[Progress, None, Float[Tensor, "k f"]]:
    """Initial centers as the parameter `start` says; of several k-means++ starts, the one with the best k-means."""
    if hp.start == PLUS_PLUS:
        return (yield from best_of_restarts(x, k, hp.restarts, rng)).start
    if hp.start == NUMBERS:
        return torch.randn(k, x.shape[1], generator=rng, device=rng.device, dtype=x.dtype)
    u = x[torch.randperm(len(x), generator=rng, device=rng.device)[:k]]
    if (distinct := len(np.unique(array(u), axis=0))) < k:
        raise EpochscopeError(
            f"Only {distinct} of the {k} points drawn as centers are distinct: choose fewer clusters, another seed, or "
            "the start k-means++."
        )
    return u


def center_measures(w: Float[Tensor, "n k"], u: Float[Tensor, "k f"]) -> dict[str, float]:
    """Mean row entropy of W, number of clusters in use, and the smallest gap between centers."""
    gap = {} if len(u) == 1 else {"smallest gap between centers": smallest_gap(u.detach())}
    return {
        "row entropy of W (nats)": float(row_entropy(w).mean()),
        "clusters in use": float(len(w.argmax(dim=1).unique())),
    } | gap
