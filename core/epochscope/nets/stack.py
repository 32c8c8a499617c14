"""Gradient steps of several trainings as one batched computation: stacked weights, the loss of the method under vmap.

Each training keeps its own networks and optimizer, whose weights become views of the stacked ones, so that everything
but the step (codes of all points, k-means, snapshots, resets) goes on as in a training alone. All that is random is
drawn by each training from its own generator, in its own order.

On a processor the products of a layer are those of each training, one after the other (`autoencoder.dense`):
they are as fast as a batched product there, and round as in the training alone. On a graphics card they are one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from epochscope.formulas.stacking import stacked_apart, stacking
from epochscope.nets.steps import Loss, Step

_BESIDE = ("params", "lr")  # of an optimizer's options: not among those that two kinds of steps differ by


def take_together(steps: Sequence[Step], stacks: Stacks) -> None:
    """Takes these steps, one of each training; those that are alike in one batched computation."""
    alike: dict[Hashable, list[Step]] = {}
    for step in steps:
        alike.setdefault(stacks.kind(step), []).append(step)
    for some in alike.values():
        stacks.of(some).take(some)


class Stacks:
    """The stacked weights of trainings that advance together."""

    def __init__(self) -> None:
        self._kinds: dict[int, tuple[Any, Hashable]] = {}
        self._stacks: dict[tuple[int, ...], _Stack] = {}

    def kind(self, step: Step) -> Hashable:
        """Steps of equal kind can be taken together."""
        key = id(step.trained)
        if key not in self._kinds or self._kinds[key][0] is not step.trained:
            shapes = tuple((name, one.shape) for name, one in step.trained.named_parameters())
            options = tuple(
                (len(group["params"]), *((name, group[name]) for name in sorted(group) if name not in _BESIDE))
                for group in step.optimizer.param_groups
            )
            self._kinds[key] = (step.trained, (type(step.trained), type(step.optimizer), shapes, options))
        fixed = tuple((name, value) for name, value in step.numbers.items() if not isinstance(value, float))
        rates = tuple(group["lr"] for group in step.optimizer.param_groups)
        of_batch = tuple(one.shape for one in step.inputs)
        return self._kinds[key][1], _function(step.loss), fixed, rates, of_batch, step.longest

    def of(self, steps: Sequence[Step]) -> _Stack:
        """The stack of these trainings: that of the step before, if they were together then."""
        key = tuple(id(step.trained) for step in steps)
        if key not in self._stacks:
            mine = set(key)
            for old in [other for other in self._stacks if mine.intersection(other)]:
                del self._stacks[old]
            self._stacks[key] = _Stack(steps)
        return self._stacks[key]


class _Stack:
    """The weights of some trainings along a first axis, and one optimizer of all of them."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._trained = steps[0].trained  # its loss is that of all
        own = [dict(step.trained.named_parameters()) for step in steps]
        self._own = {name: [one[name] for one in own] for name in own[0]}
        with torch.no_grad():
            self.weights = {name: stacked_apart([one.detach() for one in some]) for name, some in self._own.items()}
            for name, some in self._own.items():
                for one, view in zip(some, self.weights[name].unbind(), strict=True):
                    one.data = view
        for whole in self.weights.values():
            whole.requires_grad_()
        groups = [
            {**first, "params": [one for step in steps for one in step.optimizer.param_groups[i]["params"]]}
            for i, first in enumerate(steps[0].optimizer.param_groups)
        ]
        kind: Any = type(steps[0].optimizer)
        self._optimizer = kind(groups, lr=groups[0]["lr"])
        for step in steps:  # what it remembers of the gradients of a weight is what that of the training remembers
            for group in step.optimizer.param_groups:
                for one in group["params"]:
                    self._optimizer.state[one] = step.optimizer.state[one]

    def take(self, steps: Sequence[Step]) -> None:
        """Takes one step of each training, in the order in which they were stacked."""
        first = steps[0]
        inputs = tuple(torch.stack(column) for column in zip(*(step.inputs for step in steps), strict=True))
        shared, apart = _numbers(steps, inputs[0])

        def loss(weights: dict[str, Tensor], inputs: tuple[Tensor, ...], apart: dict[str, Tensor]) -> Loss:
            arguments = (first.loss, inputs, {**shared, **apart})
            # not tied: a module that is reached by two names would be left with the weights of this call
            return functional_call(self._trained, weights, arguments, tie_weights=False)

        for whole in self.weights.values():
            whole.grad = None
        with stacking():
            found = torch.vmap(loss)(self.weights, inputs, apart)
            found.total.sum().backward()
        for name, whole in self.weights.items():
            grads = [None] * len(steps) if whole.grad is None else whole.grad.unbind()
            for one, grad in zip(self._own[name], grads, strict=True):
                one.grad = grad
        if first.longest < math.inf:
            for place in range(len(steps)):
                torch.nn.utils.clip_grad_norm_([some[place] for some in self._own.values()], first.longest)
        for mine, its in zip(self._optimizer.param_groups, first.optimizer.param_groups, strict=True):
            mine["lr"] = its["lr"]
        self._optimizer.step()
        terms = {name: values.detach() for name, values in found.terms.items()}
        for place, step in enumerate(steps):
            if step.after:
                step.after()
            step.means.add_together(len(step.inputs[0]), terms, place)


def _numbers(steps: Sequence[Step], like: Tensor) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The hyperparameters that all steps share, and those that differ, one number of each training."""
    shared, apart = dict(steps[0].numbers), {}
    for name in [name for name, value in shared.items() if isinstance(value, float)]:
        values = [step.numbers[name] for step in steps]
        if any(value != values[0] for value in values):
            apart[name] = torch.tensor(values, dtype=like.dtype, device=like.device)
            del shared[name]
    return shared, apart


def _function(loss: Any) -> Hashable:
    """A loss as something to compare: a partial equals another with equal parts."""
    if isinstance(loss, functools.partial):
        return loss.func, loss.args, tuple(sorted(loss.keywords.items()))
    return loss
