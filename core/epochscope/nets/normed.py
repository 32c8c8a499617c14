"""A classifier with batch normalization: x -> logits of k clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import batch_norm, linear

from epochscope.nets.autoencoder import Linear
from epochscope.nets.frozen import Weights
from epochscope.nets.training import batches

_MEMORY = 0.1  # weight of a batch in the remembered statistics
_EPS = 2e-5


class BatchNorm(nn.Module):
    """(h - mean) / sd, then a learned slope and offset for each neuron."""

    mean: torch.Tensor
    var: torch.Tensor

    def __init__(self, size: int, device: torch.device) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.ones(size, device=device))
        self.offset = nn.Parameter(torch.zeros(size, device=device))
        self.register_buffer("mean", torch.zeros(size, device=device))
        self.register_buffer("var", torch.ones(size, device=device))

    def of_batch(self, h: Float[Tensor, "n w"], *, remember: bool) -> Float[Tensor, "n w"]:
        """By mean and variance of these rows, which may be remembered."""
        kept = (self.mean, self.var) if remember else (None, None)
        return batch_norm(h, *kept, self.slope, self.offset, training=True, momentum=_MEMORY, eps=_EPS)


class NormedClassifier(nn.Module):
    """Linear layers; batch normalization and ReLU after each but the last."""

    def __init__(self, sizes: Sequence[int], scales: Sequence[float], rng: torch.Generator) -> None:
        """First weights of layer l are normal, of variance scales[l]^2 / fan-in; biases 0."""
        super().__init__()
        self.layers = nn.ModuleList(Linear(size_in, size_out, rng) for size_in, size_out in pairwise(sizes))
        self.norms = nn.ModuleList(BatchNorm(size, rng.device) for size in sizes[1:-1])
        with torch.no_grad():
            for layer, scale in zip(self.layers, scales, strict=True):
                layer.weight.mul_(scale)  # type: ignore[operator]

    def forward(self, x: Float[Tensor, "n f"], *, remember: bool = False) -> Float[Tensor, "n k"]:
        """Logits by the statistics of this batch, which are remembered for `stored` if it is a step of training."""
        for layer, norm in zip(self.layers, self.norms, strict=False):
            x = norm.of_batch(layer(x), remember=remember).relu()  # type: ignore[operator]
        return self.layers[-1](x)

    def stored(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n k"]:
        """Logits by the remembered statistics: those of a point do not depend on its batch."""
        return _by_stored_statistics(x, dict(self.named_parameters()) | dict(self.named_buffers()))


def normed_classifier(weights: Weights, name: str) -> Callable[[Float[Tensor, "n f"]], Float[Tensor, "n k"]]:
    """`NormedClassifier.stored` from the weights that were frozen under this name."""
    own = {key.removeprefix(f"{name}."): value for key, value in weights.items() if key.startswith(f"{name}.")}
    return lambda x: _by_stored_statistics(x, own)


def _by_stored_statistics(x: Float[Tensor, "n f"], own: Weights) -> Float[Tensor, "n k"]:
    last = max(int(key.split(".")[1]) for key in own if key.startswith("layers."))
    for i in range(last + 1):
        x = linear(x, own[f"layers.{i}.weight"], own[f"layers.{i}.bias"])
        if i < last:
            mean, var, slope, offset = (own[f"norms.{i}.{part}"] for part in ("mean", "var", "slope", "offset"))
            x = batch_norm(x, mean, var, slope, offset, training=False, eps=_EPS).relu()
    return x


def whole_batches(n: int, size: int, rng: torch.Generator) -> Iterator[Int[Tensor, " b"]]:
    """Batches of one shuffled pass whose statistics mean something: a small last one joins the one before."""
    order = list(batches(n, size, rng))
    if len(order) > 1 and 2 * len(order[-1]) < size:
        order[-2:] = [torch.cat(order[-2:])]
    yield from order
