"""k-means as several methods use it: the best of several restarts, and Lloyd's iterations one by one."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.hard_assignment import nearest_centers, sums_of_clusters
from epochscope.nets.device import one_openmp_thread
from epochscope.nets.training import array
from epochscope.params import param
from epochscope.types import EpochscopeError, Progress

T = TypeVar("T")

MOST_ITERATIONS = 300
"""Limit on the iterations of k-means, as in scikit-learn."""


def restarts_param() -> Any:
    """The parameter `restarts` of k-means, the same in every method."""
    return param(
        20,
        1,
        100,
        label="k-means restarts",
        help=("Number of k-means starts; the result with the lowest inertia is used."),
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

    Raises EpochscopeError if the points have fewer than k distinct values, or if their squares overflow.
    """
    from sklearn.cluster import KMeans, kmeans_plusplus

    require_room_for_squares(z)
    points = array(z)
    best: Restart | None = None
    for i in range(restarts):
        seed = int(torch.randint(2**31 - 1, (), generator=rng, device=rng.device))
        with one_openmp_thread():  # the order of a sum over threads is not reproducible
            start, _ = kmeans_plusplus(points, k, random_state=seed)
            require_distinct(len(np.unique(start, axis=0)), len(points), k)
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


def lloyd(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], most: int = MOST_ITERATIONS) -> Iterator[LloydState]:
    """Iterations of k-means from given centers, at most `most`; the first state is the start itself.

    labels_i = argmin_j |z_i - mu_j|^2,   mu_j = mean of the points labeled j,   inertia = sum_i min_j |z_i - mu_j|^2

    It ends when no label changes. Raises EpochscopeError if the points have fewer than k distinct values: some cluster
    is empty then, and labels would change forever.
    """
    before = None
    for done in range(most + 1):
        nearest = nearest_centers(z, mu)
        labels, inertia = nearest.labels, float(nearest.d.sum())
        yield LloydState(labels, mu, inertia)
        if before is not None and torch.equal(labels, before):
            return
        if (inertia == 0 or done == most) and len(labels.unique()) < len(mu):
            require_distinct(len(torch.unique(z, dim=0)), len(z), len(mu))
        before = labels
        sizes, sums = sums_of_clusters(z, labels, len(mu))
        mu = sums / sizes.clamp(min=1)[:, None]
        empty = (sizes == 0).nonzero().flatten()  # an empty cluster moves to the farthest point, as in scikit-learn
        mu[empty] = z[nearest.d.topk(len(empty)).indices]


def to_the_end(states: Iterable[T], most: int, doing: str) -> Generator[Progress, None, T]:
    """The last of an algorithm's states, with a Progress after each iteration, so that a run can be stopped there."""
    last = None
    for done, state in enumerate(states):
        last = state
        yield Progress(max(done, 1), max(most, 1), doing)
    assert last is not None  # the start is the first state
    return last


def require_distinct(distinct: int, n: int, k: int) -> None:
    """Raises EpochscopeError if fewer than k of the n points to cluster are distinct."""
    if distinct < k:
        raise EpochscopeError(
            f"Only {distinct} of the {n} points to cluster are distinct, fewer than k = {k}: "
            "choose fewer clusters, or see whether the codes have collapsed."
        )


def require_distinct_points(x: Float[Tensor, "n f"], k: int) -> None:
    """Raises EpochscopeError if fewer than k of the points differ: for methods that begin without k-means."""
    seen: set[bytes] = set()
    for row in array(x):
        seen.add(row.tobytes())
        if len(seen) >= k:
            return
    require_distinct(len(seen), len(x), k)


def require_room_for_squares(z: Float[Tensor, "n d"]) -> None:
    """Raises EpochscopeError where a sum of squared distances between the points could overflow."""
    largest, limit = float(z.abs().max()), (torch.finfo(z.dtype).max / (4 * z.numel())) ** 0.5
    if largest > limit:
        raise EpochscopeError(
            f"The points to cluster reach {largest:.3g}, and the sum of their squares is beyond the numbers of "
            f"{str(z.dtype).removeprefix('torch.')} from {limit:.3g} on: divide the data by a large number."
        )
