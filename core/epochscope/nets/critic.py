"""The discriminator: a small network that tells draws from a given distribution from codes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from epochscope.nets.autoencoder import Linear
from epochscope.nets.training import lr_param
from epochscope.params import Params, param

SLOPE = 0.2
"""Slope of LeakyReLU below zero: a ReLU that is 0 for all codes would give the encoder no gradient."""

BETAS = (0.5, 0.9)
"""Adam's betas in adversarial training: each network has a moving goal, so old gradients decay sooner than usual."""


def widths_param() -> Any:
    """The parameter `widths` of a discriminator."""
    return param(
        "128-128",
        pattern=r"[1-9]\d{0,3}(-[1-9]\d{0,3}){0,3}",
        label="hidden layers",
        help="Neurons in each hidden layer of the discriminator. Up to four layers of at most 9999 neurons.",
    )


def sizes(widths: str) -> list[int]:
    """Widths of the hidden layers from a value like "128-128"."""
    return [int(width) for width in widths.split("-")]


@dataclass(frozen=True)
class CriticParams(Params):
    """A discriminator and how it is trained."""

    widths: str = widths_param()
    lr: float = lr_param(
        1e-3,
        "Size of a gradient step of the discriminator. It should learn faster than the encoder; otherwise "
        "the encoder follows outdated feedback.",
    )
    steps: int = param(
        1,
        1,
        10,
        symbol="m",
        label="steps per step of the encoder",
        help="Discriminator steps per encoder step. More: a better estimate of JS, slower.",
    )
    ahead: int = param(
        300,
        0,
        2000,
        label="steps ahead",
        help="Discriminator steps before the first encoder step. An untrained discriminator would push codes in "
        "random directions.",
    )
    smoothing: float = param(
        0.9,
        0.5,
        1.0,
        step=0.05,
        symbol="s",
        label="target for draws",
        help="Target output of the discriminator for a true draw. Below 1 it never becomes certain (label smoothing).",
    )
    noise: float = param(
        0.1,
        0.0,
        2.0,
        step=0.05,
        label="noise on its input",
        help="Noise added to codes and draws before they enter the discriminator, in standard deviations of the codes; "
        "it shrinks to 0 over the epochs. It makes the two distributions overlap from the start.",
    )

    @property
    def hidden(self) -> list[int]:
        return sizes(self.widths)


class Critic(nn.Module):
    """z -> logit of D(z): linear layers, LeakyReLU between them."""

    def __init__(self, size_in: int, hidden: list[int], rng: torch.Generator) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([size_in, *hidden, 1]):
            layers += [Linear(before, after, rng), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, z: Float[Tensor, "n m"]) -> Float[Tensor, " n"]:
        return self.layers(z).squeeze(1)

    @property
    def weights(self) -> Float[Tensor, " w"]:
        """All parameters as one vector, to check that they are finite."""
        return nn.utils.parameters_to_vector(self.parameters()).detach()
