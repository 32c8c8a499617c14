"""What the methods share that move centers through the data themselves by gradient steps."""

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
from epochscope.methods.shared.leaves import best_of_restarts, restarts_param
from epochscope.nets.autoencoder import unit_of
from epochscope.nets.training import StepParams, array, require_finite
from epochscope.params import group, param
from epochscope.types import EpochscopeError, Snapshot, Tick

EACH, ALIKE, AS_IS = "each feature", "all features alike", "no"
PLUS_PLUS, POINTS, NUMBERS = "k-means++", "random points", "random numbers"
SQUARE, GAP = "squared distance", "median gap"
_EPS = 1e-6


@dataclass(frozen=True)
class CenterSteps(StepParams):
    epochs: int = param(30, 1, 500, label="epochs", help="Passes over the data.")


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
        help="W = softmax(-α d). Towards 0 each point belongs to all clusters alike, and the centers meet in the "
        "middle; the larger, the closer to hard k-means.",
    )
    alpha_per: str = param(
        GAP,
        options=(GAP, SQUARE),
        label="α counts per",
        help="Squared distance: α as the formula has it; what is sharp depends on the data. Median gap: α is divided "
        "by how much farther the second nearest center is than the nearest, the median over the points at the start; "
        "then the same α is equally sharp on all data.",
    )
    standardise: str = param(
        EACH,
        options=(EACH, ALIKE, AS_IS),
        label="standardise",
        help="Mean 0 and standard deviation 1 for each feature on its own, or for all numbers together, which keeps "
        "the proportions of pictures; or the data as they are. Each feature gets the same say: a pixel that is nearly "
        "always blank becomes as loud as the others.",
    )
    start: str = param(
        PLUS_PLUS,
        options=(PLUS_PLUS, POINTS, NUMBERS),
        label="centers start at",
        help="k-means++: points far from each other, the best of some draws. Random points: any points. "
        "Random numbers: standard normal, so they know nothing of the data.",
    )
    restarts: int = restarts_param()
    cluster: CenterSteps = group(CenterSteps, "Clustering", optimizer="sgd", lr=0.5, momentum=0.0, batch=64)


class Standard(NamedTuple):
    """Origin and unit of length of each feature."""

    mean: Float[Tensor, " f"]
    std: Float[Tensor, " f"]

    def of(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n f"]:
        return (x - self.mean) / self.std

    def back(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n f"]:
        return x * self.std + self.mean


def standard_of(x: Float[Tensor, "n f"], how: str) -> Standard:
    """As the parameter `standardise` says. A feature that never changes has no width: it is divided by eps, not 0."""
    f = x.shape[1]
    if how == EACH:
        return Standard(x.mean(dim=0), x.std(dim=0, correction=0).clamp(min=_EPS))
    origin, length = unit_of(x, center=True) if how == ALIKE else (0.0, 1.0)
    return Standard(x.new_full((f,), origin), x.new_full((f,), length))


class Begun(NamedTuple):
    """All that is there before the first gradient step."""

    x: Float[Tensor, "n f"]  # standardised
    z: np.ndarray  # the same, for all snapshots
    standard: Standard
    u: Float[Tensor, "k f"]
    gap: float  # what alpha is divided by

    def alpha(self, hp: DataSpaceParams) -> float:
        """In 1 / squared distance."""
        return hp.alpha / self.gap

    def shown(self, w: Float[Tensor, "n k"], u: Float[Tensor, "k f"]) -> dict[str, Any]:
        """The fields of a snapshot that W and the centers decide."""
        return {
            "phase": "cluster",
            "z": self.z,
            "q": array(w),
            "centers": array(u),
            "extra": {"decoded_centers": array(self.standard.back(u.detach()))},
        }


def begin(
    x: Float[Tensor, "n f"], k: int, hp: DataSpaceParams, rng: torch.Generator
) -> Generator[Snapshot | Tick, Any, tuple[Begun, Any]]:
    """Standardises the data, shows them, and places the centers. Returns also hp with its live changes."""
    standard = standard_of(x, hp.standardise)
    x = standard.of(x)
    require_finite("start", 0, data=x)
    z = array(x)
    hp = (yield Snapshot(phase="start", z=z)) or hp
    u = yield from starting_centers(x, k, hp, rng)
    gap = median_gap(squared_distances(x, u)) if hp.alpha_per == GAP else 1.0
    return Begun(x, z, standard, u, gap), hp


def starting_centers(
    x: Float[Tensor, "n f"], k: int, hp: DataSpaceParams, rng: torch.Generator
) -> Generator[Tick, None, Float[Tensor, "k f"]]:
    """As the parameter `start` says; a k-means++ start is the one from which k-means comes farthest."""
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


def measured(w: Float[Tensor, "n k"], u: Float[Tensor, "k f"]) -> dict[str, float]:
    """How sure W is, how many clusters have points, and whether centers have merged."""
    gap = {} if len(u) == 1 else {"smallest gap between centers": smallest_gap(u.detach())}
    return {
        "row entropy of W (nats)": float(row_entropy(w).mean()),
        "clusters in use": float(len(w.argmax(dim=1).unique())),
    } | gap
