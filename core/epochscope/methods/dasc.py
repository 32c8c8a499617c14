"""Deep subspace clustering (DSC-Net) and its adversarial form (DASC): codes are reconstructed from each other.

Ji, Zhang, Li, Salzmann, Reid. Deep Subspace Clustering Networks. NIPS 2017.
Zhou, Hou, Feng. Deep Adversarial Subspace Clustering. CVPR 2018.
Departs from the paper: the adversarial part is a public approximation of DASC (hyqneuron/dsc_gan), not DASC: a critic
without sigmoid, its weights clipped, compares codes with random mixtures of codes of one cluster, with nonnegative
coefficients that sum to 1. As we remember DASC itself (not checked against a copy), it takes the codes nearest to each
subspace as real, random combinations of them as fake, and its critic is a basis U_k of each subspace with the energy
min_k ||z - U_k U_k^T z||^2, trained with a margin. The networks are fully connected, not convolutional. C starts at 0,
and labels come from spectral clustering of its largest entries alone; the authors' code first fits a low rank and takes
a power. Until C is learned, labels are those of k-means on the codes.

C has an entry for each pair of points, so at most 2,000 points are allowed, all of them in each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.subspaces import (
    affinity,
    block_means,
    expression_terms,
    random_mixtures,
    share_inside,
    strongest,
)
from epochscope.methods.base import Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import best_of_restarts, restarts_param
from epochscope.methods.shared.pictures import RESTORED
from epochscope.methods.shared.presets import QUICK_PRETRAINING
from epochscope.methods.shared.spectral import spectral_labels
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, Unit, unit_of
from epochscope.nets.critic import Critic, sizes, widths_param
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import Means, StepParams, array, descend, lr_param, optimizer, require_finite, set_lr
from epochscope.params import Params, group, param
from epochscope.types import EpochscopeError, Progress, Snapshot

MOST_POINTS = 2000
BLOCKS = 128
"""Rows and columns of the averaged |C| in a snapshot."""


LAMBDA_1 = 5.2e-5
"""The weight 1 of the authors' code over 19,396, the mean square of their file of faces: here that of the data is 1."""

QUICK_EXPRESSION = {
    "net.d": 30,
    "lambda_1": 200.0,
    "lambda_2": 10.0,
    "cluster.steps": 5,
    "cluster.epochs": 30,
    "critic.after": 10,
    "critic.lambda_3": 1000.0,
    "critic.lr": 1e-3,
    "critic.bound": 0.1,
}
"""With the weights of the paper's code, C reconstructs digits too easily, and the critic has no visible effect."""


@dataclass(frozen=True)
class ExpressionParams(Params):
    """The phase that learns C."""

    lr: float = lr_param(
        1e-3,
        "Size of a step of Adam, for the networks and for C.",
    )
    epochs: int = param(60, 1, 500, label="epochs", help="Each has the number of steps below.")
    steps: int = param(10, 1, 100, label="steps per epoch", help="Each takes all points together.")


@dataclass(frozen=True)
class DascCriticParams(Params):
    """The adversarial part."""

    on: bool = param(True, label="adversarial", help="With the critic it is DASC (approximated), without it DSC-Net.")
    after: int = param(
        20, 0, 500, label="epochs without critic", help="First C is learned alone, so that there are clusters to judge."
    )
    lambda_3: float = param(
        1.0,
        0.0,
        1000.0,
        step=0.5,
        live=True,
        symbol="λ₃",
        label="weight of the critic",
        help="Weight of the critic's score, a mean, relative to the other terms, which are sums over all points.",
    )
    widths: str = widths_param()
    lr: float = lr_param(
        2e-4,
        "Size of a step of Adam for the critic.",
    )
    bound: float = param(
        0.02,
        0.001,
        1.0,
        log=True,
        symbol="c",
        label="largest weight",
        help="After each step the critic's weights are clipped to ± this value, so that its score stays bounded.",
    )
    ahead: int = param(100, 0, 2000, label="steps ahead", help="Steps of the critic before it affects the encoder.")
    every: int = param(
        0,
        0,
        100,
        label="epochs between labels with the critic",
        help="Epochs between two spectral clusterings once the critic takes part; 0: as without it.",
    )
    mixed: int = param(
        50, 1, 1000, symbol="m", label="mixtures per cluster", help="Fake codes made from each cluster at each step."
    )


@dataclass(frozen=True)
class DascParams(MethodParams):
    lambda_1: float = param(
        1.0,
        1e-6,
        1000.0,
        log=True,
        live=True,
        symbol="λ₁",
        label="weight of small C",
        help="Keeps the entries of C small, so that each code is reconstructed from many others, not from itself. The "
        "other terms grow with the square of the data and this one does not: a weight for pixels up to 255 is to be "
        "divided by their mean square, since here that is 1.",
    )
    lambda_2: float = param(
        0.2,
        0.001,
        1000.0,
        log=True,
        live=True,
        symbol="λ₂",
        label="weight of self-expression",
        help="How closely each code must be reconstructed from the others.",
    )
    diagonal: bool = param(
        True, label="allow a diagonal", help="A code may take part in its own reconstruction, as in the authors' code."
    )
    rho: float = param(
        0.2,
        0.01,
        1.0,
        step=0.01,
        live=True,
        symbol="ρ",
        label="share of C kept",
        help="The affinity is made of the largest entries of each column, up to this share of their sum.",
    )
    every: int = param(
        5,
        1,
        100,
        symbol="T",
        label="epochs between labels",
        help="Epochs between two spectral clusterings, which are slow.",
    )
    restarts: int = restarts_param()
    cluster: ExpressionParams = group(ExpressionParams, "Self-expression")
    critic: DascCriticParams = group(DascCriticParams, "Critic")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")

    def labels_every(self, epoch: int) -> int:
        """Epochs between two spectral clusterings, at this epoch."""
        return self.critic.every if self.critic.every and self.critic.on and epoch > self.critic.after else self.every

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        if n > MOST_POINTS:
            raise EpochscopeError(
                f"DASC stores a number for each pair of points and takes at most {MOST_POINTS:,} points, but this data "
                f"set has {n:,}: choose fewer points."
            )


class Expressed(NamedTuple):
    """The state of self-expression: codes, coefficients C and current labels."""

    z: Float[Tensor, "n d"]
    c: Float[Tensor, "n n"]
    labels: Int[Tensor, " n"]
    k: int

    @property
    def centers(self) -> Float[Tensor, "k d"]:
        """Mean code of each cluster."""
        member = one_hot(self.labels, self.k).to(self.z.dtype)
        return member.T @ self.z / member.sum(dim=0).clamp(min=1)[:, None]

    @property
    def picture(self) -> Float[Tensor, "b b"]:
        """|C| made symmetric, points ordered by cluster, averaged over blocks."""
        order = self.labels.argsort(stable=True)
        return block_means(affinity(self.c.abs()), order, min(BLOCKS, len(order)))


class Adversary:
    """The critic: it maximizes S = mean D(codes) - mean D(mixtures), the networks minimize it."""

    def __init__(self, hp: DascParams, rng: torch.Generator) -> None:
        self.D = Critic(hp.net.d, sizes(hp.critic.widths), rng)
        self.steps = optimizer(StepParams(), self.D.parameters())
        self.rng = rng

    def score(self, now: Expressed, hp: DascParams) -> Float[Tensor, ""]:
        """S for these codes and clusters."""
        mixed = random_mixtures(now.z, now.labels, now.k, hp.critic.mixed, self.rng)
        return self.D(now.z).mean() - self.D(mixed).mean()

    def learn(self, now: Expressed, hp: DascParams) -> None:
        """One gradient step on S; then the weights are clipped."""
        set_lr(self.steps, hp.critic.lr)
        descend(self.steps, -self.score(now._replace(z=now.z.detach()), hp))
        with torch.no_grad():
            for weight in self.D.parameters():
                weight.clamp_(-hp.critic.bound, hp.critic.bound)

    def learn_ahead(self, now: Expressed, hp: DascParams) -> Iterator[Progress]:
        """Trains the critic alone, on fixed codes."""
        for done in range(1, hp.critic.ahead + 1):
            self.learn(now, hp)
            yield Progress(done, hp.critic.ahead, "critic")


def snapshot_extra(net: Autoencoder, x: Float[Tensor, "n f"], unit: Unit, now: Expressed) -> dict[str, np.ndarray]:
    """The optional arrays of a snapshot."""
    with torch.no_grad():
        restored = torch.stack([x[:RESTORED], net.decode(now.c[:RESTORED] @ now.z)])
    return {
        "affinity": array(now.picture),
        "decoded_centers": array(unit.back(net.decode(now.centers))),
        "reconstructions": array(unit.back(restored)),
    }


def run(x: Float[Tensor, "n f"], k: int, hp: DascParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)
    z, allowed = net.encode(x), torch.ones(len(x), len(x), device=x.device)
    if not hp.diagonal:
        allowed.fill_diagonal_(0)
    best = yield from best_of_restarts(z, k, hp.restarts, rng)
    labels = squared_distances(z, best.centers).argmin(dim=1)
    C, adversary, means = torch.nn.Parameter(torch.zeros_like(allowed)), Adversary(hp, rng), Means()
    steps = optimizer(StepParams(), [*net.parameters(), C])

    for epoch in range(hp.cluster.epochs + 1):
        z, c = net.encode(x), C.detach() * allowed
        require_finite("cluster", epoch, codes=z, C=c, critic=adversary.D.weights)
        if epoch and (epoch % hp.labels_every(epoch) == 0 or epoch == hp.cluster.epochs):
            labels = yield from spectral_labels(affinity(strongest(c, hp.rho)), labels, k, hp.restarts, rng)
        now, adversarial = Expressed(z, c, labels, k), hp.critic.on and epoch >= hp.critic.after
        if adversarial and epoch == hp.critic.after:
            yield from adversary.learn_ahead(now, hp)
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(z),
                labels=array(labels),
                centers=array(now.centers),
                losses=means.take(),
                measures={"share of |C| inside clusters": share_inside(c, labels)}
                | ({"critic score": float(adversary.score(now, hp).detach())} if adversarial else {}),
                extra=snapshot_extra(net, x, unit, now),
            )
        ) or hp
        if epoch == hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        for done in range(1, hp.cluster.steps + 1):
            now = Expressed(net.encoder(x), C * allowed, labels, k)
            L_r = 0.5 * (net.decoder(now.c @ now.z) - x).square().sum()
            size, expression = expression_terms(now.c, now.z)
            L = L_r + hp.lambda_1 * size + hp.lambda_2 * expression
            if adversarial:
                adversary.learn(now, hp)
                L = L + hp.critic.lambda_3 * adversary.score(now, hp)
            descend(steps, L)
            means.add(1, reconstruction=L_r, size_of_C=size, self_expression=expression)
            yield Progress(done, hp.cluster.steps)


METHOD = Method(
    key="dasc",
    title="DASC / DSC-Net",
    cite="P. Zhou, Y. Hou, J. Feng. Deep Adversarial Subspace Clustering. CVPR, 2018",
    about="Each code is reconstructed from a combination of other codes; points that use each other belong together. "
    "A critic tells the codes of a cluster from mixtures of them, and the network learns codes for which it cannot.",
    params=DascParams,
    provides=frozenset({"z", "labels", "centers", "affinity", "decoded_centers", "reconstructions"}),
    plan=lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs},
    run=run,
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | QUICK_EXPRESSION,
            "Chosen here: a small network, about a minute on the digits.",
        ),
        Preset(
            "as in the paper",
            {
                "net.widths": "500-500",
                "net.d": 100,
                "net.center": False,
                "lambda_1": LAMBDA_1,
                "lambda_2": 0.2,
                "every": 5,
                "cluster.lr": 2e-4,
                "cluster.epochs": 200,
                "critic.after": 100,
                "critic.every": 1,
            },
            "Weights and share kept: the DSC-Net code for ORL, λ₁ = 1 divided by 19,396, the mean square of its pixels "
            "(here that of the data is 1). Critic, rates, and labels every 50 steps before the critic: "
            "hyqneuron/dsc_gan, after 1,000 steps, 100 ahead; with the critic it finds labels after every step, here "
            "after every ten. Its decay of the weights and its convolutions are left out. Network, pretraining and "
            "number of steps are chosen here.",
        ),
    ),
)
