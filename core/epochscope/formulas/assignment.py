"""Soft assignment Q, target P and their divergence (Xie et al. 2016, sec. 3.1), with gradients in closed form.

Letters of the paper: z codes, mu centers, nu degrees of freedom (its alpha), q and p with rows that sum to 1.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

Number = float | Float[Tensor, ""]
"""A hyperparameter; a tensor where torch.vmap computes with another value in each of several trainings."""

_CELLS = 4_000_000  # with more differences z_i - mu_j than this the (n, k, d) array is not built


class KLGradients(NamedTuple):
    """Derivatives of the SUM over points of KL(P || Q); divide by n for those of `kl`."""

    z: Float[Tensor, "n d"]
    mu: Float[Tensor, "k d"]


def squared_distances(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"]) -> Float[Tensor, "n k"]:
    """d_ij = ||z_i - mu_j||^2, always the SQUARED distance."""
    if z.shape[0] * mu.shape[0] * z.shape[1] <= _CELLS:
        return (z[:, None, :] - mu[None, :, :]).square().sum(dim=2)
    # ||z||^2 - 2 z.mu + ||mu||^2 loses precision far from the origin, so the origin is moved to the centers
    origin = mu.detach().mean(dim=0)
    z, mu = z - origin, mu - origin
    of_z, of_mu = z.square().sum(dim=1, keepdim=True), mu.square().sum(dim=1)
    d = of_z - 2 * z @ mu.T + of_mu
    return torch.where(of_z.isinf() | of_mu.isinf(), torch.inf, d).clamp(min=0)  # not inf - inf


def log_student_t(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], nu: Number = 1.0) -> Float[Tensor, "n k"]:
    """Logarithm of Q, finite even where Q itself underflows or a squared distance overflows (it counts as the largest).

    log q_ij = t_ij - logsumexp_l t_il  with  t_ij = -(nu + 1)/2 log(1 + d_ij / nu)     (Xie 2016, eq. 1)
    """
    d = squared_distances(z, mu).clamp(max=torch.finfo(z.dtype).max)
    t = -(nu + 1) / 2 * torch.log1p(d / nu)
    return t.log_softmax(dim=1)


def student_t(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], nu: Number = 1.0) -> Float[Tensor, "n k"]:
    """Soft assignments Q: the probability that point i belongs to cluster j.

    q_ij = (1 + d_ij / nu)^(-(nu + 1)/2) / sum_l (1 + d_il / nu)^(-(nu + 1)/2)          (Xie 2016, eq. 1)
    """
    return log_student_t(z, mu, nu).exp()


def target(q: Float[Tensor, "n k"], f: Float[Tensor, " k"] | None = None) -> Float[Tensor, "n k"]:
    """Target P: Q sharpened, large clusters weighted down. It depends on ALL points: pass all of them, or their f.

    p_ij = (q_ij^2 / f_j) / sum_l (q_il^2 / f_l)  with  f_j = sum_i q_ij                (Xie 2016, eq. 3)
    """
    f = q.sum(dim=0) if f is None else f
    f = f.clamp(min=torch.finfo(q.dtype).tiny)  # an empty cluster has weight 0, not 0/0
    weight = q * (q / f)
    return weight / weight.sum(dim=1, keepdim=True)


def kl(p: Float[Tensor, "n k"], q: Float[Tensor, "n k"]) -> Float[Tensor, ""]:
    """KL(P || Q) in nats: SUM over clusters, MEAN over points (0 log 0 = 0).

    L = 1/n sum_i sum_j p_ij log(p_ij / q_ij)                                           (Xie 2016, eq. 2, over n)
    The paper writes the sum over points; the mean makes the size of a step independent of the batch.
    """
    tiny = torch.finfo(q.dtype).tiny
    return (torch.special.xlogy(p, p.clamp(min=tiny)) - torch.special.xlogy(p, q.clamp(min=tiny))).sum(dim=1).mean()


def student_t_kl_gradients(
    z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], p: Float[Tensor, "n k"], nu: Number = 1.0
) -> KLGradients:
    """Gradients of sum_i KL(p_i || q_i) with P held constant, for any nu.

    dL/dz_i  =  (nu+1)/nu sum_j w_ij (p_ij - q_ij) (z_i - mu_j)                         (Xie 2016, eq. 4)
    dL/dmu_j = -(nu+1)/nu sum_i w_ij (p_ij - q_ij) (z_i - mu_j)                         (Xie 2016, eq. 5)
    with w_ij = 1 / (1 + d_ij / nu).
    """
    return _pull(z, mu, p - student_t(z, mu, nu), nu)


def student_t_pulls(
    z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], p: Float[Tensor, "n k"], nu: float = 1.0
) -> Float[Tensor, "n k d"]:
    """The pull of each center on each code: the terms of -dL/dz_i above, with P held constant.

    (nu+1)/nu w_ij (p_ij - q_ij) (mu_j - z_i)                                           (Xie 2016, eq. 4)
    """
    a = (nu + 1) / nu * (p - student_t(z, mu, nu)) / (1 + squared_distances(z, mu) / nu)
    return a[:, :, None] * (mu[None, :, :] - z[:, None, :])


def conflated_mu_gradient(
    z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], p: Float[Tensor, "n k"], nu: Number = 1.0
) -> Float[Tensor, "k d"]:
    """WRONG, for demonstration: dL/dmu_j by a chain rule that uses one index for two sums and keeps only dL/dq_ij.

    -(nu+1)/nu sum_i w_ij p_ij (1 - q_ij) (z_i - mu_j)
    mu_j acts on every q_il of a row through the denominator. The omitted terms l != j add -q_ij (1 - p_ij) to the
    factor p_ij (1 - q_ij), which gives the right one, p_ij - q_ij (Xie 2016, eq. 5).
    """
    return _pull(z, mu, p * (1 - student_t(z, mu, nu)), nu).mu


def free_target_kl_gradients(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], nu: Number = 1.0) -> KLGradients:
    """Gradients of sum_i KL(p_i || q_i) with P = target(Q) differentiated too, as in code that forgets the detach.

    With L_i = sum_j p_ij log(p_ij / q_ij) and s_ij = p_ij (log(p_ij / q_ij) - L_i), the derivative by log q_ij is
    g_ij = 2 s_ij - (q_ij / f_j) sum_l s_lj - p_ij, and p - q above becomes q_ij sum_l g_il - g_ij.
    """
    log_q = log_student_t(z, mu, nu)
    q = log_q.exp()
    log_f = log_q.logsumexp(dim=0)
    log_p = (2 * log_q - log_f).log_softmax(dim=1)
    p = log_p.exp()
    gap = log_p - log_q
    s = p * (gap - (p * gap).sum(dim=1, keepdim=True))
    g = 2 * s - (log_q - log_f).exp() * s.sum(dim=0) - p
    return _pull(z, mu, q * g.sum(dim=1, keepdim=True) - g, nu)


def _pull(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], force: Float[Tensor, "n k"], nu: Number) -> KLGradients:
    """Chain rule from the kernel's exponent t to z and mu, for -force = dL/dt, without an (n, k, d) array."""
    a = (nu + 1) / nu * force / (1 + squared_distances(z, mu) / nu)
    return KLGradients(
        z=a.sum(dim=1, keepdim=True) * z - a @ mu,
        mu=a.sum(dim=0)[:, None] * mu - a.T @ z,
    )
