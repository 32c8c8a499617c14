"""Gradient steps of several trainings as one batched computation: stacked weights, the loss of the method under vmap.

Each training keeps its own networks and optimizer, whose weights become views of the stacked ones, so that everything
but the step (codes of all points, k-means, snapshots, resets) goes on as in a training alone. All that is random is
drawn by each training from its own generator, in its own order.

The products of a layer are batched (`autoencoder.dense`), the loss and its way back are recorded once and then done
without autograd (`slopes`), and the optimizer takes one step of all weights: a training has the bits of the training
alone on a processor, and about its numbers on a graphics card.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from epochscope.formulas.stacking import stacked_apart
from epochscope.nets.slopes import Slopes
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
        self.slopes = Slopes(self.weights)
        self._optimizer = _StackedOptimizer([step.optimizer for step in steps], self._own, self.weights)

    def take(self, steps: Sequence[Step]) -> None:
        """Takes one step of each training, in the order in which they were stacked."""
        first = steps[0]
        inputs = tuple(torch.stack(column) for column in zip(*(step.inputs for step in steps), strict=True))
        shared, apart = _numbers(steps, inputs[0])

        def loss(weights: dict[str, Tensor], inputs: tuple[Tensor, ...], apart: dict[str, Tensor]) -> Loss:
            arguments = (first.loss, inputs, {**shared, **apart})
            # not tied: a module that is reached by two names would be left with the weights of this call
            return functional_call(self._trained, weights, arguments, tie_weights=False)

        kind = (_function(first.loss), tuple(shared.items()), tuple(apart))
        slopes, terms = self.slopes.of(loss, inputs, apart, kind)
        self._optimizer.step(slopes, first)
        for place, step in enumerate(steps):
            if step.after:
                step.after()
            step.means.add_together(len(step.inputs[0]), terms, place)


class _StackedOptimizer:
    """One optimizer of some trainings: of the stacked weights where these are without gaps, else of each one's own.

    What it remembers of the gradients is what the optimizers of the trainings remember, who see parts of it.
    """

    def __init__(
        self, optimizers: Sequence[torch.optim.Optimizer], own: Mapping[str, list[Any]], weights: Mapping[str, Tensor]
    ) -> None:
        self._optimizers, self._own, self._weights = optimizers, own, weights
        self._whole = {id(own[name][0]): name for name, whole in weights.items() if whole.is_contiguous()}
        groups = [
            {**group, "params": [one for column in self._columns(i) for one in self._held(column)]}
            for i, group in enumerate(optimizers[0].param_groups)
        ]
        kind: Any = type(optimizers[0])
        self._optimizer = kind(groups, lr=groups[0]["lr"])
        columns = [column for i in range(len(groups)) for column in self._columns(i)]
        self._stacked = [(column, *self._held(column)) for column in columns if id(column[0]) in self._whole]
        for column in columns:
            states = [steps.state[one] for steps, one in zip(optimizers, column, strict=True)]
            if id(column[0]) not in self._whole:
                self._optimizer.state.update(zip(column, states, strict=True))
            elif states[0]:
                whole = {name: stacked_apart([state[name] for state in states]) for name in states[0] if name != "step"}
                steps = {"step": states[0]["step"].clone()} if "step" in states[0] else {}
                self._optimizer.state[weights[self._whole[id(column[0])]]] = whole | steps
        self._handed_out = False

    def step(self, slopes: Mapping[str, Tensor | None], first: Step) -> None:
        """Takes a step with these gradients of the stacked weights; `first`: that of the first training."""
        for name, slope in slopes.items():
            whole = self._weights[name]
            whole.grad = None if slope is None else slope.contiguous()
            if first.longest < math.inf or id(self._own[name][0]) not in self._whole:
                grads = [None] * len(whole) if whole.grad is None else whole.grad.unbind()
                for one, grad in zip(self._own[name], grads, strict=True):
                    one.grad = grad
        if first.longest < math.inf:
            for place in range(len(self._optimizers)):
                torch.nn.utils.clip_grad_norm_([some[place] for some in self._own.values()], first.longest)
        for mine, its in zip(self._optimizer.param_groups, first.optimizer.param_groups, strict=True):
            mine["lr"] = its["lr"]
        self._optimizer.step()
        if not self._handed_out:
            self._hand_out()

    def _hand_out(self) -> None:
        """Gives each training its part of what is remembered, from the first step on."""
        for column, whole in self._stacked:
            for name, value in self._optimizer.state[whole].items():
                parts = [value] * len(column) if name == "step" else value.unbind()
                for steps, one, part in zip(self._optimizers, column, parts, strict=True):
                    steps.state[one][name] = part
        self._handed_out = True

    def _columns(self, i: int) -> list[tuple[Any, ...]]:
        """The weights of group i, each of all trainings."""
        return list(zip(*(steps.param_groups[i]["params"] for steps in self._optimizers), strict=True))

    def _held(self, column: tuple[Any, ...]) -> tuple[Any, ...]:
        name = self._whole.get(id(column[0]))
        return column if name is None else (self._weights[name],)


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
    """A loss as something to compare: a partial equals another with equal parts, a method that of an equal object."""
    if isinstance(loss, functools.partial):
        return loss.func, loss.args, tuple((name, _function(loss.keywords[name])) for name in sorted(loss.keywords))
    return (loss.__func__, loss.__self__) if inspect.ismethod(loss) else loss
