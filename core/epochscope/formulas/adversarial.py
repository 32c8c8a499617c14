"""What a discriminator is asked, what its answers are worth, and what the encoder learns from them.

Letters: p the distribution to be met (T = 1), q that of the codes (T = 0), D the discriminator's belief in T = 1,
V(D, G) its value. D enters as a logit l, D = 1 / (1 + exp(-l)), so that no logarithm ever meets a 0. Nats throughout.
"""

from __future__ import annotations

import math

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import logsigmoid


def value(*, real: Float[Tensor, " m"], fake: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """V(D, G) = E_{z ~ p}[ln D(z)] + E_x[ln(1 - D(G(x)))] from logits of draws (real) and of codes (fake).

    At most 0; -2 ln 2 = -1.386 is what a D that cannot tell them apart gets with D = 1/2.
    """
    return logsigmoid(real).mean() + logsigmoid(-fake).mean()  # 1 - D is the D of the negative logit


def value_of_densities(
    logit: Float[Tensor, " t"], p: Float[Tensor, " t"], q: Float[Tensor, " t"], dx: float
) -> Float[Tensor, ""]:
    """The same V where both distributions are known: the sum of p ln D + q ln(1 - D) over a grid with steps dx."""
    return dx * (p * logsigmoid(logit) + q * logsigmoid(-logit)).sum()


def optimal_logit(*, log_p: Float[Tensor, "*n"], log_q: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """The discriminator that no other beats: D* = p / (p + q), as a logit ln p - ln q  (Goodfellow 2014, prop. 1)."""
    return log_p - log_q


def js_estimate(v: float) -> float:
    """JS(p || q) if D were the best one: (V + 2 ln 2) / 2.

    At D* this IS the Jensen-Shannon divergence, from 0 (equal) to ln 2 (no overlap); for any other D it is smaller, so
    it bounds JS from below, and a D that errs more than a coin makes it negative.
    """
    return (v + 2 * math.log(2)) / 2


def discriminator_loss(
    *, real: Float[Tensor, " m"], fake: Float[Tensor, " n"], smoothing: float = 1.0
) -> Float[Tensor, ""]:
    """Binary cross-entropy, the negative logarithm of the likelihood D^T (1 - D)^(1 - T).

    -E_{z ~ p}[s ln D + (1 - s) ln(1 - D)] - E_x[ln(1 - D(G(x)))]
    With s = smoothing = 1 it is -V; below 1 the best D stays below s and never becomes certain of a draw.
    """
    told = smoothing * logsigmoid(real) + (1 - smoothing) * logsigmoid(-real)
    return -told.mean() - logsigmoid(-fake).mean()


def encoder_loss(fake: Float[Tensor, " n"], *, saturating: bool) -> Float[Tensor, ""]:
    """What the encoder lowers, to be taken for draws: E_x[ln(1 - D(G(x)))], or -E_x[ln D(G(x))].

    Both fall as D rises. The first, the paper's, is flat where D is sure of T = 0 (slope -D); the second is not
    (slope -(1 - D)).
    """
    return logsigmoid(-fake).mean() if saturating else -logsigmoid(fake).mean()


def share_right(*, real: Float[Tensor, " m"], fake: Float[Tensor, " n"]) -> float:
    """Accuracy of the discriminator: half the share of draws with D > 1/2, and half that of codes with D < 1/2.

    D = 1/2 counts half. 0.5 is a coin.
    """
    right = [(side > 0).float().mean() + 0.5 * (side == 0).float().mean() for side in (real, -fake)]
    return float(right[0] + right[1]) / 2
