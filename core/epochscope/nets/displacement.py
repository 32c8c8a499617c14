"""Why a code moved: the displacement of some points, step by gradient step, as a sum over the terms of the loss.

A step changes the weights theta by something linear in the gradient: SGD by -lr times a running sum of gradients, Adam
by -lr times their running mean over denominators, which are taken as they were. So with one running mean for each term,
the change of theta is the sum of one change for each term. What a change of theta does to the code of a point is, to
first order, J(x) dtheta; the Jacobian is taken at some places on the way from the weights before a step to those after
it. What is left out by that is the remainder: the more places, the smaller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from epochscope.nets.autoencoder import dense
from epochscope.nets.parts import PULL, Slopes, StepParts, Term, slopes
from epochscope.types import EpochscopeError

EARLIER, DECAY, JUMP = "steps before", "weight decay", "a reset of the weights"
PIECES = 4
"""Places within a step at which its Jacobian is taken."""
MOST_CLUSTERS = 30
"""With more clusters all pulls are one part."""
_MOST_BYTES = 6e9  # of running means
_SMALL = 1e-5  # a rest that is below this share of the gradient is rounding


class Part(NamedTuple):
    """A part of a displacement: a term of the chosen points themselves (`own`), or of all others. The pulls on others
    are divided by the cluster that those are in, and so they belong to that; own pulls by the center that pulls.
    """

    term: Term
    own: bool


class Displacement(NamedTuple):
    """What the parts did to the codes of the chosen points."""

    parts: list[Part]
    moved: Float[np.ndarray, "parts s d"]
    steps: int  # gradient steps
    visits: int  # rows of the chosen points in their batches


class Meter:
    """Measures the displacement of some points over the gradient steps that it is told of (a StepWatcher).

    Running means remember steps from before. So while it is `awake`, it first divides these means among the terms, and
    measures only after `start`. What is left of still earlier steps is a part of its own.
    """

    def __init__(self, points: Int[Tensor, " s"]) -> None:
        self.points, self.awake = points, False
        self.forget()

    def forget(self) -> None:
        """As at the beginning."""
        self._parts: dict[Part, int] = {}
        self._means: list[Tensor] = []  # for each weight: parts x its shape
        self._moved: Tensor | None = None  # parts x s x d
        self._measuring = False
        self._steps = self._visits = 0
        self._before: list[Tensor] = []
        self._after: list[Tensor] | None = None  # as the last step left them
        self._gradients: list[Tensor] = []
        self._now: StepParts | None = None

    def start(self) -> None:
        """From the next step on displacements are added up."""
        self._measuring, self._moved = True, None
        self._steps = self._visits = 0

    def result(self) -> Displacement:
        """What was measured since `start`. A part that moved nothing is left out."""
        if self._moved is None:
            return Displacement([], np.zeros((0, len(self.points), 0)), 0, 0)
        moved = self._moved.numpy()
        kept = [(part, number) for part, number in self._parts.items() if np.any(moved[number])]
        return Displacement(
            [part for part, _ in kept], moved[[number for _, number in kept]], self._steps, self._visits
        )

    def begin(self, steps: torch.optim.Optimizer, parts: StepParts) -> None:
        """As in StepWatcher: the gradient of each part."""
        weights = list(parts.encoder.parameters())
        self._now, self._before = parts, [weight.detach().clone() for weight in weights]
        own = torch.isin(parts.rows, self.points.to(parts.rows.device))
        shares = list(_shares(dict(_whole(parts)), parts.groups, own))
        self._join([part for part, _, _ in shares], steps, weights)
        if self._after is not None and any(not torch.equal(*two) for two in zip(self._after, weights, strict=True)):
            self._add_jump(self._after)
        self._visits += int(own.sum()) if self._measuring else 0
        self._gradients = [torch.zeros_like(mean) for mean in self._means]
        for part, slope, mask in shares:
            if bool(mask.any()):
                self._add_gradient(self._parts[part], slope, mask, weights)

    def _add_gradient(self, number: int, slope: Slopes, mask: Tensor, weights: Sequence[Tensor]) -> None:
        """The gradient by the weights of what a term wants of the codes of these rows."""
        assert self._now is not None
        asked = [
            (out, one * mask[:, None]) for out, one in zip(self._now.outputs, slope, strict=True) if one is not None
        ]
        if not asked:
            return
        outputs, wanted = zip(*asked, strict=True)
        found = torch.autograd.grad(outputs, weights, wanted, retain_graph=True, allow_unused=True)
        for gradient, one in zip(self._gradients, found, strict=True):
            if one is not None:
                gradient[number] = one

    def end(self, steps: torch.optim.Optimizer, share: float) -> None:
        """As in StepWatcher: the change of the weights by each part, and what it did."""
        assert self._now is not None
        weights = list(self._now.encoder.parameters())
        changes = []
        for weight, before, mean, raw in zip(weights, self._before, self._means, self._gradients, strict=True):
            rule, gradient = _rule_of(steps, weight), raw * share
            if rule.decay:
                gradient[self._parts[Part(Term(DECAY), False)]] += rule.decay * before
            mean.mul_(rule.keep).add_(gradient, alpha=rule.take)
            changes.append(mean * rule.factor)
        self._after = [weight.detach().clone() for weight in weights]
        if self._measuring:
            self._add(self._moved_by(changes, self._now))
            self._steps += 1
        self._gradients, self._now = [], None

    def _moved_by(self, changes: list[Tensor], now: StepParts) -> Tensor:
        """The mean over places on the way from the weights before to those after of J(x) dtheta."""
        assert self._after is not None
        x, total = now.x[self.points], torch.zeros(())
        for piece in range(PIECES):
            share = (piece + 0.5) / PIECES
            here = [before.lerp(after, share) for before, after in zip(self._before, self._after, strict=True)]
            total = total + tangents(now.encoder, here, changes, x) / PIECES
        return total

    def _add(self, moved: Tensor) -> None:
        moved = moved.detach().double().cpu()
        if self._moved is None:
            self._moved = torch.zeros_like(moved)
        if len(moved) > len(self._moved):
            self._moved = torch.cat([self._moved, torch.zeros_like(moved[len(self._moved) :])])
        self._moved[: len(moved)] += moved

    def _add_jump(self, before: list[Tensor]) -> None:
        """The weights were changed by something other than a step: what that did is known without a Jacobian."""
        assert self._now is not None
        if self._measuring:
            x, encoder = self._now.x[self.points], self._now.encoder
            jump = (_codes(encoder, self._before, x) - _codes(encoder, before, x)).double().cpu()
            whole = torch.zeros((len(self._parts), *jump.shape), dtype=jump.dtype)
            whole[self._parts[Part(Term(JUMP), False)]] = jump
            self._add(whole)

    def _join(self, parts: list[Part], steps: torch.optim.Optimizer, weights: list[nn.Parameter]) -> None:
        """Makes room for the parts. What the optimizer remembers at the first step belongs to the steps before."""
        if not self._parts:
            self._parts = {Part(Term(name), False): number for number, name in enumerate((EARLIER, DECAY, JUMP))}
            self._means = [torch.zeros((len(self._parts), *weight.shape), dtype=weight.dtype) for weight in weights]
            for mean, weight in zip(self._means, weights, strict=True):
                mean[0] = _remembered(steps, weight)
        new = [part for part in parts if part not in self._parts]
        self._parts |= {part: len(self._parts) + place for place, part in enumerate(new)}
        if len(self._parts) * sum(weight.numel() for weight in weights) * weights[0].element_size() > _MOST_BYTES:
            raise EpochscopeError(
                f"This network is too large to divide its steps into {len(self._parts)} parts in memory; "
                "ask of a run with smaller layers or fewer clusters."
            )
        if new:
            self._means = [torch.cat([mean, mean.new_zeros((len(new), *mean.shape[1:]))]) for mean in self._means]


def _whole(parts: StepParts) -> Iterator[tuple[Term, Slopes]]:
    """The terms, and the rest of the gradient of the loss by each output, where there is one."""
    yield from parts.slopes.items()
    for place, whole in enumerate(slopes(parts.loss, parts.outputs)):
        known = [one for slope in parts.slopes.values() if (one := slope[place]) is not None]
        named = torch.stack(known).sum(dim=0) if known else torch.zeros_like(parts.outputs[place])
        left = (torch.zeros_like(named) if whole is None else whole) - named
        if float(left.abs().sum()) > _SMALL * sum(float(one.abs().sum()) for one in known):
            yield Term(parts.rest[place]), tuple(left if at == place else None for at in range(len(parts.outputs)))


def _summed(several: list[Slopes]) -> Slopes:
    """Several terms as one."""
    return tuple(
        None if columns[0] is None else torch.stack([one for one in columns if one is not None]).sum(dim=0)
        for columns in zip(*several, strict=True)
    )


def _shares(terms: Mapping[Term, Slopes], groups: Tensor, own: Tensor) -> Iterator[tuple[Part, Slopes, Tensor]]:
    """Each part with its slopes, and the mask of the rows that it takes of them."""
    pulls = {term: slope for term, slope in terms.items() if term.name == PULL}
    rest = {term: slope for term, slope in terms.items() if term.name != PULL}
    for term, slope in rest.items():
        yield Part(term, True), slope, own
        yield Part(term, False), slope, ~own
    if not pulls:
        return
    together = _summed(list(pulls.values()))
    if len(pulls) > MOST_CLUSTERS:
        yield Part(Term(PULL), True), together, own
        yield Part(Term(PULL), False), together, ~own
        return
    for term, slope in pulls.items():
        yield Part(term, True), slope, own
        yield Part(term, False), together, ~own & (groups == term.cluster)


class _Rule(NamedTuple):
    """One step of an optimizer on one weight: m <- keep m + take g, and the weight changes by factor m."""

    keep: float
    take: float
    factor: Tensor | float
    decay: float  # adds decay times the weight to g


def _rule_of(steps: torch.optim.Optimizer, weight: Tensor) -> _Rule:
    """The rule of the step that was just taken. Raises EpochscopeError for an optimizer whose rule is not known."""
    group, state = _group_of(steps, weight), steps.state[weight]
    decay = float(group["weight_decay"])
    if isinstance(steps, torch.optim.Adam):
        (first, second), count = group["betas"], float(state["step"])
        spread = (state["exp_avg_sq"] / (1 - second**count)).sqrt() + group["eps"]
        return _Rule(first, 1 - first, -float(group["lr"]) / (1 - first**count) / spread, decay)
    if isinstance(steps, torch.optim.SGD) and not group["nesterov"] and not group["dampening"]:
        return _Rule(float(group["momentum"]), 1.0, -float(group["lr"]), decay)
    raise EpochscopeError(f"The steps of {type(steps).__name__} cannot be divided into parts.")


def _group_of(steps: torch.optim.Optimizer, weight: Tensor) -> dict[str, Any]:
    return next(group for group in steps.param_groups if any(one is weight for one in group["params"]))


def _remembered(steps: torch.optim.Optimizer, weight: Tensor) -> Tensor:
    """The running mean (Adam) or sum (SGD) of gradients before the next step."""
    state = steps.state.get(weight, {})
    known = state.get("exp_avg", state.get("momentum_buffer"))
    return torch.zeros_like(weight) if known is None else known.detach().clone()


def tangents(
    encoder: nn.Sequential, weights: list[Tensor], changes: list[Tensor], x: Float[Tensor, "s f"]
) -> Float[Tensor, "p s d"]:
    """J(x) dtheta at these weights, for each of p changes (p x the shape of each weight): what each does to the codes.

    The encoder is a row of linear layers (weight, bias) and ReLU. Raises EpochscopeError for any other.
    """
    values, moved, rest = x, x.new_zeros((len(changes[0]), *x.shape)), iter(zip(weights, changes, strict=True))
    with torch.no_grad():
        for layer in encoder:
            if isinstance(layer, nn.ReLU):
                moved, values = moved * (values > 0), values.relu()
            elif isinstance(layer, nn.Linear):
                (weight, by_weight), (bias, by_bias) = next(rest), next(rest)
                moved = moved @ weight.T + torch.einsum("poi,si->pso", by_weight, values) + by_bias[:, None, :]
                values = values @ weight.T + bias
            else:
                raise EpochscopeError(f"What a layer {type(layer).__name__} does to a change is not known.")
    return moved


def _codes(encoder: nn.Sequential, weights: list[Tensor], x: Float[Tensor, "s f"]) -> Float[Tensor, "s d"]:
    values, rest = x, iter(weights)
    with torch.no_grad():
        for layer in encoder:
            values = values.relu() if isinstance(layer, nn.ReLU) else dense(values, next(rest), next(rest))
    return values
