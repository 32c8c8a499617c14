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
from itertools import count
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
    members,
    random_mixtures,
    share_inside,
    strongest,
)
from epochscope.methods.base import DIGITS, Method, Preset, Steps
from epochscope.methods.dasc.params import (
    BLOCKS,
    LAMBDA_1,
    QUICK_EXPRESSION,
    DascParams,
)
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.methods.shared.new_points import code_alone
from epochscope.methods.shared.pictures import RESTORED
from epochscope.methods.shared.presets import QUICK_PRETRAINING, recommended, restarts_of
from epochscope.methods.shared.spectral import spectral_labels
from epochscope.nets.autoencoder import Autoencoder, Unit, unit_of
from epochscope.nets.critic import Critic, sizes
from epochscope.nets.frozen import frozen
from epochscope.nets.pretrain import pretrain
from epochscope.nets.training import Means, StepParams, array, descend, optimizer, require_finite, set_lr
from epochscope.types import Progress, Snapshot


class Expressed(NamedTuple):
    """The state of self-expression: codes, coefficients C and current labels."""

    z: Float[Tensor, "n d"]
    c: Float[Tensor, "n n"]
    labels: Int[Tensor, " n"]
    k: int
    member: Float[Tensor, "g n"]  # of the labels, found once an epoch: no step waits for how many clusters have points

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
        mixed = random_mixtures(now.z, now.member, hp.critic.mixed, self.rng)
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

    for epoch in count():
        z, c = net.encode(x), C.detach() * allowed
        require_finite("cluster", epoch, codes=z, C=c, critic=adversary.D.weights)
        if epoch and (epoch % hp.labels_every(epoch) == 0 or epoch == hp.cluster.epochs):
            labels = yield from spectral_labels(affinity(strongest(c, hp.rho)), labels, k, hp.restarts, rng)
        now = Expressed(z, c, labels, k, members(labels, k, z))
        adversarial = hp.critic.on and epoch >= hp.critic.after
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
                model=frozen(unit=unit, encoder=net.encoder),
            )
        ) or hp
        if epoch >= hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        for done in range(1, hp.cluster.steps + 1):
            now = now._replace(z=net.encoder(x), c=C * allowed)
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
            chosen_on=DIGITS,
        ),
        recommended(
            QUICK_EXPRESSION,
            "Codes of 3 k dimensions, at most 60: each cluster is a subspace. Weights as in the quick demo.",
            watch=False,
            also=lambda size: {"net.d": max(2, min(size.f, 3 * size.k, 60)), "restarts": restarts_of(size)},
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
    assign=code_alone,
    no_clusters="its labels come from a number for each pair of points of the training",
)
