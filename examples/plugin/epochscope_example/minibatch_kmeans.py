"""Mini-batch k-means: centers that follow small random batches, each with a learning rate of its own.

D. Sculley. Web-scale k-means clustering. WWW 2010. Algorithm 1.
Departs from the paper: starts by k-means++, where the paper picks k points; an epoch is as many batches as cover the
data once; q is soft for the pictures alone: the softmax of -|x - c|^2 over the mean squared distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from epochscope.methods.base import Assigned, Method, MethodParams, Preset, Steps
from epochscope.nets.frozen import Weights, frozen
from epochscope.params import param
from epochscope.types import EpochscopeError, Progress, Snapshot
from jaxtyping import Float
from sklearn.cluster import kmeans_plusplus
from torch import Tensor


@dataclass(frozen=True)
class MiniBatchParams(MethodParams):
    """How long it runs, and how many points it looks at before each move."""

    epochs: int = param(20, 1, 500, label="epochs", help="An epoch takes as many batches as cover the data once.")
    batch: int = param(100, 1, 10_000, symbol="b", label="batch size", help="Points in each batch.")


def run(x: Float[Tensor, "n f"], k: int, hp: MiniBatchParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    yield Snapshot(phase="start", z=x.numpy(force=True))
    c = _start(x, k, rng)  # 1: initialize each c in C
    v = torch.zeros(k, device=x.device)  # 2: v <- 0, how many points each center has had
    yield _seen(x, c)
    batches = -(-len(x) // hp.batch)
    for _ in range(hp.epochs):  # 3: for i = 1 to t do
        for i in range(batches):
            rows = torch.randint(len(x), (hp.batch,), generator=rng, device=rng.device)  # 4: b examples at random
            m = x[rows.to(x.device)]
            d = torch.cdist(m, c).argmin(dim=1)  # 5-7: d[x] <- the center nearest to x
            for point, nearest in zip(m, d.tolist(), strict=True):  # 8: for x in M do
                v[nearest] += 1  # 10: v[c] <- v[c] + 1
                eta = 1 / v[nearest]  # 11: eta <- 1 / v[c]
                c[nearest] = (1 - eta) * c[nearest] + eta * point  # 12: c <- (1 - eta) c + eta x
            yield Progress(i + 1, batches)
        yield _seen(x, c)


def _start(x: Float[Tensor, "n f"], k: int, rng: torch.Generator) -> Float[Tensor, "k f"]:
    """Centers by k-means++, its seed drawn from `rng`: randomness has no other source."""
    seed = int(torch.randint(2**31 - 1, (), generator=rng, device=rng.device))
    c, _ = kmeans_plusplus(x.numpy(force=True), k, random_state=seed)
    if (distinct := len(np.unique(c, axis=0))) < k:
        raise EpochscopeError(f"Only {distinct} of the points are distinct, fewer than k = {k}: choose fewer clusters.")
    return torch.tensor(c, dtype=x.dtype, device=x.device)


def _seen(x: Float[Tensor, "n f"], c: Float[Tensor, "k f"]) -> Snapshot:
    """The state as pictures show it: nearest centers, and how sure that is; the target of DEC beside it."""
    squares = torch.cdist(x, c).square()
    unit = squares.min(dim=1).values.mean().clamp(min=1e-12)
    q = (-squares / unit).softmax(dim=1)
    p = q**2 / q.sum(dim=0).clamp(min=1e-12)
    p = p / p.sum(dim=1, keepdim=True)
    return Snapshot(
        phase="cluster",
        z=x.numpy(force=True),
        q=q.numpy(force=True),
        p=p.numpy(force=True),
        labels=squares.argmin(dim=1).numpy(force=True),
        centers=c.numpy(force=True).copy(),
        losses={"inertia": float(squares.min(dim=1).values.sum())},
        model=frozen(centers=c, unit=unit),
    )


def assign(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """Points it never saw, from Python: `run.predict(new_x)`. A method may leave this out."""
    squares = torch.cdist(x, weights["centers"]).square()
    return Assigned(x, (-squares / weights["unit"]).softmax(dim=1), squares.argmin(dim=1))


METHOD = Method(
    key="minibatch_kmeans",
    title="Mini-batch k-means",
    cite="D. Sculley. Web-scale k-means clustering. WWW, 2010",
    about="Looks at a small random batch at a time and moves each center a little toward its points in it. The more "
    "points a center has had, the smaller its steps.",
    params=MiniBatchParams,
    provides=frozenset({"z", "q", "p", "labels", "centers"}),
    plan=lambda hp: {"start": 0, "cluster": hp.epochs},
    run=run,
    space="data x",
    assign=assign,
    presets=(
        Preset("quick demo", {}, "Chosen here: seconds on the digits."),
        Preset("as in the paper", {"batch": 1000}, "Sculley 2010: b = 1000."),
    ),
)
