"""The Siamese network of DGG: codes in which points near in the data lie together and all others apart.

Yang, Cheung, Li, Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with Graph Embedding. ICCV 2019.
Departs from the paper: the network starts from random weights (three of the authors' scripts start from those of a
pretrained VaDE), and a random point that is a positive neighbor is left out of the negatives.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.graph import contrastive, margins_contrastive, published_contrastive
from epochscope.nets.autoencoder import mlp
from epochscope.nets.neighbors import COSINE, EUCLIDEAN, search
from epochscope.nets.pretrain import Phase, train
from epochscope.nets.training import StepParams, apply_in_batches
from epochscope.params import MOST_EPOCHS, param
from epochscope.types import EpochscopeError, Progress, Snapshot

OF_PAPER, OF_CODE = "d or max(c - sqrt d, 0)^2", "max(c + d, 0) or max(c - d, 0)"
OF_MARGINS = "max(sqrt d - 0.05, 0)^2 or max(c - sqrt d, 0)^2"
_PAIR_LOSSES = {OF_PAPER: contrastive, OF_CODE: published_contrastive, OF_MARGINS: margins_contrastive}
PHASE = "siamese"
_TENFOLD_EVERY = 70  # epochs


@dataclass(frozen=True)
class SiameseParams(StepParams):
    """Training of the Siamese network; used only if it defines the distance of the graph."""

    epochs: int = param(
        20,
        1,
        MOST_EPOCHS,
        label="epochs",
        help="Passes over the data; the learning rate is divided by 10 every 70 epochs.",
    )
    positives: int = param(
        2,
        1,
        20,
        symbol="N_t",
        label="positive neighbors",
        help="Number of nearest neighbors whose codes are pulled to a point's own; as many random points are pushed "
        "away. The paper takes 2 on MNIST, 5 on STL-10, 3 on Reuters and HHAR.",
    )
    metric: str = param(
        EUCLIDEAN,
        options=(EUCLIDEAN, COSINE),
        label="distance of the positives",
        help="Distance by which the nearest neighbors are found. Two of the authors' four scripts take the cosine.",
    )
    margin: float = param(
        3.0,
        0.1,
        30.0,
        log=True,
        symbol="c",
        label="margin",
        help="Random pairs farther apart than this have no loss.",
    )
    loss: str = param(
        OF_PAPER,
        options=(OF_PAPER, OF_CODE),
        label="loss of a pair",
        help="At squared distance d: loss of a positive pair, or of a random one. Three of the authors' four scripts "
        "compute the second form.",
    )
    weight_decay: float = param(
        1e-4, 0.0, 0.01, step=1e-5, label="weight decay", help="Pulls all weights toward 0: keeps the network smooth."
    )

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        if self.positives > n - 1:
            raise EpochscopeError(
                f"{self.positives} positive neighbors need at least {self.positives + 1} points, but there are {n}: "
                "lower the positive neighbors of the Siamese network."
            )


def siamese(
    x: Float[Tensor, "n f"], hp: Any, rng: torch.Generator, layers: list[int] | None = None
) -> Generator[Snapshot | Progress, Any, tuple[Any, Float[Tensor, "n d"]]]:
    """Trains an encoder with these layers on pairs of points (by default, the layers of `hp.net`).

    Returns hp with its live changes, and codes.
    """
    own = hp.siamese
    net = mlp([x.shape[1], *(layers or [*hp.net.hidden, hp.net.d])], rng)
    pair_loss = _PAIR_LOSSES[own.loss]
    positive: Int[Tensor, "n t"]

    def prepare() -> Generator[Progress, None, None]:
        nonlocal positive
        positive = (yield from search(x, own.positives, own.metric)).j

    def loss(rows: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        near = positive[rows]
        far = others(rows, own.positives, len(x), rng)
        partners = torch.cat([near, far], dim=1)
        h = net(x[torch.cat([rows, partners.flatten()])])
        d = (h[: len(rows), None] - h[len(rows) :].reshape(*partners.shape, -1)).square().sum(dim=2)
        is_near = torch.zeros_like(partners, dtype=torch.bool)
        is_near[:, : own.positives] = True
        clash = ~is_near & (partners[:, :, None] == near[:, None, :]).any(dim=2)
        each = pair_loss(d.flatten(), is_near.flatten(), own.margin)
        return each[~clash.flatten()].mean()

    phase = Phase(
        PHASE,
        epochs=own.epochs,
        theta=list(net.parameters()),
        loss=loss,
        view=lambda: apply_in_batches(net, x),
        term="contrastive",
        pace=lambda hp: hp.siamese,
        lr=lambda own, step, steps: own.lr * 0.1 ** (step * own.epochs // steps // _TENFOLD_EVERY),
        weight_decay=own.weight_decay,
        prepare=prepare,
    )
    hp = yield from train(phase, len(x), hp, rng)
    return hp, apply_in_batches(net, x)


def others(rows: Int[Tensor, " b"], count: int, n: int, rng: torch.Generator) -> Int[Tensor, "b t"]:
    """For each row `count` points drawn uniformly from the n - 1 others."""
    drawn = torch.randint(n - 1, (len(rows), count), generator=rng, device=rng.device)
    return drawn + (drawn >= rows[:, None])
