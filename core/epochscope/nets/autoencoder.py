"""The fully connected autoencoder of the deep clustering papers: D-500-500-2000-M and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from epochscope.formulas.stacking import aligned, into, lined_up, quick_to_bind, stacked
from epochscope.nets.device import many_cores, one_core_again
from epochscope.nets.training import apply_in_batches
from epochscope.params import Params, param


@dataclass(frozen=True)
class AutoencoderParams(Params):
    widths: str = param(
        "500-500-2000",
        pattern=r"[1-9]\d{0,3}(-[1-9]\d{0,3}){0,5}",
        label="hidden layers",
        help="Neurons in each hidden layer of the encoder, from the data inwards; the decoder mirrors them. "
        "Up to six layers of at most 9999 neurons.",
    )
    d: int = param(
        10,
        2,
        100,
        symbol="d",
        label="code size",
        help="Numbers that describe a point after the encoder. With 2 the codes can be drawn as they are.",
    )

    center: bool = param(
        True,
        label="center the data",
        help="Subtracts the overall mean of all features before the network. The papers do not; codes of pictures "
        "with a dark background separate sooner with it.",
    )

    @property
    def hidden(self) -> list[int]:
        """Widths of the hidden layers."""
        return [int(width) for width in self.widths.split("-")]


class Unit(NamedTuple):
    """Origin and unit of length of the data inside the network: one number each, the same for all features."""

    origin: float
    length: float

    def of(self, x: Float[Tensor, "*n f"]) -> Float[Tensor, "*n f"]:
        """Data in this unit: (x - origin) / length."""
        return (x - self.origin) / self.length

    def back(self, x: Float[Tensor, "*n f"]) -> Float[Tensor, "*n f"]:
        """The inverse of `of`."""
        return x * self.length + self.origin


def unit_of(x: Float[Tensor, "n f"], *, center: bool) -> Unit:
    """The unit in which |x_i|^2 / f is 1 on average, as DEC scales its data; with `center`, about the overall mean.

    It sets the distances between codes and so the sharpness of the first Q: the width of the Student-t kernel is fixed.
    """
    origin = float(x.mean()) if center else 0.0
    length = float((x - origin).square().mean().sqrt())
    if not math.isfinite(length):  # the sums or squares overflow
        wide = x.double()
        origin = float(wide.mean()) if center else 0.0
        length = float((wide - origin).square().mean().sqrt())
    return Unit(origin, length or 1.0)


class Autoencoder(nn.Module):
    """x -> z -> x: ReLU in the hidden layers, linear code, linear output."""

    def __init__(self, f: int, hp: AutoencoderParams, rng: torch.Generator, more: int = 0) -> None:
        """f features; a code of hp.d + more numbers, where a method needs more; weights drawn from rng."""
        super().__init__()
        sizes = [f, *hp.hidden, hp.d + more]
        self.encoder = mlp(sizes, rng)
        self.decoder = mlp(sizes[::-1], rng)

    def forward(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n f"]:
        return self.decoder(self.encoder(x))

    def encode(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n d"]:
        """Codes of all points, without gradient."""
        return apply_in_batches(self.encoder, x)

    def decode(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n f"]:
        """Decoded codes or cluster centers, without gradient."""
        return apply_in_batches(self.decoder, z)


def mlp(sizes: list[int], rng: torch.Generator) -> nn.Sequential:
    """Linear layers with ReLU between them, none at the end."""
    layers: list[nn.Module] = []
    for size_in, size_out in pairwise(sizes):
        layers += [Linear(size_in, size_out, rng), nn.ReLU()]
    return Layers(*layers[:-1])


class Layers(nn.Sequential):
    """Layers one after the other, on all cores where their products are large enough."""

    def forward(self, input: Float[Tensor, "*n f"]) -> Float[Tensor, "*n d"]:
        weights = sum(layer.weight.numel() for layer in self if isinstance(layer, nn.Linear))
        with many_cores(input[..., 0].numel() * weights):
            return super().forward(input)


class Linear(nn.Linear):
    """Linear layer with normal weights of variance 1 / fan-in and zero biases, drawn from the run's own generator.

    This is the initialization of the network that the DEC authors' Caffe code trains end to end. With smaller weights
    (their N(0, 0.01^2) for single layers, torch's uniform +-1/sqrt(fan-in)) the signal fades over eight layers, and for
    a hundred steps only the mean of the data is reconstructed; larger ones (variance 2 / fan-in) left a higher loss
    after the same time on MNIST.
    """

    def __init__(self, size_in: int, size_out: int, rng: torch.Generator) -> None:
        super().__init__(size_in, size_out, device=rng.device)
        with torch.no_grad():
            self.weight.normal_(0, size_in**-0.5, generator=rng)
            self.bias.zero_()

    def reset_parameters(self) -> None:
        """Does nothing: torch's version would draw from the generator that all threads share."""

    def forward(self, input: Float[Tensor, "*n f"]) -> Float[Tensor, "*n d"]:
        return dense(input, self.weight, self.bias)


_NARROW = 128  # inputs or outputs
_FEW = 64  # rows


def dense(x: Float[Tensor, "*n f"], weight: Float[Tensor, "d f"], bias: Float[Tensor, " d"]) -> Float[Tensor, "*n d"]:
    """x W^T + b; of a narrow layer or few rows with one thread, since there the library divides products among threads
    in ways that change the last bits (seen up to 100 inputs or outputs, never from 128 on, and up to 15 rows, as the
    last of an epoch may be, never from 16 on: test_thread_count.py looks).
    """
    if stacked():
        return _Stacked.apply(x, weight, bias)
    wide = min(weight.shape) >= _NARROW and x[..., 0].numel() >= _FEW
    return nn.functional.linear(x, weight, bias) if wide else _Narrow.apply(x, weight, bias)


class _Narrow(torch.autograd.Function):
    """x W^T + b with one thread, backward too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        with one_core_again():
            return nn.functional.linear(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        with one_core_again():
            to_x = gradient @ weight if ctx.needs_input_grad[0] else None
            return to_x, gradient.t() @ x, gradient.sum(dim=0)


class _Stacked(torch.autograd.Function):
    """x W^T + b of the layers of several trainings (torch.vmap): its rule for vmap is all that it is used for."""

    @staticmethod
    @quick_to_bind
    def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return nn.functional.linear(x, weight, bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
        """Nothing is kept: outside of vmap nobody calls it."""

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *stacked: Tensor) -> tuple[Tensor, int]:  # type: ignore[override]
        x, weight, bias = (
            one.expand(info.batch_size, *one.shape) if axis is None else one.movedim(axis, 0)
            for one, axis in zip(stacked, in_dims, strict=True)
        )
        if x.device.type == "cpu":
            return _EachAlone.apply(x, weight, bias), 0
        return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)), 0


class _EachAlone(torch.autograd.Function):
    """x W^T + b of stacked layers with the bits of each layer alone.

    As batched products where the part of each training lies as a tensor of its own would, else one after the other.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(x, weight)
        if lined_up(x, weight, bias, numbers=x.shape[1] * weight.shape[1]):
            return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))
        y = x.new_empty(*x.shape[:2], weight.shape[1])
        for i in range(len(x)):
            into(y[i], partial(torch.addmm, bias[i], aligned(x[i]), aligned(weight[i]).t()))
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        if lined_up(x, weight, gradient):
            to_x = gradient @ weight if ctx.needs_input_grad[0] else None
            return to_x, gradient.transpose(1, 2) @ x, gradient.sum(dim=1)
        to_x = x.new_empty(x.shape) if ctx.needs_input_grad[0] else None
        to_weight, to_bias = weight.new_empty(weight.shape), weight.new_empty(weight.shape[:2])
        for i in range(len(x)):
            slope = aligned(gradient[i])
            if to_x is not None:
                into(to_x[i], partial(torch.mm, slope, aligned(weight[i])))
            into(to_weight[i], partial(torch.mm, slope.t(), aligned(x[i])))
            into(to_bias[i], partial(torch.sum, slope, 0))
        return to_x, to_weight, to_bias
