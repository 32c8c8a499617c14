"""Divergences of normal distributions with diagonal covariances in any number of dimensions, one pair a row.

All values are in nats. p and q of a row have means m and logarithms of variances log_s2. `gaussians.py` has the same in
the plane by quadrature.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Normals(NamedTuple):
    """N(m_i, diag s_i^2), one for each row."""

    m: Float[Tensor, "n d"]
    log_s2: Float[Tensor, "n d"]

    def log_density(self, z: Float[Tensor, "*t n d"]) -> Float[Tensor, "*t n"]:
        """ln N(z_i; m_i, diag s_i^2)."""
        square = (z - self.m).square() * (-self.log_s2).exp()
        return -0.5 * (square + self.log_s2 + math.log(2 * math.pi)).sum(dim=-1)

    def at(self, eps: Float[Tensor, "*t n d"]) -> Float[Tensor, "*t n d"]:
        """z = m + s eps, with a gradient to m and s."""
        return self.m + (self.log_s2 / 2).exp() * eps


def normal_kl(p: Normals, q: Normals) -> Float[Tensor, " n"]:
    """KL(p_i || q_i) = 1/2 sum_d [ (s_p^2 + (m_p - m_q)^2) / s_q^2 - 1 - ln(s_p^2 / s_q^2) ]."""
    ratio = p.log_s2 - q.log_s2
    return 0.5 * (ratio.exp() + (p.m - q.m).square() * (-q.log_s2).exp() - 1 - ratio).sum(dim=1)


def normal_js(p: Normals, q: Normals, eps: Float[Tensor, "two t n d"]) -> Float[Tensor, " n"]:
    """JS(p_i || q_i) = 1/2 KL(p || M) + 1/2 KL(q || M), M = (p + q) / 2, estimated from draws: from 0 to about ln 2.

    M is a mixture, so there is no closed form. eps: standard normal numbers, half of them for draws of p, half for q.
    """
    z_p, z_q = p.at(eps[0]), q.at(eps[1])
    return 0.5 * (_above_middle(z_p, p, q) + _above_middle(z_q, q, p)).mean(dim=0)


def _above_middle(z: Float[Tensor, "t n d"], own: Normals, other: Normals) -> Float[Tensor, "t n"]:
    """ln own(z) - ln M(z)."""
    mine = own.log_density(z)
    return mine - torch.logaddexp(mine, other.log_density(z)) + math.log(2)
