"""Where a loss is computed for several trainings at once (torch.vmap): what then must be done for each by itself.

torch.vmap makes other operations of some, which round differently; a member of several trainings is to have the bits of
the training alone.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
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


_LINE = 64  # bytes: tensors of their own begin at a multiple of it


def aligned(t: Tensor) -> Tensor:
    """The tensor, contiguous and where a tensor of its own could begin: products round by where their factors lie."""
    return t if t.is_contiguous() and t.data_ptr() % _LINE == 0 else t.clone(memory_format=torch.contiguous_format)


def lined_up(*stacked: Tensor, numbers: int = 0) -> bool:
    """Whether the part of each training, of these tensors and of one with so many numbers each, lies as a tensor of its
    own would: then a batched product has the bits of the products one by one.
    """
    apart = [one.stride(0) * one.element_size() for one in stacked] + [numbers * stacked[0].element_size()]
    return all(step % _LINE == 0 for step in apart) and all(one[0].is_contiguous() for one in stacked)


def into(out: Tensor, compute: Callable[..., Tensor]) -> None:
    """Writes what `compute(out=...)` gives into `out`, in a tensor of its own first where `out` is not aligned."""
    if out.data_ptr() % _LINE == 0:
        compute(out=out)
    else:
        out.copy_(compute())


def stacked_apart(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors along a first axis, each of them contiguous and aligned."""
    first = tensors[0]
    line = max(1, _LINE // first.element_size())
    room = -(-max(1, first.numel()) // line) * line
    whole = first.new_empty(len(tensors), room)[:, : first.numel()].unflatten(1, first.shape or (1,))
    whole = whole if first.shape else whole[:, 0]
    for i, one in enumerate(tensors):
        whole[i].copy_(one)
    return whole


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
