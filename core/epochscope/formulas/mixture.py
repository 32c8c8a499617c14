"""Gaussian mixtures with diagonal covariances, and the terms of the bounds that VaDE and DGG maximize.

Letters: z a code, [m, log s^2] the encoder's output for a point, mu, log sigma^2 and log pi the mixture, gamma
responsibilities. Everything is computed from logarithms, so that nothing underflows for codes far from all clusters.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.stacking import each_alone

_CELLS = 4_000_000  # with more differences z_i - mu_k than this the (n, k, d) array is not built
_ROWS = 8192  # points whose codes are held in double precision at once


def scaled_distances(
    z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], log_var: Float[Tensor, "k d"]
) -> Float[Tensor, "n k"]:
    """sum_d (z_id - mu_kd)^2 / sigma_kd^2: squared Mahalanobis distances."""
    inverse = (-log_var).exp()
    if z.shape[0] * mu.shape[0] * z.shape[1] <= _CELLS:
        return ((z[:, None, :] - mu[None, :, :]).square() * inverse).sum(dim=2)
    # three products instead: their difference is far smaller than they are, so they need twice the digits
    mu, inverse = mu.double(), inverse.double()
    of_mu = (mu.square() * inverse).sum(dim=1)
    pieces = [
        (piece.square() @ inverse.T - 2 * piece @ (mu * inverse).T + of_mu).clamp(min=0)
        for piece in map(torch.Tensor.double, z.split(_ROWS))
    ]
    return torch.cat(pieces).to(z.dtype)


def log_normal(
    z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], log_var: Float[Tensor, "k d"]
) -> Float[Tensor, "n k"]:
    """log N(z_i; mu_k, diag sigma_k^2) = -1/2 sum_d [log 2 pi + log sigma_kd^2 + (z_id - mu_kd)^2 / sigma_kd^2]."""
    return -0.5 * (scaled_distances(z, mu, log_var) + log_var.sum(dim=1) + z.shape[1] * math.log(2 * math.pi))


def log_responsibilities(
    z: Float[Tensor, "n d"], log_pi: Float[Tensor, " k"], mu: Float[Tensor, "k d"], log_var: Float[Tensor, "k d"]
) -> Float[Tensor, "n k"]:
    """log gamma_ik = log pi_k + log N(z_i; mu_k, sigma_k^2) - logsumexp_l (...)        (Jiang 2017, eq. 16)

    Far from all clusters they become hard: the cluster nearest in its own standard deviations gets everything.
    """
    return (log_pi + log_normal(z, mu, log_var)).log_softmax(dim=1)


def log_expected_responsibilities(
    m: Float[Tensor, "n d"],
    log_s2: Float[Tensor, "n d"],
    log_pi: Float[Tensor, " k"],
    mu: Float[Tensor, "k d"],
    log_var: Float[Tensor, "k d"],
) -> Float[Tensor, "n k"]:
    """The exact E step for q(z|x_i) = N(m_i, s_i^2): the log gamma that maximizes the bound.

    log gamma_ik = log pi_k + E_q[log N(z; mu_k, sigma_k^2)] - logsumexp_l (...)
    E_q[log N(z; mu_k, sigma_k^2)] = log N(m_i; mu_k, sigma_k^2) - 1/2 sum_d s_id^2 / sigma_kd^2
    """
    expected = log_normal(m, mu, log_var) - 0.5 * each_alone(torch.matmul, log_s2.exp(), (-log_var).exp().T)
    return (log_pi + expected).log_softmax(dim=1)


def log_density(
    z: Float[Tensor, "n d"], log_pi: Float[Tensor, " k"], mu: Float[Tensor, "k d"], log_var: Float[Tensor, "k d"]
) -> Float[Tensor, " n"]:
    """log p(z_i) = log sum_k pi_k N(z_i; mu_k, sigma_k^2)."""
    return (log_pi + log_normal(z, mu, log_var)).logsumexp(dim=1)


class Moments(NamedTuple):
    """Mean and variance of each dimension."""

    mean: Float[Tensor, " d"]
    var: Float[Tensor, " d"]


def moments(log_pi: Float[Tensor, " k"], mu: Float[Tensor, "k d"], log_var: Float[Tensor, "k d"]) -> Moments:
    """Moments of the whole mixture: m = sum_k pi_k mu_k, v = sum_k pi_k [sigma_k^2 + (mu_k - m)^2]."""
    pi = log_pi.softmax(dim=0)
    mean = pi @ mu
    return Moments(mean, pi @ (log_var.exp() + (mu - mean).square()))


def resized(
    z: Float[Tensor, "n d"], log_pi: Float[Tensor, " k"], mu: Float[Tensor, "k d"], log_var: Float[Tensor, "k d"]
) -> Float[Tensor, "n d"]:
    """The codes scaled about the mean m of the mixture so that the mean of |z - m|^2 equals that of its draws."""
    m, v = moments(log_pi, mu, log_var)
    share = (z - m).square().sum(dim=1).mean() / v.sum()
    return m + (z - m) * share.clamp(min=torch.finfo(z.dtype).eps).rsqrt()  # finite even if all codes equal m


def code_given_cluster(
    gamma: Float[Tensor, "n k"],
    m: Float[Tensor, "n d"],
    log_s2: Float[Tensor, "n d"],
    mu: Float[Tensor, "k d"],
    log_var: Float[Tensor, "k d"],
) -> Float[Tensor, " n"]:
    """-E[log p(z|c)] without the constant d/2 log 2 pi: the misfit of a code to its clusters.

    1/2 sum_k gamma_ik sum_d [log sigma_kd^2 + s_id^2 / sigma_kd^2 + (m_id - mu_kd)^2 / sigma_kd^2]
    The omitted constant cancels against that of `code_entropy`.
    """
    fit = (
        log_var.sum(dim=1)
        + each_alone(torch.matmul, log_s2.exp(), (-log_var).exp().T)
        + scaled_distances(m, mu, log_var)
    )
    return 0.5 * (gamma * fit).sum(dim=1)


def mixture_pulls(
    gamma: Float[Tensor, "n k"], m: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], log_var: Float[Tensor, "k d"]
) -> Float[Tensor, "n k d"]:
    """The pull of each cluster on each code: the terms of minus its gradient by m_i, with gamma held constant.

    gamma_ik (mu_k - m_i) / sigma_k^2
    """
    return gamma[:, :, None] * (mu[None, :, :] - m[:, None, :]) * (-log_var).exp()


def code_entropy(log_s2: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    """Entropy of q(z|x_i) without the constant d/2 log 2 pi: 1/2 sum_d (1 + log s_id^2)."""
    return 0.5 * (1 + log_s2).sum(dim=1)


def cluster_given_prior(gamma: Float[Tensor, "n k"], log_prior: Float[Tensor, "*n k"]) -> Float[Tensor, " n"]:
    """-E[log p(c)] = -sum_k gamma_ik log prior_k, with one prior for all points or one per point."""
    return -(gamma * log_prior).sum(dim=1)


def assignment_entropy(log_gamma: Float[Tensor, "n k"]) -> Float[Tensor, " n"]:
    """Entropy of q(c|x_i): -sum_k gamma_ik log gamma_ik.

    Computed from logarithms: the derivative of gamma log gamma is infinite at gamma = 0.
    """
    return -(log_gamma.exp() * log_gamma).sum(dim=1)


def assignment_divergence(log_gamma: Float[Tensor, "n k"], log_prior: Float[Tensor, "*n k"]) -> Float[Tensor, " n"]:
    """KL(gamma_i || prior) = sum_k gamma_ik (log gamma_ik - log prior_k); all log_prior must be finite."""
    return cluster_given_prior(log_gamma.exp(), log_prior) - assignment_entropy(log_gamma)
