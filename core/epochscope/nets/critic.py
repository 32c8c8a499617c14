"""The discriminator: a small network that says of a code how much it looks like a draw from a given distribution."""

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
"""Of its LeakyReLU below zero: a ReLU that is silent for all codes would tell the encoder nothing."""

BETAS = (0.5, 0.9)
"""Of Adam in a game of two networks: each has a moving goal, so it forgets old gradients sooner than (0.9, 0.999)."""


def widths_param() -> Any:
    """The parameter of the hidden layers."""
    return param(
        "128-128",
        pattern=r"[1-9]\d{0,3}(-[1-9]\d{0,3}){0,3}",
        label="hidden layers",
        help="Neurons of each hidden layer of the discriminator. Up to four layers of at most 9999 neurons.",
    )


def sizes(widths: str) -> list[int]:
    """The hidden layers as numbers."""
    return [int(width) for width in widths.split("-")]


@dataclass(frozen=True)
class CriticParams(Params):
    """A discriminator and how it is trained."""

    widths: str = widths_param()
    lr: float = lr_param(
        1e-3,
        "Size of a gradient step of the discriminator. It should be the faster of the two: an encoder "
        "that outruns it follows an opinion about codes of long ago.",
    )
    steps: int = param(
        1,
        1,
        10,
        symbol="m",
        label="steps per step of the encoder",
        help="How often the discriminator learns before the encoder moves once. More: a better estimate of JS, slower.",
    )
    ahead: int = param(
        300,
        0,
        2000,
        label="steps ahead",
        help="Steps of the discriminator before the encoder moves for the first time. A discriminator that knows "
        "nothing yet would push codes in any direction.",
    )
    smoothing: float = param(
        0.9,
        0.5,
        1.0,
        step=0.05,
        symbol="s",
        label="target for draws",
        help="What the discriminator is to say of a true draw. Below 1 it never becomes certain (label smoothing).",
    )
    noise: float = param(
        0.1,
        0.0,
        2.0,
        step=0.05,
        label="noise on what it sees",
        help="Added to codes and draws alike before the discriminator sees them, in standard deviations of the codes; "
        "it shrinks to 0 over the epochs. It makes the two overlap from the beginning.",
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
        """All parameters in one row, to see whether they are still finite."""
        return nn.utils.parameters_to_vector(self.parameters()).detach()
