"""Soft assignment Q, target P and their divergence (Xie et al. 2016, sec. 3.1), with gradients in closed form."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def squared_distances(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"]) -> Float[Tensor, "n k"]:
    """d_ij = ||z_i - mu_j||^2, always the SQUARED distance."""
    return (z[:, None, :] - mu[None, :, :]).square().sum(dim=2)
