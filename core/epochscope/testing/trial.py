"""A method on trial: short trainings on small data, made once for all rules that look at them."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch

from epochscope.methods.base import Method
from epochscope.nets.device import generator
from epochscope.types import Progress, Snapshot

QUICK: Mapping[str, Any] = {
    "net.widths": "32-48",
    "net.d": 4,
    "pretrain.epochs": 3,
    "pretrain.layer_epochs": 2,
    "pretrain.batch": 64,
    "cluster.epochs": 3,
    "cluster.batch": 64,
    "cluster.restarts": 3,
    "restarts": 3,
    "graph.J": 5,
    "classifier.epochs": 10,
    "siamese.epochs": 2,
    "critic.after": 1,
    "critic.ahead": 30,
    "cluster.steps": 5,
    "umap.rounds": 50,
    "cluster.widths": "32-32",
}
"""Small networks and few epochs, for every method that has parameters of these names."""

PRESET = {"epochs": 2, "critic.widths": "16", "critic.ahead": 2, "cluster.alphas": 2, "cluster.alpha_epochs": 1}
"""On top of QUICK where a preset is only to run at all."""

LONGER = {"pretrain.epochs": 20, "pretrain.lr": 3e-3, "cluster.epochs": 10}
"""On top of QUICK where groups that lie far apart are to be found."""


class Points(NamedTuple):
    """Data for a trial: x has shape (n, f), truth (n,)."""

    x: torch.Tensor
    truth: np.ndarray
    k: int


class HandedOut(NamedTuple):
    """A snapshot with the weights it handed out when it came."""

    snapshot: Snapshot
    weights: Mapping[str, torch.Tensor]


class Training(NamedTuple):
    """What one training gave: all its steps in order, and a copy of each snapshot's arrays made when it came."""

    steps: list[Snapshot | Progress]
    copies: list[dict[str, np.ndarray]]
    touched: str  # a source of randomness shared by the whole program that it drew from; "" for none
    handed_out: list[HandedOut]

    @property
    def snapshots(self) -> list[Snapshot]:
        return [step for step in self.steps if isinstance(step, Snapshot)]


class Trial:
    """A method on trial. Trainings that several rules look at are made once."""

    def __init__(
        self, method: Method, quick: Mapping[str, Any] | None = None, longer: Mapping[str, Any] | None = None
    ) -> None:
        """`longer`: further values for the training that is to find groups."""
        self.method, self.more, self.longer = method, dict(quick or {}), {**LONGER, **(longer or {})}

    def short(self, preset: str = "", more: Mapping[str, Any] | None = None) -> Any:
        """The method's params, or those of a preset, made short."""
        hp = self.method.start(preset) if preset else self.method.params()
        known = hp.flat()
        values = {**QUICK, **self.more, **(more or {})}
        return hp.but({name: value for name, value in values.items() if name in known})

    def train(self, points: Points, hp: Any, seed: int = 0) -> Training:
        """Trains to the end. Raises whatever the method raises."""
        shared, steps, copies, handed_out = _shared_states(), [], [], []
        for step in self.method.run(points.x, points.k, hp, generator(seed)):
            steps.append(step)
            if isinstance(step, Snapshot):
                copies.append({name: value.copy() for name, value in arrays(step).items()})
                if step.model is not None:
                    handed_out.append(HandedOut(step, step.model()))
        changed = [name for name, state in _shared_states().items() if state != shared[name]]
        return Training(steps, copies, ", ".join(changed), handed_out)

    @cached_property
    def digits(self) -> Training:
        """On 200 pictures, seed 0."""
        return self.train(digits(), self.short())

    @cached_property
    def other_seed(self) -> Training:
        """The same with seed 1."""
        return self.train(digits(), self.short(), seed=1)

    @cached_property
    def groups(self) -> Training:
        """On 300 points in four groups that lie far apart, long enough to find them."""
        return self.train(blobs(), self.short(more=self.longer))


def digits() -> Points:
    """200 of scikit-learn's pictures of digits: 64 features from 0 to 1, 10 classes."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Points(torch.tensor(bunch.data[:200] / 16, dtype=torch.float32), bunch.target[:200], 10)


def blobs() -> Points:
    """300 points of 8 features in four groups far apart."""
    from sklearn.datasets import make_blobs

    x, truth = make_blobs(300, n_features=8, centers=4, cluster_std=0.6, center_box=(-5, 5), random_state=3)
    return Points(torch.tensor(x / 5, dtype=torch.float32), truth, 4)


def arrays(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """Every array that a snapshot holds, by name."""
    named = {name: getattr(snapshot, name) for name in ("z", "q", "p", "labels", "centers")} | dict(snapshot.extra)
    return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}


def same(left: list[Snapshot], right: list[Snapshot]) -> bool:
    """Whether two trainings agree bit for bit, losses included."""
    if [s.phase for s in left] != [s.phase for s in right]:
        return False
    for a, b in zip(left, right, strict=True):
        one, other = arrays(a), arrays(b)
        if dict(a.losses) != dict(b.losses) or one.keys() != other.keys():
            return False
        if not all(np.array_equal(one[name], other[name]) for name in one):
            return False
    return True


def _shared_states() -> dict[str, Any]:
    """By name. (Not Python's own module random: checkers of types such as beartype draw from it while code runs.)"""
    numpy_state = np.random.get_state(legacy=True)
    return {
        "torch's generator": torch.get_rng_state().numpy().tobytes(),
        "numpy's generator": (numpy_state[1].tobytes(), *numpy_state[2:]),  # type: ignore[union-attr, index]
    }


@contextmanager
def shared_sources_reseeded() -> Iterator[None]:
    """Other states of torch's, numpy's and Python's shared generators meanwhile."""
    before = torch.get_rng_state(), np.random.get_state(), random.getstate()
    torch.manual_seed(99)
    np.random.seed(99)
    random.seed(99)
    try:
        yield
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])
        random.setstate(before[2])


def train_interleaved(trial: Trial, alone: Mapping[int, list[Snapshot]]) -> dict[int, list[Snapshot]]:
    """Trains with every seed of `alone` at once, a thread each; they wait for each other after each snapshot."""
    shortest, points, hp = min(map(len, alone.values())), digits(), trial.short()
    together: dict[int, list[Snapshot]] = {seed: [] for seed in alone}
    turn, failures = threading.Barrier(len(alone), timeout=120), []

    def work(seed: int) -> None:
        try:
            for step in trial.method.run(points.x, points.k, hp, generator(seed)):
                if isinstance(step, Snapshot):
                    together[seed].append(step)
                    if len(together[seed]) <= shortest:
                        turn.wait()
        except Exception as error:
            failures.append(error)
            turn.abort()

    workers = [threading.Thread(target=work, args=(seed,)) for seed in alone]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for error in failures:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    if failures:
        raise AssertionError(f"{trial.method.title}: of two runs in two threads, one stands still.")
    return together
