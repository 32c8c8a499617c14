"""Decoded codes as optional arrays of a snapshot: centers, draws from each cluster, reconstructed points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.nets.autoencoder import Autoencoder, Unit
from epochscope.nets.likelihood import Bernoulli, Gaussian
from epochscope.nets.training import array

RESTORED, INVENTED = 12, 6
"""Number of reconstructed points (the first ones, in data order), and of draws from each cluster."""


class Pictures:
    """Decoded codes of the same points and the same noise in each epoch, so that they change only with the model."""

    def __init__(
        self,
        x: Float[Tensor, "n f"],
        likelihood: Bernoulli | Gaussian,
        decode: Callable[[Tensor], Tensor],
        shape: tuple[int, int],
        rng: torch.Generator,
    ) -> None:
        """x in the network's own unit; `decode` without gradient; shape = (number of clusters, size of a code)."""
        k, d = shape
        self.points, self.likelihood, self.decode = likelihood.unit.back(x[:RESTORED]), likelihood, decode
        self.eps = torch.randn(k, INVENTED, d, generator=rng, device=rng.device)

    def restored(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n f"]:
        """Decoded codes, in the unit of the data."""
        return self.likelihood.shown(self.decode(z))

    def of(
        self, m: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], log_var: Float[Tensor, "k d"]
    ) -> dict[str, np.ndarray]:
        """Decoded centers, decoded draws z ~ N(mu_k, sigma_k^2), and points reconstructed from their means m."""
        draws = mu[:, None] + (log_var / 2).exp()[:, None] * self.eps
        return {
            "decoded_centers": array(self.restored(mu)),
            "samples": array(self.restored(draws.flatten(0, 1)).unflatten(0, draws.shape[:2])),
            "reconstructions": array(torch.stack([self.points, self.restored(m[:RESTORED])])),
        }

    def crossed(self, x_j: Float[Tensor, "r f"], m_j: Float[Tensor, "r d"]) -> dict[str, np.ndarray]:
        """The points, a neighbor x_j of each (in the network's own unit), and the decoded mean m_j of that neighbor."""
        return {
            "cross_reconstructions": array(
                torch.stack([self.points, self.likelihood.unit.back(x_j), self.restored(m_j)])
            )
        }


def restored(net: Autoencoder, x: Float[Tensor, "n f"], unit: Unit) -> np.ndarray:
    """The first points x (in the network's own unit) and their reconstructions, both in the unit of the data."""
    some = x[:RESTORED]
    return array(unit.back(torch.stack([some, net.decode(net.encode(some))])))
