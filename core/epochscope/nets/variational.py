"""A variational head on the pretrained autoencoder: each point is encoded as a normal distribution of codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from epochscope.nets.autoencoder import Autoencoder, Layers, Linear
from epochscope.nets.likelihood import Bernoulli, Gaussian
from epochscope.nets.pretrain import Phase, train
from epochscope.nets.training import PhaseSteps, StepParams, apply_in_batches
from epochscope.params import MOST_EPOCHS, param

PHASE = "variational"

LOG_VARIANCE_LIMIT = 6.0
"""Log variances are clamped to +-6: standard deviations from 0.05 to 20."""


_FIRST_LOG_S2 = -4.0  # s begins near 0.14


@dataclass(frozen=True)
class VariationalParams(StepParams):
    """Pretraining as a plain variational autoencoder, after that of the autoencoder and before clustering."""

    epochs: int = param(
        0,
        0,
        MOST_EPOCHS,
        label="epochs",
        help="Passes over the data as a plain variational autoencoder; 0 leaves it out.",
    )


class Code(NamedTuple):
    """q(z|x_i) = N(m_i, diag s_i^2)."""

    m: Float[Tensor, "n d"]
    log_s2: Float[Tensor, "n d"]

    def drawn(self, rng: torch.Generator) -> Float[Tensor, "n d"]:
        """z_i = m_i + s_i eps, with a gradient to m and s."""
        return self.at(torch.empty_like(self.m).normal_(generator=rng))

    def at(self, eps: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """z_i = m_i + s_i eps_i for given draws of a standard normal."""
        return self.m + (self.log_s2 / 2).exp() * eps


class Variational(nn.Module):
    """[m, log s^2] = f(x), g(z). It shares the layers of `net`: the code layer gives m, a new layer beside it log s^2.

    The new layer starts with small variances: the decoder was trained on codes without noise, and draws far from the
    mean would make it push the codes of all clusters apart before anything else is learned.
    """

    def __init__(self, net: Autoencoder, rng: torch.Generator) -> None:
        super().__init__()
        *trunk, mean = net.encoder
        assert isinstance(mean, nn.Linear)
        self.trunk, self.mean, self.decoder = Layers(*trunk), mean, net.decoder
        self.log_variance = Linear(mean.in_features, mean.out_features, rng)
        with torch.no_grad():
            self.log_variance.weight.mul_(0.1)
            self.log_variance.bias.fill_(_FIRST_LOG_S2)

    def forward(self, x: Float[Tensor, "n f"]) -> Code:
        h = self.trunk(x)
        return Code(self.mean(h), self.log_variance(h).clamp(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT))

    def encode(self, x: Float[Tensor, "n f"]) -> Code:
        """Means and log variances of all points, without gradient."""
        m, log_s2 = apply_in_batches(lambda piece: torch.cat(self(piece), dim=1), x).chunk(2, dim=1)
        return Code(m, log_s2)


def pretrain_variational(
    f1: Variational, x: Float[Tensor, "n f"], likelihood: Bernoulli | Gaussian, hp: Any, rng: torch.Generator
) -> PhaseSteps:
    """Trains f1 and its decoder as `hp.variational` says. Returns hp with its live changes.

    L = -E[log p(x|z)] + KL(q(z|x) || N(0, I)),   the weight hp.reconstruction on the first term
    """

    def loss(rows: Int[Tensor, " b"]) -> Float[Tensor, ""]:
        code = f1(x[rows])
        error = likelihood.nll(f1.decoder(code.drawn(rng)), x[rows])
        return (hp.reconstruction * error + divergence(code)).mean()

    part = Phase(
        PHASE,
        epochs=hp.variational.epochs,
        theta=list(f1.parameters()),
        loss=loss,
        view=lambda: f1.encode(x).m,
        term="negative_bound",
        pace=lambda hp: hp.variational,
        lr=lambda own, step, steps: own.lr,
    )
    return (yield from train(part, len(x), hp, rng))


def divergence(code: Code) -> Float[Tensor, " n"]:
    """KL(N(m, diag s^2) || N(0, I)) = 1/2 sum_d (m_d^2 + s_d^2 - log s_d^2 - 1)."""
    return 0.5 * (code.m.square() + code.log_s2.exp() - code.log_s2 - 1).sum(dim=1)
