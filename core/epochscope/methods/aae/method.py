"""Adversarial autoencoder (AAE) used for clustering: codes are trained to be indistinguishable from draws of a prior.

Makhzani, Shlens, Jaitly, Goodfellow, Frey. Adversarial Autoencoders. arXiv 1511.05644, 2015.
"cluster z afterwards", the baseline of VaDE and DCAN: codes z are matched to N(0, I); k-means or a Gaussian mixture
groups them after each epoch, starting from the clusters before. The clusters blur during training: nothing in N(0, I)
keeps them apart. "categorical head", the paper's own (sec. 6): the code is [y, z] with y a softmax over the clusters
and z a style; D_y compares y with one-hot draws of Cat(1/k), D_z z with N(0, I), and labels are argmax y.
Departs from the paper: by default Adam, a short pretraining as for DEC, the encoder loss -ln D, noise that fades on
the discriminators' input (a y that is not yet one-hot is detected too easily), small initial weights of the y head. The
paper forms 16 or 30 clusters and names each after its majority; here the map is one to one. The field shows D_z.
Not confirmed, since no copy of the appendix was at hand: two layers of 1,000 ReLU, weights from N(0, 0.01^2), SGD with
momentum 0.9 for reconstruction and 0.1 in the game, rates 0.01 and 0.1 that fall tenfold after 50 epochs. We remember
for clustering two layers of 3,000, BatchNorm in the encoder, a style of 5; BatchNorm and the wider layers are left out.
Not in the paper, and used by the recommended preset alone: watched clustering.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import replace
from itertools import count
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import mse_loss, one_hot

from epochscope.formulas.adversarial import discriminator_loss, encoder_loss
from epochscope.formulas.plane import plane_of
from epochscope.methods.aae.params import (
    AFTERWARDS,
    FAN_IN,
    FLOOR,
    HEAD,
    KMEANS,
    NARROW,
    NARROW_SD,
    PAPER,
    QUICK,
    QUICK_SOURCE,
    SMALL,
    WITH_HEAD,
    AaeParams,
    AaeStepParams,
)
from epochscope.methods.base import DIGITS, MNIST, Method, Preset, Steps
from epochscope.methods.shared import adversarial, new_points
from epochscope.methods.shared.lloyd import MOST_ITERATIONS, lloyd, to_the_end
from epochscope.methods.shared.measures import assignment_measures
from epochscope.methods.shared.mixtures import FROM_KMEANS, Mixture, em, mixture_of_clusters, mixture_start
from epochscope.methods.shared.pictures import Pictures
from epochscope.methods.shared.presets import MINUTES_PRETRAINING, MINUTES_SOURCE, recommended
from epochscope.methods.shared.watch import watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, Linear, unit_of
from epochscope.nets.critic import BETAS, Critic
from epochscope.nets.frozen import frozen
from epochscope.nets.likelihood import Gaussian
from epochscope.nets.pretrain import pretrain
from epochscope.nets.training import (
    Means,
    PhaseSteps,
    array,
    batches,
    descend,
    optimizer,
    require_finite,
    set_lr,
)
from epochscope.types import Progress, Snapshot


class CategoricalHead(nn.Module):
    """[y, z]: softmax over the first k numbers, the others unchanged."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, h: Float[Tensor, "n m"]) -> Float[Tensor, "n m"]:
        return torch.cat([h[:, : self.k].softmax(dim=1), h[:, self.k :]], dim=1)


def network(f: int, k: int, hp: AaeParams, rng: torch.Generator) -> Autoencoder:
    """x -> z -> x, or x -> [y, z] -> x."""
    net = Autoencoder(f, hp.net, rng, more=0 if hp.mode == AFTERWARDS else k)
    narrowed(net, hp)
    if hp.mode == AFTERWARDS:
        return net
    last = net.encoder[-1]
    assert isinstance(last, Linear)
    if hp.first_weights == FAN_IN:
        with torch.no_grad():
            last.weight[:k] *= SMALL
    net.encoder.append(CategoricalHead(k))
    return net


def narrowed(part: nn.Module, hp: AaeParams) -> None:
    """Scales freshly drawn weights to the standard deviation of the paper, if it is asked for."""
    if hp.first_weights == NARROW:
        with torch.no_grad():
            for layer in part.modules():
                if isinstance(layer, Linear):
                    layer.weight.mul_(NARROW_SD * layer.in_features**0.5)


class PartDiscriminator(NamedTuple):
    """A discriminator for one part of the code, with the prior of that part and its optimizer."""

    of: str  # "" for z, " of y" for y: suffix of the names of its measures
    critic: Critic
    part: slice  # columns of the code
    prior: Callable[[int], Tensor]  # number of draws -> draws
    steps: torch.optim.Optimizer

    def learn(
        self, code: Float[Tensor, "b m"], noise: float, hp: AaeParams, rng: torch.Generator, share: float = 1.0
    ) -> Float[Tensor, ""]:
        """Phase 2: gradient ascent on V for `hp.critic.steps` steps. Returns the last loss."""
        set_lr(self.steps, hp.critic.lr * share)
        L_D = code.new_zeros(())
        for _ in range(hp.critic.steps):
            parts = self.prior(len(code)), code[:, self.part].detach()
            real, fake = (adversarial.with_noise(t, noise, rng) for t in parts)
            L_D = discriminator_loss(real=self.critic(real), fake=self.critic(fake), smoothing=hp.critic.smoothing)
            descend(self.steps, L_D)
        return L_D

    def loss(self, code: Float[Tensor, "b m"], noise: float, hp: AaeParams, rng: torch.Generator) -> Float[Tensor, ""]:
        """Phase 3: the loss of the encoder."""
        seen = adversarial.with_noise(code[:, self.part], noise, rng)
        return encoder_loss(self.critic(seen), saturating=hp.saturating)

    def measures(self, code: Float[Tensor, "n m"]) -> dict[str, float]:
        """V, JS estimate and accuracy on all codes."""
        with torch.no_grad():
            real, fake = self.critic(self.prior(len(code))), self.critic(code[:, self.part])
            values = adversarial.discriminator_measures(real=real, fake=fake)
        return {name + self.of: number for name, number in values.items()}


def game_of(hp: AaeParams) -> AaeStepParams:
    """The steps of the discriminators, and of the encoder against them."""
    return replace(hp.cluster, momentum=hp.cluster.momentum_game)


def part_discriminators(k: int, hp: AaeParams, rng: torch.Generator) -> list[PartDiscriminator]:
    """D_z and, with a categorical head, D_y."""
    d, device = hp.net.d, rng.device

    def normal(n: int) -> Float[Tensor, "n d"]:
        return torch.randn(n, d, generator=rng, device=device)

    def category(n: int) -> Float[Tensor, "n k"]:
        return one_hot(torch.randint(k, (n,), generator=rng, device=device), k).float()

    def discriminator(of: str, part: slice, prior: Callable[[int], Tensor]) -> PartDiscriminator:
        critic = Critic(part.stop - part.start, hp.critic.hidden, rng)
        narrowed(critic, hp)
        return PartDiscriminator(of, critic, part, prior, optimizer(game_of(hp), critic.parameters(), betas=BETAS))

    if hp.mode == AFTERWARDS:
        return [discriminator("", slice(0, d), normal)]
    return [discriminator("", slice(k, k + d), normal), discriminator(" of y", slice(0, k), category)]


class Clustering(NamedTuple):
    """Soft assignments, the mixture of codes that goes with them, and a function that copies the rule behind them."""

    q: Float[Tensor, "n k"]
    theta: Mixture
    rule: Callable[[], dict[str, Tensor]]


def head_clustering(code: Float[Tensor, "n m"], k: int) -> Clustering:
    """Clustering by the head: q = y; the codes of a cluster have its one-hot as y and any style z ~ N(0, I)."""
    d = code.shape[1] - k
    one_hots, y = torch.eye(k, device=code.device), code[:, :k]
    mu = torch.cat([one_hots, one_hots.new_zeros(k, d)], dim=1)
    log_var = torch.cat([torch.full_like(one_hots, -math.inf), one_hots.new_zeros(k, d)], dim=1)
    return Clustering(y, Mixture(y.mean(dim=0).log(), mu, log_var), frozen(head=k))


def next_clustering(
    z: Float[Tensor, "n d"], k: int, before: Clustering | None, hp: AaeParams, rng: torch.Generator
) -> Generator[Progress, None, Clustering]:
    """Clustering by the head; or by k-means or EM until convergence, from the clusters before (at first, k-means)."""
    if hp.mode == HEAD:
        return head_clustering(z, k)
    theta = before.theta if before else (yield from mixture_start(FROM_KMEANS, z, k, hp.restarts, rng, floor=FLOOR))
    if hp.grouping == KMEANS:
        last = yield from to_the_end(lloyd(z, theta.mu), MOST_ITERATIONS, "k-means")
        theta = mixture_of_clusters(z, last.mu, FLOOR)
        return Clustering(one_hot(last.labels, k).to(z.dtype), theta, frozen(centers=last.mu))
    last = yield from to_the_end(em(z, theta, FLOOR, most=100, tol=1e-3), 100, "EM")
    return Clustering(last.gamma, last.mixture, last.frozen())


def begin(net: Autoencoder, x: Float[Tensor, "n f"], hp: AaeParams, rng: torch.Generator) -> PhaseSteps:
    """Pretrains the network, or only shows it untrained."""
    if hp.pretrained:
        return (yield from pretrain(net, x, hp, rng))
    return (yield Snapshot(phase="start", z=array(net.encode(x)))) or hp


def learn_ahead(
    critics: list[PartDiscriminator], code: Float[Tensor, "n m"], hp: AaeParams, rng: torch.Generator
) -> Generator[Progress, None, None]:
    """Trains the discriminators on the initial codes, before the encoder answers them."""

    def learn(rows: Int[Tensor, " b"]) -> list[Float[Tensor, ""]]:
        return [D.learn(code[rows], hp.critic.noise, hp, rng) for D in critics]

    yield from adversarial.learn_ahead(hp.critic.ahead, len(code), hp.cluster.batch, rng, learn)


def run(x: Float[Tensor, "n f"], k: int, hp: AaeParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = network(x.shape[1], k, hp, rng)
    hp = yield from begin(net, x, hp, rng)
    critics, means, plane, clustering = part_discriminators(k, hp, rng), Means(), None, None
    steps_r = optimizer(hp.cluster, net.parameters())
    steps_g = optimizer(game_of(hp), net.encoder.parameters(), betas=BETAS)
    code, blur = net.encode(x), hp.critic.noise
    pictures = Pictures(x, Gaussian(unit), net.decode, (k, code.shape[1]), rng)
    pictures.eps = pictures.eps[:1].expand(k, -1, -1)  # all samples in a column have the same style
    yield from learn_ahead(critics, code, hp, rng)
    for epoch in count():
        code = net.encode(x)
        require_finite("cluster", epoch, codes=code, discriminators=torch.cat([D.critic.weights for D in critics]))
        clustering = yield from next_clustering(code, k, clustering, hp, rng)
        z, theta = code[:, critics[0].part], clustering.theta
        plane = plane_of(z, plane)
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(code),
                q=array(clustering.q),
                centers=array(theta.mu),
                losses=means.take(),
                measures=assignment_measures(code, clustering.q)
                | {name: v for D in critics for name, v in D.measures(code).items()},
                extra=adversarial.field(critics[0].critic, codes=z, draws=critics[0].prior(len(z)), plane=plane)
                | pictures.of(code, theta.mu, theta.log_var)
                | {"mixing": array(clustering.q.mean(dim=0))},
                model=frozen(unit=unit, encoder=net.encoder, rule=clustering.rule),
            )
        ) or hp
        if epoch >= hp.cluster.epochs:
            return
        order, share = list(batches(len(x), hp.cluster.batch, rng)), hp.cluster.share(epoch)
        for done, rows in enumerate(order, start=1):
            noise = blur * (1 - (epoch + (done - 1) / len(order)) / hp.cluster.epochs)
            L_r = mse_loss(net(adversarial.with_noise(x[rows], hp.cluster.noise / unit.length, rng)), x[rows])
            set_lr(steps_r, hp.cluster.lr * share)
            descend(steps_r, L_r)  # phase 1: reconstruction
            code = net.encoder(x[rows])
            L_D = {
                f"discriminator{D.of}": D.learn(code, noise, hp, rng, share) for D in critics
            }  # phase 2: regularization
            L_G = {f"encoder{D.of}": D.loss(code, noise, hp, rng) for D in critics}
            set_lr(steps_g, hp.cluster.lr_game * share)
            descend(steps_g, torch.stack([*L_G.values()]).sum())  # phase 3: the encoder against all of them
            means.add(len(rows), reconstruction=L_r, **L_D, **L_G)
            yield Progress(done, len(order))


METHOD = Method(
    key="aae",
    title="AAE",
    cite="A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow, B. Frey. Adversarial Autoencoders. arXiv 1511.05644, 2015",
    about="An autoencoder whose codes are trained to look like draws from a given distribution, judged by a second "
    "network, the discriminator. Clusters are found among the codes, or are part of the code itself.",
    params=AaeParams,
    provides=frozenset({"z", "q", "labels", "centers", "mixing", "decoded_centers", "samples", "reconstructions"})
    | adversarial.FIELD_ARRAYS,
    plan=watched_plan(
        lambda hp: (
            (hp.pretrain.plan(len(hp.net.hidden) + 1) if hp.pretrained else {"start": 0})
            | {"cluster": hp.cluster.epochs}
        )
    ),
    run=watched(run),
    space="codes z, or [y, z]",
    presets=(
        Preset("quick demo", QUICK | {"cluster.epochs": 12}, QUICK_SOURCE, chosen_on=DIGITS),
        Preset("quick demo, categorical head", QUICK | WITH_HEAD, QUICK_SOURCE, chosen_on=DIGITS),
        recommended({"cluster.lr_game": 1e-4, "cluster.epochs": 20}),
        Preset("minutes", MINUTES_PRETRAINING | {"cluster.epochs": 12}, MINUTES_SOURCE, chosen_on=MNIST),
        Preset(
            "as in the paper",
            PAPER,
            "Networks, first weights, SGD with its two momenta, learning rates that fall after 50 epochs, batch and "
            "noise: Makhzani et al. 2015, quoted from memory and not confirmed (for clustering we remember layers of "
            "3,000 with BatchNorm, which this lacks). Number of epochs and encoder loss are chosen here.",
        ),
    ),
    assign=new_points.head_or_groups_of_code,
)
