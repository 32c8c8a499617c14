"""Parts of every training loop: batches, one gradient step, averages of losses, arrays for a snapshot."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.nets.device import many_cores
from epochscope.nets.graphs import capture_on
from epochscope.nets.parts import Parts, step_watcher
from epochscope.params import Params, param
from epochscope.types import EpochscopeError, Progress, Snapshot

_LEAST_BATCH = 64  # rows for which the work of a gradient step is estimated

PhaseSteps = Generator[Snapshot | Progress, Any, Any]
"""Steps of one or more phases, used as `hp = yield from phase(...)`; it returns the params with their live changes."""


def lr_param(default: float, help: str, *, of: str = "", symbol: str = "η") -> Any:
    """A learning rate (`of` names what it belongs to) as a live parameter on a logarithmic scale."""
    return param(
        default, 1e-6, 10.0, log=True, live=True, symbol=symbol, label=f"learning rate {of}".strip(), help=help
    )


@dataclass(frozen=True)
class StepParams(Params):
    """Optimizer, learning rate and batch size; each phase has its own."""

    optimizer: str = param(
        "adam",
        options=("adam", "sgd"),
        label="optimizer",
        help="Adam adapts the step size of each weight; SGD with momentum is what the first papers used.",
    )
    lr: float = lr_param(
        1e-3,
        "Size of a gradient step. Too large: the loss jumps or becomes NaN. Too small: nothing moves.",
    )
    momentum: float = param(
        0.9,
        0.0,
        0.99,
        step=0.01,
        label="momentum (SGD only)",
        help="Share of the last step that is carried over to the next.",
    )
    batch: int = param(256, 16, 4096, log=True, anew=True, label="batch size", help="Points per gradient step.")


def optimizer(
    hp: StepParams,
    theta: Iterable[Tensor],
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    weight_decay: float = 0.0,
) -> torch.optim.Optimizer:
    """Adam, or SGD with momentum, over the parameters theta; weight decay w adds w/2 |theta|^2 to the loss."""
    theta = list(theta)
    if hp.optimizer == "sgd":
        return torch.optim.SGD(theta, lr=hp.lr, momentum=hp.momentum, weight_decay=weight_decay)
    device = theta[0].device
    graph = capture_on(device) is not None
    return torch.optim.Adam(
        theta,
        lr=torch.tensor(hp.lr, device=device) if graph else hp.lr,  # a graph reads it anew at each step
        betas=betas,
        weight_decay=weight_decay,
        fused=device.type in ("cpu", "cuda"),
        capturable=graph,
    )


def set_lr(steps: torch.optim.Optimizer, lr: float) -> None:
    """Sets the learning rate of all parameters from the next gradient step on."""
    for group in steps.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def descend(
    steps: torch.optim.Optimizer, loss: Float[Tensor, ""], *, longest: float = math.inf, parts: Parts | None = None
) -> None:
    """One gradient step; the gradient over all parameters is clipped to the norm `longest`.

    `parts`: the terms of the loss, for whoever watches the steps of this thread; the step is the same with and without.
    """
    theta = [weight for group in steps.param_groups for weight in group["params"]]
    products = _LEAST_BATCH * sum(weight.numel() for weight in theta)
    watcher, share = step_watcher() if parts else None, 1.0
    if watcher and parts:
        watcher.begin(steps, parts())
    steps.zero_grad()
    with many_cores(products):
        loss.backward()
    if longest < math.inf:
        length = torch.nn.utils.clip_grad_norm_(theta, longest)
        share = min(1.0, longest / (float(length) + 1e-6)) if watcher else share
    with many_cores(products):
        steps.step()
    if watcher:
        watcher.end(steps, share)


def batches(n: int, size: int, rng: torch.Generator) -> Iterator[Int[Tensor, " b"]]:
    """Row indices of the batches of one shuffled pass over n points; the last one may be smaller, none is empty."""
    yield from torch.randperm(n, generator=rng, device=rng.device).split(size)


def apply_in_batches(
    network: Callable[[Tensor], Tensor], x: Float[Tensor, "n f"], rows: int = 1024
) -> Float[Tensor, "n d"]:
    """The network's output for all points, without gradient, computed in blocks of rows.

    Their activations stay in the memory that the process has anyway: larger ones are asked of the system each time,
    which costs as much as a third of the products.
    """
    with torch.no_grad(), many_cores(_LEAST_BATCH * x.numel()):
        return torch.cat([network(piece) for piece in x.split(rows)])


def array(t: Tensor) -> np.ndarray:
    """A read-only numpy copy for a snapshot: it shares no memory with the tensor that is trained further."""
    copy = t.detach().to("cpu", copy=True).numpy()
    copy.flags.writeable = False
    return copy


class Means:
    """Averages of each loss term over the points of an epoch, each batch taken before its gradient step.

    These are the `losses` of a snapshot in every method. A snapshot before the first step therefore has none.
    """

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._points = 0
        self._together: list[tuple[int, Mapping[str, Tensor], int]] = []  # batches of several trainings at once

    def add(self, points: int, **terms: Tensor) -> None:
        """Adds the loss terms of a batch of `points` points, each a mean over that batch."""
        self._points += points
        for name, value in terms.items():
            title = name.replace("_", " ")
            self._sums[title] = self._sums.get(title, 0.0) + points * value.detach()

    def add_together(self, points: int, terms: Mapping[str, Tensor], place: int) -> None:
        """As `add`, for terms that hold one value of each of several trainings, of which this is the one at `place`."""
        self._together.append((points, terms, place))

    def take(self) -> dict[str, float]:
        """The averages since the last call."""
        for points, terms, place in self._together:
            self.add(points, **{name: values[place] for name, values in terms.items()})
        self._together.clear()
        means = {name: float(total) / self._points for name, total in self._sums.items()}
        self._sums, self._points = {}, 0
        return means


def require_finite(phase: str, epoch: int, **named: Tensor) -> None:
    """Raises EpochscopeError if one of the tensors has NaN or infinity, before it reaches k-means or a figure."""
    for name, value in named.items():
        if not bool(torch.isfinite(value).all()):
            raise EpochscopeError(
                f"NaN or infinity in the {name} at epoch {epoch} of phase {phase}: "
                "lower lr of this phase, or check the scaling of the data."
            )
