"""Closed steps of an augmented Lagrangian for a Gaussian mixture of variables y_i that are tied to codes f_i.

    min sum_i -log p(y_i)   subject to y_i = f_i,   by   sum_i [ -log p(y_i) + rho/2 |y_i - f_i + u_i|^2 ]

u_i are the multipliers over rho. Diagonal covariances; gamma are the responsibilities of the clusters.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def free_codes(
    f: Float[Tensor, "n d"],
    u: Float[Tensor, "n d"],
    gamma: Float[Tensor, "n k"],
    *,
    mu: Float[Tensor, "k d"],
    var: Float[Tensor, "k d"],
    rho: float,
) -> Float[Tensor, "n d"]:
    """y_i = [ rho (f_i - u_i) + sum_k gamma_ik mu_k / sigma_k^2 ] / [ rho + sum_k gamma_ik / sigma_k^2 ]

    The minimum over y_i with gamma held: between its code and the centers, the nearer to these the sharper they are.
    """
    return (rho * (f - u) + gamma @ (mu / var)) / (rho + gamma @ (1 / var))


def mixture_of(
    y: Float[Tensor, "n d"], gamma: Float[Tensor, "n k"], mu: Float[Tensor, "k d"], var: Float[Tensor, "k d"]
) -> tuple[Float[Tensor, " k"], Float[Tensor, "k d"], Float[Tensor, "k d"]]:
    """Shares, means and variances for responsibilities gamma; a cluster without points keeps its mu and var."""
    sizes = gamma.sum(dim=0)[:, None]
    alive, n = sizes > torch.finfo(y.dtype).eps, sizes.clamp(min=torch.finfo(y.dtype).eps)
    means = torch.where(alive, gamma.T @ y / n, mu)
    spread = torch.stack([(g[:, None] * (y - m).square()).sum(dim=0) for g, m in zip(gamma.T, means, strict=True)])
    return sizes[:, 0] / len(y), means, torch.where(alive, spread / n, var)
