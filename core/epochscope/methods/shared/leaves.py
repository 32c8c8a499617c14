"""What several methods share: presets of pretraining, k-means with restarts, its iterations one by one, measures."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.nets.pretrain import COSINE, LAYERWISE, TENFOLD
from epochscope.nets.training import StepParams, array
from epochscope.params import param
from epochscope.types import EpochscopeError, Tick

QUICK_PRETRAINING = {"net.widths": "256-256", "pretrain.batch": 64, "pretrain.epochs": 20}
"""Values of the presets for a quick demo: a small network, and many steps per epoch even on few points."""

MINUTES_PRETRAINING = {
    "net.d": 6,
    "pretrain.noise": 0.7,
    "pretrain.decay": COSINE,
    "pretrain.batch": 128,
    "pretrain.epochs": 60,
}
"""Values of the presets that take minutes on two cores. On 10,000 MNIST digits a code smaller than the papers' 10 helps
most: it leaves the slant and the width of a stroke less room beside the kind of digit. Then noise, and small steps at
the end."""

MINUTES_SOURCE = (
    "Chosen here by the ACC on 10,000 MNIST digits: the papers' network with a smaller code, some minutes on two cores."
)

STACKED_PRETRAINING = {
    "net.widths": "500-500-2000",
    "net.d": 10,
    "net.center": False,
    "pretrain.schedule": LAYERWISE,
    "pretrain.optimizer": "sgd",
    "pretrain.lr": 0.1,
    "pretrain.momentum": 0.9,
    "pretrain.batch": 256,
    "pretrain.noise": 0.2,
    "pretrain.decay": TENFOLD,
    "pretrain.layer_epochs": 180,
    "pretrain.epochs": 360,
}
"""The stacked denoising autoencoder of Xie et al. 2016: 50,000 steps a layer, then 100,000 (on MNIST)."""

STACKED_SOURCE = (
    "Pretraining: Xie et al. 2016, with its 50,000 steps a layer and 100,000 together as epochs of the 70,000 "
    "digits; the paper sums the loss over features where ours is a mean (DEC-keras makes up for that with lr 1, "
    "pt-dec stays at 0.1). "
)


def restarts_param() -> Any:
    """The parameter that k-means has in every method."""
    return param(
        20, 1, 100, label="k-means restarts", help="k-means is run from so many starts; the tightest result is kept."
    )


class Restart(NamedTuple):
    """The best of several runs of k-means: where it started and where it ended."""

    start: Float[Tensor, "k d"]
    centers: Float[Tensor, "k d"]
    inertia: float


def best_of_restarts(
    z: Float[Tensor, "n d"], k: int, restarts: int, rng: torch.Generator
) -> Generator[Tick, None, Restart]:
    """k-means++ starts, each followed by k-means to its end (scikit-learn); a Tick after each."""
    from sklearn.cluster import KMeans, kmeans_plusplus
    from threadpoolctl import threadpool_limits

    points = array(z)
    best: Restart | None = None
    for i in range(restarts):
        seed = int(torch.randint(2**31 - 1, (), generator=rng, device=rng.device))
        with threadpool_limits(1, user_api="openmp"):  # the order of a sum over threads is not reproducible
            start, _ = kmeans_plusplus(points, k, random_state=seed)
            if (distinct := len(np.unique(start, axis=0))) < k:
                raise EpochscopeError(
                    f"Only {distinct} of the {len(points)} points to cluster are distinct, fewer than k = {k}: "
                    "choose fewer clusters, or see whether the codes have collapsed."
                )
            fit = KMeans(k, init=start, n_init=1).fit(points)
        if best is None or fit.inertia_ < best.inertia:
            start, centers = (torch.tensor(a, dtype=z.dtype, device=z.device) for a in (start, fit.cluster_centers_))
            best = Restart(start, centers, float(fit.inertia_))
        yield Tick(i + 1, restarts, "k-means restarts")
    assert best is not None  # restarts is at least 1
    return best


class LloydState(NamedTuple):
    labels: Int[Tensor, " n"]
    mu: Float[Tensor, "k d"]
    inertia: float


def lloyd(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"]) -> Iterator[LloydState]:
    """k-means iteration by iteration, from given centers until no label changes; the start itself comes first.

    labels_i = argmin_j |z_i - mu_j|^2,   mu_j = mean of the points labelled j,   inertia = sum_i min_j |z_i - mu_j|^2
    """
    before = None
    while True:
        nearest = squared_distances(z, mu).min(dim=1)
        labels = nearest.indices
        yield LloydState(labels, mu, float(nearest.values.sum()))
        if before is not None and torch.equal(labels, before):
            return
        before = labels
        member = torch.nn.functional.one_hot(labels, len(mu)).to(z.dtype)
        sizes = member.sum(dim=0)
        mu = member.T @ z / sizes.clamp(min=1)[:, None]
        empty = (sizes == 0).nonzero().flatten()  # an empty cluster moves to the point worst served, as in scikit-learn
        mu[empty] = z[nearest.values.topk(len(empty)).indices]


def measured(z: Float[Tensor, "n d"], q: Float[Tensor, "n k"]) -> dict[str, float]:
    """How sure the assignments are, how many clusters have points, and whether the codes shrink."""
    sure = q.max(dim=1)
    return {
        "mean of the largest q": float(sure.values.mean()),
        "clusters in use": float(len(sure.indices.unique())),
        "mean norm of the codes": float(z.norm(dim=1).mean()),
    }


@dataclass(frozen=True)
class DecayingParams(StepParams):
    """The clustering phase of VaDE and of its descendants: the learning rate falls by steps."""

    decay: float = param(
        0.9,
        0.1,
        1.0,
        step=0.05,
        label="decay of the learning rate",
        help="Factor on every learning rate of this phase after so many epochs as below.",
    )
    decay_every: int = param(
        10, 1, 500, label="epochs between decays", help="10 in the papers' codes, with exceptions."
    )

    def share(self, epoch: int) -> float:
        """What is left of the learning rate after so many epochs."""
        return self.decay ** (epoch // self.decay_every)
