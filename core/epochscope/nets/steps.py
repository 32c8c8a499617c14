"""One gradient step as a value: what is trained, the loss as a pure function of it, and the numbers of one batch.

A method that hands its steps to `take_step` can be trained alone or beside copies of itself with other seeds: alone the
step is done at once, and beside others (`epochscope.nets.stack`) all their steps are done as one batched computation of
the SAME loss; on a GPU it is one launch of a graph (`epochscope.nets.graphs`). So a loss draws nothing and asks no
number of a tensor; what is drawn for a batch is among its inputs.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from epochscope.nets.graphs import graphs_of
from epochscope.nets.parts import Parts, step_watcher
from epochscope.nets.training import Means, descend

_here = threading.local()


class Loss(NamedTuple):
    """What a step minimizes, and the terms that are shown, each a mean over the batch."""

    total: Float[Tensor, ""]
    terms: Mapping[str, Float[Tensor, ""]]


class Trained(nn.Module):
    """The networks and tensors that a loss reads, by name: `Trained(encoder=net.encoder, mu=mu)`."""

    def __init__(self, **parts: nn.Module | nn.Parameter) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, loss: LossOf, inputs: tuple[Tensor, ...], numbers: Mapping[str, Any]) -> Loss:
        """The loss of a batch."""
        return loss(self, *inputs, **numbers)


LossOf = Callable[..., Loss]
"""(trained, *inputs, **numbers) -> Loss, a function of its arguments alone."""


class Step(NamedTuple):
    """One gradient step of one training."""

    optimizer: torch.optim.Optimizer
    loss: LossOf
    trained: nn.Module  # a Trained, or a module whose forward does the same
    inputs: tuple[Tensor, ...]  # of the batch, its points along the first axis of the first one
    means: Means
    numbers: Mapping[str, Any]  # numbers may differ between trainings that are done together; anything else may not
    longest: float  # norm to which the gradient is clipped
    after: Callable[[], None] | None  # what the step ends with
    parts: Parts | None  # the terms of the loss, for whoever watches a training that is done alone


def take_step(
    optimizer: torch.optim.Optimizer,
    loss: LossOf,
    trained: nn.Module,
    inputs: tuple[Tensor, ...],
    means: Means,
    *,
    longest: float = math.inf,
    after: Callable[[], None] | None = None,
    parts: Parts | None = None,
    **numbers: Any,
) -> None:
    """Takes one gradient step and adds the terms of its loss to `means`.

    Beside other trainings it is done when the method yields next, not before. `numbers`: hyperparameters of the loss.
    `parts`: its terms, for whoever watches the steps of this thread (epochscope.nets.parts).
    """
    step = Step(optimizer, loss, trained, inputs, means, numbers, longest, after, parts)
    if (put := getattr(_here, "put", None)) is None:
        _alone(step)
    else:
        put(step)


def _alone(step: Step) -> None:
    watched = step.parts and step_watcher()
    graphs = None if watched else graphs_of(step.optimizer)
    if graphs is None:
        terms = _descended(step, step.inputs)
    else:
        kind = (step.loss, step.trained, step.longest, tuple(step.numbers.items()))
        terms = graphs.do(partial(_descended, step), step.inputs, kind)
    if step.after:
        step.after()
    step.means.add(len(step.inputs[0]), **terms)


def _descended(step: Step, inputs: tuple[Tensor, ...]) -> Mapping[str, Tensor]:
    found = step.trained(step.loss, inputs, step.numbers)
    descend(step.optimizer, found.total, longest=step.longest, parts=step.parts)
    return found.terms


@contextmanager
def put_off(put: Callable[[Step], None]) -> Iterator[None]:
    """Context in which the steps of this thread are not done but handed to `put`."""
    before = getattr(_here, "put", None)
    _here.put = put
    try:
        yield
    finally:
        _here.put = before
