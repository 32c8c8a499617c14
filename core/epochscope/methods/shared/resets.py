"""Resets: now and then the encoder is pulled back toward fresh weights and clusters are found anew (BRB).

Miklautz, Klein, Sidak, Leiber, Lang, Shkabrii, Tschiatschek, Plant. Breaking the Reclustering Barrier in Centroid-based
Deep Clustering. ICLR 2025: a switch of DEC, IDEC and DCN, off unless asked for.
Departs from the paper: fresh weights are those with which our networks begin (the authors' are Kaiming's uniform ones);
k-means takes all points and the best of several starts, the authors' at most 10,000 points; clusters found anew get the
numbers of those that share most of their points, so that colors stay.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from epochscope.formulas.alignment import match_clusters
from epochscope.formulas.assignment import squared_distances
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.nets.autoencoder import Autoencoder
from epochscope.nets.training import array
from epochscope.params import Params, group, param
from epochscope.types import Progress


@dataclass(frozen=True)
class ResetParams(Params):
    """When and how far the encoder is reset."""

    every: int = param(
        0,
        0,
        500,
        symbol="T",
        label="epochs between resets",
        help="After so many epochs of clustering the encoder is reset and k-means finds clusters anew; 20 in the BRB "
        "paper, 0: never. Set the stop below a label change to 0, or training may end before the first reset.",
    )
    keep: float = param(
        0.8,
        0.0,
        1.0,
        step=0.05,
        symbol="α",
        label="share of the weights kept",
        help="Weights become α times themselves plus 1 - α times fresh ones, in all layers of the encoder but the "
        "last. 1 only finds clusters anew.",
    )

    def due(self, epoch: int) -> bool:
        """Whether a reset comes before the next epoch, `epoch` epochs of clustering being done."""
        return self.every > 0 and epoch > 0 and epoch % self.every == 0


def reset_group() -> Any:
    """The group of parameters, the same in every method that has it."""
    return group(ResetParams, "Resets (BRB)")


def soft_reset(encoder: nn.Sequential, keep: float, rng: torch.Generator) -> None:
    """theta <- alpha theta + (1 - alpha) phi with fresh phi, in all linear layers but the last, in place."""
    layers = [layer for layer in encoder if isinstance(layer, nn.Linear)][:-1]
    with torch.no_grad():
        for layer in layers:
            fresh = torch.empty_like(layer.weight).normal_(0, layer.in_features**-0.5, generator=rng)
            layer.weight.mul_(keep).add_(fresh, alpha=1 - keep)
            layer.bias.mul_(keep)  # fresh biases are 0


def reset(
    net: Autoencoder,
    x: Float[Tensor, "n f"],
    mu: Float[Tensor, "k d"],
    hp: ResetParams,
    *,
    restarts: int,
    rng: torch.Generator,
) -> Generator[Progress, None, Float[Tensor, "k d"]]:
    """Resets the encoder of `net` in place and returns the centers of new clusters, numbered as those of mu before."""
    before = labels_by(net.encode(x), mu)
    assert isinstance(net.encoder, nn.Sequential)
    soft_reset(net.encoder, hp.keep, rng)
    z = net.encode(x)
    centers = (yield from best_of_restarts(z, len(mu), restarts, rng)).centers
    new_id = match_clusters(previous=array(before), labels=array(labels_by(z, centers)), k=len(mu))
    return centers[torch.tensor(new_id, device=centers.device).argsort()]


def reset_trained(
    net: Autoencoder,
    x: Float[Tensor, "n f"],
    mu: nn.Parameter,
    steps: torch.optim.Optimizer,
    *,
    hp: Any,
    rng: torch.Generator,
) -> Generator[Progress, None, None]:
    """As `reset`, for centers that are trained by the optimizer: it forgets their gradients."""
    replace_centers(mu, (yield from reset(net, x, mu, hp.resets, restarts=hp.cluster.restarts, rng=rng)), steps)


def labels_by(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"]) -> Int[Tensor, " n"]:
    """The nearest center of each code."""
    return squared_distances(z, mu.detach()).argmin(dim=1)


def replace_centers(mu: nn.Parameter, centers: Float[Tensor, "k d"], steps: torch.optim.Optimizer) -> None:
    """Sets trained centers to new values, in place; what the optimizer remembers of their gradients becomes 0."""
    with torch.no_grad():
        mu.copy_(centers)
    for name, value in steps.state[mu].items():
        if name != "step" and isinstance(value, Tensor):
            value.zero_()
