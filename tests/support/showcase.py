"""A test method that provides everything a method may provide (OPTIONAL_ARRAYS), for data of any size, untrained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from epochscope import methods
from epochscope.methods.base import Method, MethodParams, Preset
from epochscope.params import param
from epochscope.types import OPTIONAL_ARRAYS, EpochscopeError, Progress, Snapshot

SAMPLES, EXAMPLES, GRID, BLOCKS = 5, 6, 24, 40


@dataclass(frozen=True)
class ShowcaseParams(MethodParams):
    """How long, what shape, how it ends."""

    epochs: int = param(8, 1, 1000, label="epochs")
    d: int = param(2, 2, 10, label="dimensions")
    neighbors: int = param(10, 1, 50, label="neighbors")
    fails_at: int = param(-1, -1, 1000, label="epoch at which it fails")
    collapses: bool = param(False, label="all points fall into one cluster")


def _nearest(z, j):
    squares = (z**2).sum(1)
    near = np.empty((len(z), j), int)
    for i in range(0, len(z), 500):
        distance = squares[i : i + 500, None] - 2 * z[i : i + 500] @ z.T + squares
        distance[np.arange(len(distance)), np.arange(i, i + len(distance))] = np.inf
        near[i : i + 500] = np.argpartition(distance, j, axis=1)[:, :j]
    return near


def _extras(epoch, x, z, q, *, centers, near, weights, rng):
    """Every name of OPTIONAL_ARRAYS, from what is at hand."""
    n, k = q.shape
    f, own = x.shape[1], q.argmax(1)
    pi = np.einsum("nj,njk->nk", weights, q[near])
    js = np.abs(q[:, None] - q[near]).sum(2) / 2 * np.log(2)
    decoded = np.stack([x[own == c].mean(0) if (own == c).any() else x.mean(0) for c in range(k)])
    side = np.linspace(0, 1, GRID)
    low, high = z[:, :2].min(0) - 1, z[:, :2].max(0) + 1
    field = 1 / (1 + np.exp(6 * (side[:, None] + 0.5 * side[None] - 0.4 - 0.05 * epoch)))
    order = np.argsort(own, kind="stable")[np.linspace(0, n - 1, BLOCKS).astype(int)]
    some = rng.permutation(n)[:EXAMPLES]
    return {
        "decoded_centers": decoded,
        "spread": np.stack([z[own == c].std(0) if (own == c).sum() > 1 else np.ones(z.shape[1]) for c in range(k)]),
        "mixing": np.bincount(own, minlength=k) / n,
        "pi": pi,
        "forces": (centers[own] - z) * 0.1 / (1 + epoch),
        "neighbors": near,
        "weights": weights,
        "neighbor_js": js,
        "samples": np.clip(decoded[:, None] + 0.1 * rng.normal(size=(k, SAMPLES, f)), 0, 1),
        "reconstructions": np.stack([x[some], 0.7 * x[some] + 0.3 * decoded[own[some]]]),
        "cross_reconstructions": np.stack([x[some], x[near[some, 0]], 0.5 * (x[some] + x[near[some, 0]])]),
        "perturbed": np.stack([x[some], 0.9 * x[some] + 0.1, 0.5 * np.ones((len(some), f))]),
        "spectrum": np.linspace(0, 1, k),
        "field": field,
        "field_box": np.array([low[0], high[0], low[1], high[1]]),
        "field_codes": z[:300, :2],
        "field_prior": centers[own[:300], :2] + 0.3 * rng.normal(size=(min(n, 300), 2)),
        "sample_numbers": q.max(axis=1, keepdims=True),
        "affinity": q[order] @ q[order].T,
    }


def _run(x, k, hp, generator):
    """k-means in a random plane, one soft step an epoch; the graph never changes."""
    x = x.cpu().numpy().astype(np.float64)
    rng = np.random.default_rng(generator.initial_seed())
    z = (x - x.mean(0)) @ np.linalg.svd(x - x.mean(0), full_matrices=False)[2][: hp.d].T
    yield Snapshot(phase="pretrain", z=z.astype(np.float32))
    yield Progress(1, 1)
    near, weights = _nearest(z, hp.neighbors), rng.dirichlet(np.ones(hp.neighbors), len(z))
    centers = z[:1].copy()
    while len(centers) < k:  # the point farthest from all so far
        centers = np.vstack([centers, z[((z[:, None] - centers[None]) ** 2).sum(2).min(1).argmax()]])
    for epoch in range(hp.epochs + 1):
        if epoch == hp.fails_at:
            raise EpochscopeError(f"NaN in W at epoch {epoch}: alpha is too large for these distances; lower alpha.")
        logits = -((z[:, None] - centers[None]) ** 2).sum(2) * (1 + 0.5 * epoch)
        q = np.exp(logits - logits.max(1, keepdims=True))
        if hp.collapses and epoch > 2:
            q[:, 0] += 1e3
        q /= q.sum(1, keepdims=True)
        p = q**2 / (q**2).sum(1, keepdims=True)
        extra = _extras(epoch, x, z, q, centers=centers, near=near, weights=weights, rng=rng)
        yield Snapshot(
            phase="cluster",
            z=z.astype(np.float32),
            q=q,
            p=p,
            centers=centers.copy(),
            losses={name: 1.0 / (epoch + i + 1) for i, name in enumerate(LOSSES)} if epoch else {},
            measures={"temperature": 1 / (1 + epoch), "entropy of q": float(-(q * np.log(q + 1e-12)).sum(1).mean())},
            extra=extra,
        )
        yield Progress(1, 1)
        z = z + extra["forces"]
        centers = centers + 0.5 * ((q.T @ z) / np.maximum(q.sum(0), 1e-9)[:, None] - centers)


LOSSES = ("reconstruction", "log prior of z", "log prior of c", "entropy of q(z)", "entropy of q(c)")

SHOWCASE = Method(
    key="showcase",
    title="Showcase",
    cite="none",
    about="For tests.",
    params=ShowcaseParams,
    provides=frozenset({"z", "q", "p", "labels", "centers", *OPTIONAL_ARRAYS}),
    plan=lambda hp: {"pretrain": 0, "cluster": hp.epochs},
    run=_run,
    presets=(Preset("quick demo", {}, "none"),),
)


def register() -> None:
    """Lists the method; where the list is to stay as it was, use monkeypatch instead."""
    methods.METHODS[SHOWCASE.key] = SHOWCASE
