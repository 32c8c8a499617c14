"""What one gradient step consists of: who pulled where, at the output of the encoder; and who is told of each step.

A loss reaches the weights of the encoder only through the codes of the batch. So its gradient is the sum over terms and
points of what each term wants of the code of each point. A method says these terms only if somebody watches: training
neither computes them otherwise nor changes its numbers because of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor, nn

PULL, REST = "pull", "the other terms"

_here = threading.local()


class Term(NamedTuple):
    """A term of the loss; of the pull of a cluster's center, which one (in the method's own numbers)."""

    name: str
    cluster: int = -1


Slopes = tuple[Tensor | None, ...]
"""The gradient of a term by each of the outputs of the encoder; None where it does not depend on one."""


class StepParts(NamedTuple):
    """The terms of one step.

    `encoder` maps the points x to the codes that are shown. The loss sees `outputs` of it for the points `rows`, where
    one may occur several times: the codes, and for a variational encoder their log variances. What the terms leave over
    of the gradient of the loss by each output is called `rest`.
    """

    loss: Tensor
    encoder: nn.Sequential
    x: Tensor  # n x f, as the encoder takes it
    rows: Int[Tensor, " b"]
    outputs: tuple[Tensor, ...]
    slopes: Mapping[Term, Slopes]
    groups: Int[Tensor, " b"]  # the cluster of each row, in the method's own numbers
    rest: tuple[str, ...] = (REST,)


def slopes(term: Tensor, outputs: tuple[Tensor, ...]) -> Slopes:
    """The gradient of a term by the outputs; the graph is kept for the step itself."""
    return torch.autograd.grad(term, outputs, retain_graph=True, allow_unused=True)


@contextmanager
def outputs_of(module: nn.Module) -> Iterator[list[Any]]:
    """Context that collects what a module returns."""
    found: list[Any] = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: found.append(output))
    try:
        yield found
    finally:
        handle.remove()


@runtime_checkable
class StepWatcher(Protocol):
    """Whoever looks at each gradient step whose terms are known, while `awake`."""

    awake: bool

    def begin(self, steps: torch.optim.Optimizer, parts: StepParts) -> None:
        """Before the step. A graph that the parts have must be kept."""

    def end(self, steps: torch.optim.Optimizer, share: float) -> None:
        """After the step. `share`: what clipping has left of the gradient, 1 where nothing was clipped."""


@contextmanager
def watching_steps(watcher: StepWatcher) -> Iterator[None]:
    """Context in which the watcher is told of each gradient step of this thread."""
    before = getattr(_here, "watcher", None)
    _here.watcher = watcher
    try:
        yield
    finally:
        _here.watcher = before


def step_watcher() -> StepWatcher | None:
    """Who watches the steps of this thread; None almost always."""
    watcher: StepWatcher | None = getattr(_here, "watcher", None)
    return watcher if watcher is not None and watcher.awake else None


Parts = Callable[[], StepParts]
"""Asked only if somebody watches."""
