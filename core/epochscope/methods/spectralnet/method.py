"""SpectralNet: a network learns the map of spectral clustering, so that new points have a place in it, too.

Shaham, Stanton, Li, Nadler, Basri, Kluger. SpectralNet: Spectral Clustering using Deep Neural Networks. ICLR 2018.
Departs from the paper: an autoencoder trained here gives the codes (the authors load one), Adam instead of RMSprop,
the loss of an epoch instead of that of held-out points decides when the learning rate falls, and the ridge of the
Cholesky factor is relative to the outputs. Neighbors do not count the point itself: the authors' "3 neighbors" are 2
here, and their scale, "the 2nd neighbor", is the 1st. The scale is the median over all points instead of one batch.
The Siamese network sees each point with its neighbors in each epoch instead of 600,000 pairs drawn once. Batches for
the Cholesky factor are separate from those of the loss, as in the authors' code; whether the gradient passes through
the factor, as there, or stops at it, as the alternation of the paper says, is a choice. The curve that compares with
the exact eigenvectors is not in the paper.
Not in the paper, and used by the recommended preset alone: watched clustering.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_matrix
from torch import Tensor, nn

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.spectral_map import (
    batch_affinity,
    laplacian,
    reached,
    smallest,
    sparse_affinity,
    spectral_loss,
    turn_of,
)
from epochscope.methods.base import DIGITS, Assigned, Method, Preset, Steps
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.methods.shared.new_points import nearest_center
from epochscope.methods.shared.presets import QUICK_PRETRAINING, STACKED_PRETRAINING, STACKED_SOURCE, recommended
from epochscope.methods.shared.watch import watched, watched_plan
from epochscope.methods.spectralnet.params import CODES, LEARNED, MapParams, SpectralNetParams
from epochscope.nets.autoencoder import Autoencoder, mlp, unit_of
from epochscope.nets.frozen import Weights, encoded, frozen, network
from epochscope.nets.neighbors import search
from epochscope.nets.pretrain import pretrain
from epochscope.nets.siamese import OF_MARGINS, siamese
from epochscope.nets.training import (
    Means,
    apply_in_batches,
    array,
    descend,
    optimizer,
    require_finite,
    set_lr,
)
from epochscope.types import Progress, Snapshot

OVER_ALL, EXACT = "loss over all points", "loss of the exact eigenvectors"
_MOST_EXACT = 20_000  # points up to which the exact eigenvalues are computed, for comparison


class Surroundings(NamedTuple):
    """Features in which neighbors are found, the width of their weights, and L = D - W over all points."""

    h: Float[Tensor, "n e"]
    scale: float
    L: csr_matrix
    least: dict[str, float]  # the sum of the k smallest eigenvalues of L, unless there are too many points


def surroundings(h: Float[Tensor, "n e"], k: int, hp: SpectralNetParams) -> Generator[Progress, None, Surroundings]:
    """Neighbors of all points, and the scale: the median distance to one of them."""
    found = yield from search(h, max(hp.neighbors, hp.scale_neighbor))
    scale = float(found.d[:, hp.scale_neighbor - 1].sqrt().median())
    scale = scale or float(found.d.mean().sqrt()) or 1.0  # most points have a copy
    L = laplacian(sparse_affinity(array(found.j[:, : hp.neighbors]), array(found.d[:, : hp.neighbors]), scale))
    yield Progress(1, 1, "eigenvalues of the graph")
    least = {EXACT: float(smallest(L, k).sum())} if len(h) <= _MOST_EXACT else {}
    return Surroundings(h, scale, L, least)


class Map(nn.Module):
    """F: codes -> k numbers between -1 and 1, before they are made orthonormal."""

    def __init__(self, d: int, k: int, hidden: list[int], rng: torch.Generator) -> None:
        super().__init__()
        self.layers = mlp([d, *hidden, k], rng)

    def forward(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        return self.layers(z).tanh()


class Pace:
    """The learning rate: it falls tenfold each time the loss has not fallen for a while."""

    def __init__(self) -> None:
        self.best, self.waited, self.drops = float("inf"), 0, 0

    def told(self, loss: float, patience: int) -> None:
        """Takes the loss of an epoch."""
        self.waited = 0 if loss <= self.best else self.waited + 1
        self.best = min(loss, self.best)
        if self.waited > patience:
            self.drops, self.waited = self.drops + 1, 0

    def lr(self, hp: MapParams) -> float:
        return hp.lr * 0.1**self.drops


def step_loss(
    F: Map, z: Float[Tensor, "n d"], near: Surroundings, hp: SpectralNetParams, rng: torch.Generator
) -> Float[Tensor, ""]:
    """The loss on a batch, with outputs made orthonormal on another one."""
    b = min(len(z), hp.cluster.batch)
    rows, others = (torch.randperm(len(z), generator=rng, device=rng.device)[:b] for _ in range(2))
    T = turn_of(F(z[others]))
    y = F(z[rows]) @ (T if hp.cluster.through else T.detach())
    return spectral_loss(batch_affinity(near.h[rows], hp.neighbors, near.scale), y)


def run(x: Float[Tensor, "n f"], k: int, hp: SpectralNetParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)
    z = h = net.encode(x)
    if hp.affinity == LEARNED:
        hp, h = yield from siamese(z, hp, rng, [*hp.cluster.hidden, hp.net.d])
    near = yield from surroundings(h, k, hp)
    F = Map(hp.net.d, k, hp.cluster.hidden, rng)
    steps, means, pace = optimizer(hp.cluster, F.parameters()), Means(), Pace()

    for epoch in range(hp.cluster.epochs + 1):
        raw = apply_in_batches(F, z)
        require_finite("cluster", epoch, outputs=raw)
        T = turn_of(raw)
        y = raw @ T
        best = yield from best_of_restarts(y, k, hp.restarts, rng)
        labels = squared_distances(y, best.centers).argmin(dim=1)
        eigenvalues, losses = reached(near.L, array(y)), means.take()
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(y),
                labels=array(labels),
                centers=array(best.centers),
                losses=losses,
                measures={OVER_ALL: float(eigenvalues.sum()), **near.least, "learning rate": pace.lr(hp.cluster)},
                extra={"spectrum": eigenvalues.astype(np.float32)},
                model=frozen(unit=unit, encoder=net.encoder, map=F.layers, turn=T, centers=best.centers),
            )
        ) or hp
        if losses:
            pace.told(losses["spectral loss"], hp.cluster.patience)
        if epoch == hp.cluster.epochs or pace.lr(hp.cluster) <= 1e-7:
            return
        set_lr(steps, pace.lr(hp.cluster))
        for done in range(1, hp.cluster.steps + 1):
            loss = step_loss(F, z, near, hp, rng)
            descend(steps, loss)
            means.add(min(len(z), hp.cluster.batch), spectral_loss=loss)
            yield Progress(done, hp.cluster.steps)


def assign(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """New points: code, map, the last orthonormal turn, and the nearest center."""
    F = network(weights, "map")
    y = apply_in_batches(lambda z: F(z).tanh(), encoded(x, weights)) @ weights["turn"]
    return nearest_center(y, weights)


_ANY = recommended(
    {"affinity": CODES, "neighbors": 5, "cluster.widths": "256-256", "cluster.epochs": 30, "cluster.steps": 40},
    "Batches of F have 1,024 points, or all, and five neighbors within a batch.",
)

METHOD = Method(
    key="spectralnet",
    title="SpectralNet",
    cite="U. Shaham, K. Stanton, H. Li, B. Nadler, R. Basri, Y. Kluger. SpectralNet: Spectral Clustering using Deep "
    "Neural Networks. ICLR, 2018",
    about="Learns to map the codes of an autoencoder so that neighbors lie close together while the outputs stay "
    "uncorrelated: the eigenvectors of a neighborhood graph, as a network. k-means on the outputs gives the clusters.",
    params=SpectralNetParams,
    provides=frozenset({"z", "labels", "centers", "spectrum"}),
    plan=watched_plan(SpectralNetParams.plan),
    run=watched(run),
    space="outputs y; codes before",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING
            | {
                "affinity": CODES,
                "neighbors": 5,
                "cluster.widths": "256-256",
                "cluster.batch": 512,
                "cluster.epochs": 15,
                "cluster.steps": 25,
            },
            "Chosen here: small networks, no Siamese network, five neighbors; seconds on the digits.",
            chosen_on=DIGITS,
        ),
        _ANY._replace(rule=lambda size: _ANY.at(size) | {"cluster.batch": 1024}),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING
            | {
                "affinity": LEARNED,
                "neighbors": 2,
                "scale_neighbor": 1,
                "restarts": 10,
                "cluster.lr": 1e-3,
                "cluster.batch": 1024,
                "cluster.epochs": 400,
                "cluster.steps": 100,
                "cluster.patience": 20,
                "cluster.widths": "1024-1024-512",
                "cluster.through": True,
                "siamese.lr": 1e-3,
                "siamese.batch": 128,
                "siamese.epochs": 100,
                "siamese.positives": 2,
                "siamese.margin": 1.0,
                "siamese.loss": OF_MARGINS,
                "siamese.weight_decay": 0.0,
            },
            STACKED_SOURCE + "Siamese network and F: the authors' code for the 70,000 digits, which trains on 600,000 "
            "pairs for at most 400 epochs with a patience of 10; the 100 epochs are chosen here.",
        ),
    ),
    assign=assign,
)
