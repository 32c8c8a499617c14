"""What a trained method needs to assign points it never saw, as named tensors, and the networks among them.

A method hands these out with a snapshot (`Snapshot.model`); they are plain tensors, so that they can be stored
without pickle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from epochscope.nets.autoencoder import Unit, dense
from epochscope.nets.training import apply_in_batches

Weights = Mapping[str, Tensor]
"""Tensors by dotted name, such as "encoder.0.weight" or "centers"; single numbers have no axis."""


def frozen(**parts: Any) -> Callable[[], dict[str, Tensor]]:
    """A function that copies these parts to the CPU, by dotted name: networks, tensors, numbers, or tuples with named
    fields of these; what another such function gives keeps its names.

    The copies are made at the first call and given again at later ones. So who wants the weights of a snapshot asks
    before the next step, and a method that shows a snapshot again shows it with the weights of then.
    """
    made: dict[str, Tensor] = {}

    def copies() -> dict[str, Tensor]:
        if not made:
            made.update(item for part, value in parts.items() for item in _named(part, value))
            parts.clear()  # the network is held by the copies no longer
        return made

    return copies


def _named(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, nn.Module):
        for inner, tensor in value.state_dict().items():
            yield f"{name}.{inner}", tensor.detach().to("cpu", copy=True)
    elif callable(value):
        yield from cast(Weights, value()).items()
    elif isinstance(value, Tensor):
        yield name, value.detach().to("cpu", copy=True)
    elif isinstance(value, tuple):
        for inner, part in value._asdict().items():  # type: ignore[attr-defined]
            yield from _named(f"{name}.{inner}", part)
    else:
        yield name, torch.tensor(value, dtype=torch.float64)


def network(weights: Weights, name: str) -> Callable[[Float[Tensor, "n f"]], Float[Tensor, "n d"]]:
    """The linear layers of that name with ReLU between them, none at the end, as epochscope.nets.autoencoder.mlp."""
    ends = (".weight", ".bias")
    places = sorted({int(key.split(".")[1]) for key in weights if key.startswith(f"{name}.") and key.endswith(ends)})
    layers = [(weights[f"{name}.{i}.weight"], weights[f"{name}.{i}.bias"]) for i in places]

    def apply(x: Float[Tensor, "n f"]) -> Float[Tensor, "n d"]:
        for i, (matrix, bias) in enumerate(layers):
            x = dense(x.relu() if i else x, matrix, bias)
        return x

    return apply


def encoded(x: Float[Tensor, "n f"], weights: Weights) -> Float[Tensor, "n d"]:
    """Codes of points in the units of the data: `unit` and `encoder` among the weights."""
    unit = Unit(float(weights["unit.origin"]), float(weights["unit.length"]))
    return apply_in_batches(network(weights, "encoder"), unit.of(x))
