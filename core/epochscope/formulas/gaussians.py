"""Divergences of two Gaussians with diagonal covariances in the plane: in closed form, or else by quadrature.

All values are in nats. Quadrature is the trapezoidal rule over one Gaussian, in its own standard deviations: for smooth
integrands its error is of order exp(-2 pi^2 (s / h)^2), s the smallest standard deviation, h the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

_REACH = 8.0  # standard deviations; 1e-15 of the mass lies outside

Numbers = Float[Tensor, "*t"]


class Gaussian(NamedTuple):
    """One Gaussian, or several (one for each mean) with the same variances."""

    m: Float[Tensor, "*t 2"]
    s2: Float[Tensor, " 2"]  # variances along the axes


def gaussian_kl(a: Gaussian, b: Gaussian) -> Numbers:
    """KL(a || b) = 1/2 sum_d [ s_a^2 / s_b^2 + (m_a - m_b)^2 / s_b^2 - 1 - ln(s_a^2 / s_b^2) ]."""
    ratio = a.s2 / b.s2
    return 0.5 * (ratio + (a.m - b.m).square() / b.s2 - 1 - ratio.log()).sum(dim=-1)


def log_density(z: Float[Tensor, "*t 2"], a: Gaussian) -> Numbers:
    """ln N(z; m, diag s^2)."""
    return -0.5 * ((z - a.m).square() @ a.s2.reciprocal() + (a.s2.log() + math.log(2 * math.pi)).sum())


def expectation(a: Gaussian, of: Callable[[Tensor], Tensor], h: float) -> Numbers:
    """E_a[of(z)] by quadrature with nodes h standard deviations apart; `of` takes z of shape (nodes, *t, 2)."""
    u, weight = _nodes(h)
    z = a.m + u.view(-1, *[1] * (a.m.dim() - 1), 2) * a.s2.sqrt()
    return torch.einsum("g,g...->...", weight, of(z))


@lru_cache(maxsize=8)
def _nodes(h: float) -> tuple[Tensor, Tensor]:
    """Nodes of a grid within a circle, in standard deviations, and the weight of each node."""
    line = torch.arange(-math.floor(_REACH / h), math.floor(_REACH / h) + 1, dtype=torch.float64) * h
    u = torch.cartesian_prod(line, line)
    u = u[u.square().sum(dim=1) <= _REACH**2]
    weight = (-u.square().sum(dim=1) / 2).exp()
    return u, weight / weight.sum()


def kl_of_mixture(a: Gaussian, b: Gaussian, p: Gaussian, h: float = 0.1) -> Numbers:
    """KL(M || p) for M = (a + b) / 2, by quadrature: 1/2 E_a[ln M - ln p] + 1/2 E_b[ln M - ln p]."""

    def gap(z: Tensor) -> Tensor:
        return _log_middle(z, a, b) - log_density(z, p)

    return (expectation(a, gap, h) + expectation(b, gap, h)) / 2


def gaussian_js(a: Gaussian, b: Gaussian, h: float = 0.1) -> Numbers:
    """JS(a || b) = 1/2 KL(a || M) + 1/2 KL(b || M), M = (a + b) / 2, by quadrature; from 0 (equal) to ln 2."""
    m_a, m_b = torch.broadcast_tensors(a.m, b.m)
    a, b = Gaussian(m_a, a.s2), Gaussian(m_b, b.s2)

    def gap(z: Tensor, own: Gaussian) -> Tensor:
        return log_density(z, own) - _log_middle(z, a, b)

    return (expectation(a, lambda z: gap(z, a), h) + expectation(b, lambda z: gap(z, b), h)) / 2


def _log_middle(z: Float[Tensor, "*t 2"], a: Gaussian, b: Gaussian) -> Numbers:
    return torch.logaddexp(log_density(z, a), log_density(z, b)) - math.log(2)


def pair_bound(a: Gaussian, b: Gaussian, p: Gaussian) -> Numbers:
    """G = 1/2 KL(a || p) + 1/2 KL(b || p), an upper bound of JS(a || b); the gap is KL(M || p).  (Yang 2019, eq. 8)"""
    return (gaussian_kl(a, p) + gaussian_kl(b, p)) / 2
