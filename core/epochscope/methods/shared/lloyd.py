"""k-means as several methods use it: the best of several restarts, and Lloyd's iterations one by one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.nets.training import array
from epochscope.params import param
from epochscope.types import EpochscopeError, Progress


def restarts_param() -> Any:
    """The parameter `restarts` of k-means, the same in every method."""
    return param(
        20, 1, 100, label="k-means restarts", help="Number of starts of k-means; the result of least inertia is used."
    )


class Restart(NamedTuple):
    """Initial and final centers of the best of several runs of k-means, with its inertia."""

    start: Float[Tensor, "k d"]
    centers: Float[Tensor, "k d"]
    inertia: float


def best_of_restarts(
    z: Float[Tensor, "n d"], k: int, restarts: int, rng: torch.Generator
) -> Generator[Progress, None, Restart]:
    """Runs k-means (scikit-learn) from several k-means++ starts and returns the best; yields a Progress after each.

    Raises EpochscopeError if the points have fewer than k distinct values.
    """
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
        yield Progress(i + 1, restarts, "k-means restarts")
    assert best is not None  # restarts is at least 1
    return best


class LloydState(NamedTuple):
    labels: Int[Tensor, " n"]
    mu: Float[Tensor, "k d"]
    inertia: float


def lloyd(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"]) -> Iterator[LloydState]:
    """Iterations of k-means from given centers until no label changes; the first state is the start itself.

    labels_i = argmin_j |z_i - mu_j|^2,   mu_j = mean of the points labeled j,   inertia = sum_i min_j |z_i - mu_j|^2
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
        empty = (sizes == 0).nonzero().flatten()  # an empty cluster moves to the farthest point, as in scikit-learn
        mu[empty] = z[nearest.values.topk(len(empty)).indices]
