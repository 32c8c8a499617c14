"""Soft k-means: points belong to all clusters with weights w = softmax(-alpha d); centers move by gradient descent.

Chen. CIS 5525 Project 1, Task 0 (course report), 2020.
Departs from the paper: the loss is the mean over a batch, not the sum. By default W is computed stably, so that it is
never 0/0; alpha is in units of the median gap, and the centers start at k-means++. The paper gives neither learning
rate nor batch size nor start. Not in the paper, and used by the recommended preset alone: descent that is watched.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.soft_kmeans import distance, free_energy, naive_weights, repelled, underflows, weights
from epochscope.methods.base import DIGITS, Assigned, Method, Preset, Steps
from epochscope.methods.shared.data_space import (
    ALIKE,
    EACH,
    POINTS,
    SQUARE,
    DataSpaceParams,
    center_measures,
    prepare,
    standardized,
)
from epochscope.methods.shared.presets import recommended_without_network
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.frozen import Weights, frozen
from epochscope.nets.training import Means, batches, descend, optimizer, require_finite, set_lr
from epochscope.params import param
from epochscope.types import EpochscopeError, Progress, Snapshot

THROUGH, STOPPED, FREE = "through W", "stop-gradient W", "free energy"
STABLE, NAIVE = "stable", "naive"


@dataclass(frozen=True)
class SoftKMeansParams(DataSpaceParams):
    gradient: str = param(
        THROUGH,
        options=(THROUGH, STOPPED, FREE),
        live=True,
        label="gradient",
        help="Through W: of the whole loss; a center is repelled by points that are much farther from it than from "
        "other centers. Stop-gradient W: as if W were constant; centers are only attracted. Free energy: the loss "
        "minus the entropy of W over α; its gradient is that of stop-gradient W.",
    )
    softmax: str = param(
        STABLE,
        options=(STABLE, NAIVE),
        live=True,
        label="softmax",
        help="Naive computes exp(-α d) literally. Far from all centers every term underflows to 0, the weights become "
        "0/0, and the run ends. Stable subtracts the smallest α d of each point first: mathematically the same, and "
        "never 0/0.",
    )
    watch: WatchParams = watch_group()


def run(x: Float[Tensor, "n f"], k: int, hp: SoftKMeansParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    prepared, hp = yield from prepare(x, k, hp, rng)
    x, u = prepared.x, torch.nn.Parameter(prepared.u)
    steps = optimizer(hp.cluster, [u])
    means, all_rows = Means(), torch.arange(len(x), device=x.device)

    for epoch in count():
        require_finite("cluster", epoch, centers=u)
        d = squared_distances(x, u.detach())
        w = soft_weights(d, prepared.alpha(hp), hp.softmax, epoch, all_rows)
        measures = center_measures(w, u) | predicted(d, w, prepared.alpha(hp))
        parts = frozen(standard=prepared.standard, centers=u, alpha=prepared.alpha(hp), naive=hp.softmax == NAIVE)
        hp = (yield Snapshot(**prepared.shown(w, u), losses=means.take(), measures=measures, model=parts)) or hp
        if epoch >= hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        alpha = prepared.alpha(hp)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            d = squared_distances(x[rows], u)
            w = soft_weights(d, alpha, hp.softmax, epoch + 1, rows)
            L = distance(d, w)  # the loss of Task 0
            F = free_energy(d, alpha)
            descend(steps, {THROUGH: L, STOPPED: distance(d, w.detach()), FREE: F}[hp.gradient])
            means.add(len(rows), expected_distance=L, free_energy=F)
            yield Progress(done, len(order))


def soft_weights(
    d: Float[Tensor, "b k"], alpha: float, softmax: str, epoch: int, rows: Int[Tensor, " b"]
) -> Float[Tensor, "b k"]:
    """W of these rows of the data. Raises EpochscopeError where the naive softmax is NaN."""
    if softmax == STABLE:
        return weights(d, alpha)
    w = naive_weights(d, alpha)
    if bool(w.isnan().any()):
        lost = w.isnan().any(dim=1).nonzero().flatten()
        least = alpha * float(d[lost[0]].detach().min())
        others = f", like that of {len(lost) - 1} more" if len(lost) > 1 else ""
        raise EpochscopeError(
            f"NaN in W at epoch {epoch}: the normalizer of row {int(rows[lost[0]])} underflows (0/0){others}, because "
            f"exp(-{least:.4g}), its largest term, is 0 in {str(d.dtype).removeprefix('torch.')}; lower alpha, or "
            "choose the stable softmax."
        )
    return w


def predicted(d: Float[Tensor, "n k"], w: Float[Tensor, "n k"], alpha: float) -> dict[str, float]:
    """Effects of alpha at these distances, whichever softmax and gradient are chosen."""
    return {
        "alpha": alpha,
        "rows that would underflow": float(underflows(d, alpha).sum()),
        "share of W that repels": float((w * repelled(d, w, alpha)).sum(dim=1).mean()),
    }


def assign(x: Float[Tensor, "n f"], parts: Weights) -> Assigned:
    """New points: their W with the `alpha` of the epoch."""
    z, alpha = standardized(x, parts), float(parts["alpha"])
    d = squared_distances(z, parts["centers"])
    return Assigned(z, naive_weights(d, alpha) if parts["naive"] else weights(d, alpha))


METHOD = Method(
    key="soft_kmeans",
    title="Soft k-means",
    cite="Z. Chen. CIS 5525 Project 1, Task 0. Course report, 2020",
    about="Each point belongs to all clusters at once, the more to a cluster the nearer its center; α sets the "
    "sharpness. The centers follow the gradient of the weighted mean squared distance.",
    params=SoftKMeansParams,
    provides=frozenset({"z", "q", "labels", "centers", "decoded_centers"}),
    plan=watched_plan(lambda hp: {"start": 0, "cluster": hp.cluster.epochs}),
    run=watched(run),
    overlay="paths",
    space="data x",
    presets=(
        Preset(
            "quick demo",
            {"alpha": 3.0, "standardize": ALIKE, "restarts": 5, "cluster.lr": 0.5},
            "Chosen here: α in units of the median gap, in the middle of the range that works on the digits (1 is too "
            "soft, from 10 on it is k-means); with η = 0.5 a center moves 1 / k of the way to the mean of its points "
            "per step.",
            chosen_on=DIGITS,
        ),
        recommended_without_network(
            {"alpha": 3.0, "standardize": ALIKE},
            "α = 3 as in the quick demo, chosen on the digits, in units of the median gap, which other data have, too.",
            steps=True,
            watch=True,
            chosen_on=DIGITS,
        ),
        Preset(
            "as in the paper",
            {
                "alpha": 10.0,
                "alpha_per": SQUARE,
                "standardize": EACH,
                "start": POINTS,
                "gradient": THROUGH,
                "softmax": STABLE,
                "cluster.optimizer": "sgd",
                "cluster.lr": 0.5,
                "cluster.momentum": 0.0,
                "cluster.batch": 256,
                "cluster.epochs": 100,
            },
            "α = 10 (also 1), each feature with mean 0 and standard deviation 1, SGD: Task 0 of the course report (Z. "
            "Chen 2020), which has "
            "k = 3; Task 1 takes α = 10 for 10,000 MNIST digits. Start, learning rate, batch and epochs are unknown "
            "and chosen here. The NaN that the report describes comes with the naive softmax.",
            k=3,
        ),
    ),
    assign=assign,
)
