"""Where a loss is computed for several trainings at once (torch.vmap): what then must be done for each by itself.

torch.vmap makes other operations of some, which round differently; a member of several trainings is to have the bits of
the training alone.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

_here = threading.local()


def stacked() -> bool:
    """Whether tensors may hold those of several trainings here."""
    return getattr(_here, "stacked", False)


@contextmanager
def stacking() -> Iterator[None]:
    """Context in which tensors may hold those of several trainings."""
    _here.stacked = True
    try:
        yield
    finally:
        _here.stacked = False


def each_alone(compute: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """compute(*tensors); of several trainings, of each by itself."""
    return _EachAlone.apply(compute, *tensors) if stacked() else compute(*tensors)


def quick_to_bind(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its signature kept: torch looks it up at each call of a rule for vmap, which takes long."""
    function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return function


class _EachAlone(torch.autograd.Function):
    """A function of tensors, of stacked ones one after the other: its rule for vmap is all that it is used for."""

    @staticmethod
    @quick_to_bind
    def forward(compute: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
        return compute(*tensors)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Nothing is kept: outside of vmap nobody calls it."""

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], compute: Callable[..., Tensor], *tensors: Tensor) -> Any:  # type: ignore[override]
        parts = [
            [one] * info.batch_size if axis is None else one.unbind(axis)
            for one, axis in zip(tensors, in_dims[1:], strict=True)
        ]
        return torch.stack([compute(*some) for some in zip(*parts, strict=True)]), 0
