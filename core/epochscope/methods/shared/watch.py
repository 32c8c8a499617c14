"""Clustering that is watched without labels: it ends when labels settle or get worse, and may return to an epoch.

It returns to the best one where it got worse since, and to its start where no epoch was better than that.

The sign is the agreement of neighbors (`epochscope.formulas.agreement`): whether points that are near each other in the
DATA, not in the codes, which the method moves itself, share a cluster. A network that draws its clusters apart with no
regard to the data tears neighborhoods or merges them, and the sign falls, while the loss keeps falling, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.agreement import Agreement
from epochscope.formulas.graph import nearest_in_pieces
from epochscope.methods.base import Steps
from epochscope.params import Params, group, param
from epochscope.types import AGREEMENT, BACK, Progress, Snapshot

MOST_WATCHED = 2000  # points; their search among all n takes seconds even for n = 70,000
_PHASE = "cluster"

Run = Callable[[Float[Tensor, "n f"], int, Any, torch.Generator], Steps]


@dataclass(frozen=True)
class WatchParams(Params):
    """When clustering ends by signs that need no labels."""

    neighbors: int = param(
        0,
        0,
        50,
        label="neighbors watched",
        help="After each epoch: the share of this number of nearest neighbors in the data that are in the same "
        "cluster, less what chance gives. If it falls, clustering ends and returns to the best epoch. "
        "Labels are not used. 0: not watched.",
    )
    patience: int = param(
        3,
        1,
        100,
        label="epochs of patience",
        help="Number of epochs in a row that must be worse, or settled, before clustering ends.",
    )
    fall: float = param(
        0.01,
        0.0,
        0.5,
        step=0.005,
        label="fall of the agreement",
        help="An epoch counts as worse if its agreement of neighbors is lower than the highest so far by more than "
        "this.",
    )
    gain: float = param(
        0.005,
        0.0,
        0.5,
        step=0.005,
        label="gain of the agreement",
        help="An epoch counts as better only if its agreement of neighbors is higher than the highest so far by more "
        "than this. If none is better than the start of clustering, clustering returns to the start: nothing says that "
        "it has helped.",
    )
    idle: int = param(
        10,
        1,
        500,
        label="epochs without a gain",
        help="Number of epochs in a row without a better one before clustering ends.",
    )
    settled: float = param(
        0.001,
        0.0,
        0.1,
        step=0.0005,
        label="settled below this label change",
        help="An epoch counts as settled if a smaller share of points changed cluster in it.",
    )


def watch_group() -> Any:
    """The group of parameters, the same in every watched method."""
    return group(WatchParams, "Stopping without labels")


def watched(run: Run) -> Run:
    """The run of a method whose params have a group `watch`; unchanged where nothing is watched."""

    @functools.wraps(run)
    def steps(x: Float[Tensor, "n f"], k: int, hp: Any, rng: torch.Generator) -> Steps:
        plain = run(x, k, hp, rng)
        return _watched(plain, x, hp.watch, rng) if hp.watch.neighbors else plain

    return steps


def watched_plan(plan: Callable[[Any], dict[str, int]]) -> Callable[[Any], dict[str, int]]:
    """The plan of a watched method: one epoch more for the return to the best one."""

    def longer(hp: Any) -> dict[str, int]:
        return {phase: count + (phase == _PHASE and hp.watch.neighbors > 0) for phase, count in plan(hp).items()}

    return longer


class _Kept(NamedTuple):
    """The best epoch so far."""

    epoch: int
    sign: float
    snapshot: Snapshot


class _Course:
    """What has been seen of clustering, epoch by epoch."""

    def __init__(self, own: WatchParams) -> None:
        self.own = own
        self.best: _Kept | None = None
        self.start = self.epoch = -1
        self.sign = 0.0
        self.worse = self.settled = 0  # epochs in a row
        self._labels: np.ndarray | None = None

    def add(self, epoch: int, sign: float, step: Snapshot) -> None:
        """Takes the next epoch of clustering."""
        if self.best is None:
            self.start = epoch
        if self.best is None or sign > self.best.sign + self.own.gain:
            self.best = _Kept(epoch, sign, step)
            if step.model is not None:
                step.model()  # copies the weights of this epoch, before they are trained further
        self.worse = self.worse + 1 if sign < self.best.sign - self.own.fall else 0
        change = 1.0 if self._labels is None else float(np.mean(step.labels != self._labels))
        self.settled = self.settled + 1 if change < self.own.settled else 0
        self.epoch, self.sign, self._labels = epoch, sign, step.labels

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to be expected."""
        idle = self.best is not None and self.epoch - self.best.epoch >= self.own.idle
        return idle or max(self.worse, self.settled) >= self.own.patience

    @property
    def better(self) -> _Kept | None:
        """The epoch to return to; None if the last one stands."""
        if self.best is None or self.best.epoch == self.epoch:
            return None
        nothing_gained = self.best.epoch == self.start
        return self.best if nothing_gained or self.sign < self.best.sign - self.own.fall else None


def _watched(steps: Steps, x: Float[Tensor, "n f"], own: WatchParams, rng: torch.Generator) -> Steps:
    judge: Agreement | None = None
    course, epoch, answer = _Course(own), -1, None
    with closing(steps):
        while not course.ended:
            try:
                step = steps.send(answer)
            except StopIteration:
                break
            if isinstance(step, Snapshot):
                epoch += 1
                if step.phase == _PHASE and step.labels is not None:
                    judge = judge or (yield from judge_of(x, own.neighbors, rng))
                    sign = judge.of(step.labels)
                    step = replace(step, measures={**step.measures, AGREEMENT: sign})
                    course.add(epoch, sign, step)
            answer = yield step
    if (better := course.better) is not None:
        yield replace(better.snapshot, measures={**better.snapshot.measures, BACK: float(better.epoch)})


def judge_of(x: Float[Tensor, "n f"], j: int, rng: torch.Generator) -> Generator[Progress, None, Agreement]:
    """The nearest neighbors of all points, or of some drawn ones where there are many."""
    rows = torch.randperm(len(x), generator=rng, device=rng.device)[:MOST_WATCHED].to(x.device)
    found, done = [], 0
    for piece in nearest_in_pieces(x, min(j, len(x) - 1), rows):
        found.append(piece.j)
        done += len(piece.j)
        yield Progress(done, len(rows), "neighbors to be watched")
    return Agreement(rows, torch.cat(found))
