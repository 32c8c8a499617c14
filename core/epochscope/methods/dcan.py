"""Deep clustering with an adversarial net (DCAN): codes are trained to be indistinguishable from draws of clusters.

Lim. Deep Clustering using Adversarial Net based Clustering Loss. arXiv 2412.08933; workshop at ICLR 2025.
Departs from the paper: it specifies no network, no schedule and no way to obtain p(z|theta*); those here are ours.
theta* is a diagonal Gaussian mixture fitted to the codes and updated after each epoch by some steps of EM; the draw
that goes with a point is mu_k + tau sigma_k eps of its cluster k*. Also ours: the pretraining (as for DEC), the loss
-ln D, the reconstruction term, label smoothing, the fading noise, Adam with betas (0.5, 0.9), training the
discriminator ahead, rescaled codes, tau, and the forms D(z - mu_k*) and D([z, k*]): the paper's D(z) sees the mixture
as a whole and cannot tell whether a code lies in its OWN cluster. The paper prints the updates without signs: D ascends
V, the encoder descends it.

The field shows D on a plane; a D that also sees a cluster is given the likeliest one there. Codes are as D sees them.
Not in the paper, and used by the recommended preset alone: the best of three first clusters, watched clustering.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import mse_loss, one_hot

from epochscope.formulas.adversarial import discriminator_loss, encoder_loss
from epochscope.formulas.mixture import log_responsibilities, resized
from epochscope.formulas.plane import Plane, plane_of
from epochscope.methods.base import DIGITS, Method, MethodParams, Preset, Steps
from epochscope.methods.shared import adversarial, new_points
from epochscope.methods.shared.lloyd import restarts_param, to_the_end
from epochscope.methods.shared.measures import assignment_measures
from epochscope.methods.shared.mixtures import BEST_OF_THREE, Mixture, em, floor_of, mixture_start, start_param
from epochscope.methods.shared.pictures import Pictures
from epochscope.methods.shared.presets import (
    QUICK_PRETRAINING,
    STACKED_PRETRAINING,
    STACKED_SOURCE,
    minutes,
    recommended,
)
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.critic import BETAS, Critic, CriticParams
from epochscope.nets.frozen import frozen
from epochscope.nets.likelihood import Gaussian
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import (
    Means,
    StepParams,
    array,
    batches,
    descend,
    lr_param,
    optimizer,
    require_finite,
    set_lr,
)
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot

LEAST = 1e-3
"""Least variance of a cluster in any direction, as a share of the mean variance of the pretrained codes."""

LITERAL, OFFSET, TOLD = "D(z)", "D(z - mu of its cluster)", "D([z, its cluster])"
OWN, WHOLE = "own cluster", "whole mixture"

SHARPENING = {"form": OFFSET, "width": 0.8, "resized": True}
"""Values of the presets chosen here: draws a little narrower than the clusters, so that clusters separate."""


@dataclass(frozen=True)
class GameParams(StepParams):
    """The adversarial phase."""

    lr: float = lr_param(
        4e-5, "Size of a gradient step of encoder and decoder. Too large: codes and discriminator oscillate."
    )
    epochs: int = param(30, 1, MOST_EPOCHS, anew=True, label="epochs", help="Passes over the data after pretraining.")
    restarts: int = restarts_param()


@dataclass(frozen=True)
class DcanParams(MethodParams):
    form: str = param(
        LITERAL,
        options=(LITERAL, OFFSET, TOLD),
        symbol="D",
        label="what the discriminator sees",
        help="D(z) is the paper's: it compares all codes with the whole mixture. The other two also see the cluster of "
        "a code, so they ask for more: that it looks like a draw from its own cluster.",
    )
    draws: str = param(
        OWN,
        options=(OWN, WHOLE),
        label="draws come from",
        help="The cluster of each point of the batch; or the mixture with its weights.",
    )
    width: float = param(
        1.0,
        0.1,
        2.0,
        step=0.05,
        live=True,
        symbol="τ",
        label="width of the draws",
        help="Factor on the standard deviation of the cluster. Below 1 the codes of a cluster are pulled together.",
    )
    resized: bool = param(
        False,
        label="rescale codes",
        help="The codes of a batch are rescaled about the mean to the size of the mixture before the discriminator "
        "sees them. Otherwise the easiest way to narrow clusters is to shrink all codes.",
    )
    saturating: bool = adversarial.saturating_param()
    lambda_r: float = param(
        1.0,
        0.0,
        10.0,
        step=0.1,
        live=True,
        symbol="λ",
        label="weight of reconstruction",
        help="Weight of reconstruction relative to the adversarial loss. With 0 the decoder is not trained, and "
        "nothing prevents a collapse of all codes into one cluster.",
    )
    frozen: int = param(
        0,
        0,
        500,
        label="epochs with a fixed mixture",
        help="Number of epochs in which the mixture stays as fitted at first. If it equals the epochs: always.",
    )
    rounds: int = param(
        3, 1, 50, label="EM steps per epoch", help="Number of EM steps that update the mixture after each epoch."
    )
    start: str = start_param()
    cluster: GameParams = group(GameParams, "Adversarial training")
    critic: CriticParams = group(CriticParams, "Discriminator")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()


class Draws(NamedTuple):
    """Draws z+ and their clusters."""

    z: Float[Tensor, "b d"]
    k: Int[Tensor, " b"]


def drawn(theta: Mixture, k_star: Int[Tensor, " b"], hp: DcanParams, rng: torch.Generator) -> Draws:
    """z+ = mu_k + tau sigma_k eps, with k the clusters of the points or k ~ pi."""
    k = k_star
    if hp.draws == WHOLE:
        k = torch.multinomial(theta.log_pi.exp(), len(k_star), replacement=True, generator=rng)
    mu, sigma = theta.mu[k], (theta.log_var[k] / 2).exp()
    return Draws(mu + hp.width * sigma * torch.empty_like(mu).normal_(generator=rng), k)


class Discriminator(NamedTuple):
    """D with its input: the code, its offset from the center, or code and cluster."""

    form: str
    critic: Critic

    def __call__(self, z: Float[Tensor, "b d"], k: Int[Tensor, " b"], theta: Mixture) -> Float[Tensor, " b"]:
        """The logit of D for codes z of the clusters k."""
        if self.form == OFFSET:
            z = z - theta.mu[k]
        elif self.form == TOLD:
            z = torch.cat([z, one_hot(k, len(theta.mu)).to(z.dtype)], dim=1)
        return self.critic(z)


class Game(NamedTuple):
    """The losses of discriminator and encoder on a batch with codes z and clusters k*."""

    D: Discriminator
    theta: Mixture
    noise: float  # standard deviation of the noise on D's input
    hp: DcanParams
    rng: torch.Generator

    def of_codes(self, z: Float[Tensor, "b d"], k_star: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """D's logits of codes."""
        z = resized(z, *self.theta) if self.hp.resized else z
        return self.D(adversarial.with_noise(z, self.noise, self.rng), k_star, self.theta)

    def of_draws(self, k_star: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """D's logits of draws, one for each point."""
        z, k = drawn(self.theta, k_star, self.hp, self.rng)
        return self.D(adversarial.with_noise(z, self.noise, self.rng), k, self.theta)

    def loss_of_D(self, z: Float[Tensor, "b d"], k_star: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        """-V: T = 1 for draws, T = 0 for codes."""
        real, fake = self.of_draws(k_star), self.of_codes(z.detach(), k_star)
        return discriminator_loss(real=real, fake=fake, smoothing=self.hp.critic.smoothing)

    def loss_of_G(self, z: Float[Tensor, "b d"], k_star: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        """Loss of the encoder: it falls as D takes codes for draws."""
        return encoder_loss(self.of_codes(z, k_star), saturating=self.hp.saturating)


class Shown(NamedTuple):
    """Measures and optional arrays about the discriminator."""

    measures: dict[str, float]
    extra: dict[str, np.ndarray]


def shown(game: Game, z: Float[Tensor, "n d"], k_star: Int[Tensor, " n"], plane: Plane) -> Shown:
    """The discriminator on all codes, without noise, and on one draw per code."""
    D, theta = game.D, game.theta
    z = resized(z, *theta) if game.hp.resized else z
    plus = drawn(theta, k_star, game.hp, game.rng)

    def at(place: Float[Tensor, "m d"]) -> Float[Tensor, " m"]:
        return D(place, log_responsibilities(place, *theta).argmax(dim=1), theta)

    with torch.no_grad():
        measures = adversarial.discriminator_measures(real=D(plus.z, plus.k, theta), fake=D(z, k_star, theta))
    picture = adversarial.field(at, codes=z, draws=plus.z, plane=plane)
    return Shown(measures, picture)


def run(x: Float[Tensor, "n f"], k: int, hp: DcanParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)
    z = net.encode(x)
    floor, noise = floor_of(z, LEAST), hp.critic.noise * floor_of(z, 1.0) ** 0.5
    theta = yield from mixture_start(hp.start, z, k, hp.cluster.restarts, rng, floor=floor, x=x)
    D = Discriminator(hp.form, Critic(hp.net.d + (k if hp.form == TOLD else 0), hp.critic.hidden, rng))
    steps_D, steps_G = (optimizer(hp.cluster, part.parameters(), betas=BETAS) for part in (D.critic, net))
    means, plane = Means(), None
    pictures = Pictures(x, Gaussian(unit), net.decode, (k, hp.net.d), rng)
    game, k_star = Game(D, theta, noise, hp, rng), log_responsibilities(z, *theta).argmax(dim=1)
    yield from adversarial.learn_ahead(
        hp.critic.ahead, len(x), hp.cluster.batch, rng, lambda rows: step_of_D(game, z[rows], k_star[rows], steps_D)
    )

    for epoch in count():
        z = net.encode(x)
        require_finite("cluster", epoch, codes=z, discriminator=D.critic.weights)
        if epoch > hp.frozen:
            theta = (yield from to_the_end(em(z, theta, floor, most=hp.rounds, tol=0.0), hp.rounds, "EM")).mixture
        gamma = log_responsibilities(z, *theta).exp()
        k_star, plane = gamma.argmax(dim=1), plane_of(z, plane)
        seen = shown(Game(D, theta, 0.0, hp, rng), z, k_star, plane)
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(z),
                q=array(gamma),
                centers=array(theta.mu),
                losses=means.take(),
                measures=seen.measures | assignment_measures(z, gamma),
                extra=seen.extra | theta.shown() | pictures.of(z, theta.mu, theta.log_var),
                model=frozen(unit=unit, encoder=net.encoder, mixture=theta),
            )
        ) or hp
        if epoch >= hp.cluster.epochs:
            return
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            left = 1 - (epoch + (done - 1) / len(order)) / hp.cluster.epochs  # the noise falls linearly
            game, z = Game(D, theta, noise * left, hp, rng), net.encoder(x[rows])
            L_D = torch.stack([step_of_D(game, z, k_star[rows], steps_D) for _ in range(hp.critic.steps)]).mean()
            L_G, L_r = game.loss_of_G(z, k_star[rows]), mse_loss(net.decoder(z), x[rows])
            set_lr(steps_G, hp.cluster.lr)
            descend(steps_G, L_G + hp.lambda_r * L_r)
            means.add(len(rows), discriminator=L_D, encoder=L_G, reconstruction=L_r)
            yield Progress(done, len(order))


def step_of_D(
    game: Game, z: Float[Tensor, "b d"], k_star: Int[Tensor, " b"], steps_D: torch.optim.Optimizer
) -> Float[Tensor, ""]:
    """One gradient step of the discriminator. Returns its loss."""
    L_D = game.loss_of_D(z, k_star)
    set_lr(steps_D, game.hp.critic.lr)
    descend(steps_D, L_D)
    return L_D.detach()


METHOD = Method(
    key="dcan",
    title="DCAN",
    cite="K.-L. Lim. Deep Clustering using Adversarial Net based Clustering Loss. arXiv 2412.08933, 2024",
    about="Starts from autoencoder codes and a Gaussian mixture fitted to them. A second network, the discriminator, "
    "learns to tell codes from draws of that mixture, and the encoder learns codes for which it cannot.",
    params=DcanParams,
    provides=adversarial.FIELD_ARRAYS
    | {"z", "q", "labels", "centers", "spread", "mixing", "decoded_centers", "samples", "reconstructions"},
    plan=watched_plan(lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs}),
    run=watched(run),
    overlay="ellipses",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | SHARPENING | {"cluster.batch": 64, "cluster.epochs": 20},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended(SHARPENING | {"start": BEST_OF_THREE, "lambda_r": 2.0, "cluster.lr": 3e-5, "cluster.epochs": 20}),
        minutes(SHARPENING | {"lambda_r": 2.0, "cluster.lr": 3e-5, "cluster.epochs": 8}),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING | {"form": LITERAL, "saturating": True, "cluster.epochs": 100},
            STACKED_SOURCE + "Adversarial training: D(z) and ln(1 - D) are the paper's; everything else is chosen "
            "here, since the paper gives neither networks nor learning rates nor a schedule.",
        ),
    ),
    assign=new_points.responsibilities_of_code,
)
