"""The classifier f2 of DGG: a small network that assigns codes to clusters; it is pretrained on k-means labels."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import nll_loss

from epochscope.nets.autoencoder import mlp
from epochscope.nets.training import StepParams, batches, descend, optimizer
from epochscope.params import MOST_EPOCHS, param
from epochscope.types import Progress


@dataclass(frozen=True)
class ClassifierParams(StepParams):
    """Pretraining of f2 on the k-means labels; afterwards f2 is trained together with everything else."""

    epochs: int = param(
        30, 1, MOST_EPOCHS, label="epochs", help="Passes over the codes while f2 learns the k-means labels."
    )
    hidden: int = param(
        0, 0, 500, label="hidden neurons", help="0: one linear layer, as on MNIST; 10 on STL-10, as many as clusters."
    )
    double_softmax: bool = param(
        False,
        label="double softmax",
        help="The published code pretrains f2 with a cross-entropy that applies softmax to probabilities a second "
        "time: gradients are weak and the loss cannot approach 0.",
    )


def classifier(
    z: Float[Tensor, "n d"], labels: Int[Tensor, " n"], k: int, hp: ClassifierParams, rng: torch.Generator
) -> Generator[Progress, None, nn.Module]:
    """Trains f2 (z -> logits) on -log softmax(f2(z_i))_label and returns it; yields a Progress after each epoch."""
    f2 = mlp([z.shape[1], *([hp.hidden] if hp.hidden else []), k], rng)
    steps = optimizer(hp, f2.parameters())
    for epoch in range(1, hp.epochs + 1):
        for rows in batches(len(z), hp.batch, rng):
            logits = f2(z[rows])
            if hp.double_softmax:
                logits = logits.softmax(dim=1)
            descend(steps, nll_loss(logits.log_softmax(dim=1), labels[rows]))
        yield Progress(epoch, hp.epochs, "classifier on the k-means labels")
    return f2
