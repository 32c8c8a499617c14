"""Adversarial losses: the value of a discriminator, its JS estimate, and the losses of discriminator and encoder.

Letters: p the prior (T = 1), q the distribution of the codes (T = 0), D the discriminator's probability of T = 1,
V(D, G) its value. D is given as a logit l, D = 1 / (1 + exp(-l)), which avoids log 0. All values are in nats.
"""

from __future__ import annotations

import math

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import logsigmoid


def value(*, real: Float[Tensor, " m"], fake: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """V(D, G) = E_{z ~ p}[ln D(z)] + E_x[ln(1 - D(G(x)))] from logits of draws (real) and of codes (fake).

    At most 0; a D that cannot tell them apart, D = 1/2, has -2 ln 2 = -1.386.
    """
    return logsigmoid(real).mean() + logsigmoid(-fake).mean()  # 1 - D is the D of the negative logit


def value_of_densities(
    logit: Float[Tensor, " t"], p: Float[Tensor, " t"], q: Float[Tensor, " t"], dx: float
) -> Float[Tensor, ""]:
    """The same V where both distributions are known: the sum of p ln D + q ln(1 - D) over a grid with steps dx."""
    return dx * (p * logsigmoid(logit) + q * logsigmoid(-logit)).sum()


def optimal_logit(*, log_p: Float[Tensor, "*n"], log_q: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """The optimal discriminator D* = p / (p + q), as a logit: ln p - ln q.  (Goodfellow 2014, prop. 1)"""
    return log_p - log_q


def js_estimate(v: float) -> float:
    """Estimate of JS(p || q) from the value V of a discriminator: (V + 2 ln 2) / 2.

    At D* it equals the Jensen-Shannon divergence, from 0 (equal) to ln 2 (no overlap). For any other D it is smaller:
    a lower bound of JS, negative if D errs more often than chance.
    """
    return (v + 2 * math.log(2)) / 2


def discriminator_loss(
    *, real: Float[Tensor, " m"], fake: Float[Tensor, " n"], smoothing: float = 1.0
) -> Float[Tensor, ""]:
    """Binary cross-entropy, the negative logarithm of the likelihood D^T (1 - D)^(1 - T).

    -E_{z ~ p}[s ln D + (1 - s) ln(1 - D)] - E_x[ln(1 - D(G(x)))]
    With s = smoothing = 1 it is -V; with s < 1 (label smoothing) the optimal D stays below s.
    """
    log_likelihood = smoothing * logsigmoid(real) + (1 - smoothing) * logsigmoid(-real)
    return -log_likelihood.mean() - logsigmoid(-fake).mean()


def encoder_loss(fake: Float[Tensor, " n"], *, saturating: bool) -> Float[Tensor, ""]:
    """Loss of the encoder: E_x[ln(1 - D(G(x)))] (saturating) or -E_x[ln D(G(x))].

    Both fall as D rises. The first, the paper's, has the slope -D in the logit and vanishes where D is near 0; the
    second has the slope -(1 - D) there.
    """
    return logsigmoid(-fake).mean() if saturating else -logsigmoid(fake).mean()


def share_right(*, real: Float[Tensor, " m"], fake: Float[Tensor, " n"]) -> float:
    """Accuracy of the discriminator: half the share of draws with D > 1/2, and half that of codes with D < 1/2.

    D = 1/2 counts half. 0.5 is chance.
    """
    right = [(side > 0).float().mean() + 0.5 * (side == 0).float().mean() for side in (real, -fake)]
    return float(right[0] + right[1]) / 2
