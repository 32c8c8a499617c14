"""Steps as graphs, with a stand-in that replays operations on fixed places, as a GPU would: the same numbers."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.methods import METHODS
from epochscope.nets import graphs
from epochscope.nets.device import generator
from epochscope.nets.steps import Loss, Trained, take_step
from epochscope.nets.training import Means, StepParams, optimizer, set_lr
from epochscope.testing import Trial
from epochscope.testing.trial import digits
from epochscope.types import Snapshot
from torch import Tensor, nn

from tests.support.tape import Recorder


def refused(work: Callable[[], None]) -> graphs.Graph:
    raise RuntimeError("no graphs here")


def course(key: str) -> list[Snapshot]:
    trial, points = Trial(METHODS[key]), digits()
    hp = trial.short(more={"pretrain.epochs": 5, "cluster.epochs": 5, "cluster.warmup": 1})
    return [step for step in trial.method.run(points.x, points.k, hp, generator(0)) if isinstance(step, Snapshot)]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "SEEN_BEFORE", 2)


@pytest.mark.parametrize("key", ["dec", "idec", "dkm", "vade"])
def test_a_training_has_the_same_numbers_with_graphs_and_without(key: str) -> None:
    recorder = Recorder()
    with graphs.captured_by(recorder):
        by_graphs = course(key)
    with graphs.captured_by(refused):
        alone = course(key)
    assert len(recorder.tapes) >= 4  # whole batches and the last one, in pretraining and in clustering
    assert all(tape.replays for tape in recorder.tapes)
    for one, other in zip(by_graphs, alone, strict=True):
        np.testing.assert_array_equal(one.z, other.z)
        assert one.losses == other.losses
    for one, usual in zip(by_graphs, course(key), strict=True):  # where a learning rate is a Python number
        np.testing.assert_allclose(one.z, usual.z, rtol=1e-2, atol=1e-3)


def square(trained: Any, x: Tensor, *, weight: float) -> Loss:
    error = (trained.layer(x) - x).square().mean()
    return Loss(weight * error, {"error": error})


class Training:
    """A linear layer that learns to return what it gets."""

    def __init__(self, kind: str = "adam") -> None:
        self.rng = generator(1)
        self.layer = layer = nn.Linear(3, 3)
        with torch.no_grad():
            layer.weight.normal_(generator=self.rng)
            layer.bias.zero_()
        self.trained, self.means = Trained(layer=layer), Means()
        self.steps = optimizer(StepParams(optimizer=kind, lr=0.01), layer.parameters())

    def go(self, times: int, loss: Any = square, weight: float = 1.0) -> None:
        for _ in range(times):
            x = torch.randn(5, 3, generator=self.rng)
            take_step(self.steps, loss, self.trained, (x,), self.means, weight=weight)

    @property
    def weights(self) -> np.ndarray:
        return self.layer.weight.detach().numpy().copy()


def both(work: Callable[[Training], None], kind: str = "adam") -> tuple[Training, Training, Recorder]:
    """The same work by graphs and without."""
    recorder, trainings = Recorder(), []
    for capture in (recorder, refused):
        with graphs.captured_by(capture):
            trainings.append(Training(kind))
            work(trainings[-1])
    return *trainings, recorder


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_what_changes_between_steps_is_followed(kind: str) -> None:
    def work(training: Training) -> None:
        training.go(15)
        set_lr(training.steps, 0.003)
        training.go(15)
        training.go(15, weight=0.25)

    by_graphs, alone, recorder = both(work, kind)
    np.testing.assert_array_equal(by_graphs.weights, alone.weights)
    assert by_graphs.means.take() == alone.means.take()
    assert len(recorder.tapes) == (2 if kind == "adam" else 3)  # SGD's graph holds its rate
    new = 15 - graphs.SEEN_BEFORE  # steps by a graph, of the first fifteen of their kind
    assert sum(tape.replays for tape in recorder.tapes) == (3 * new if kind == "sgd" else new + 15 + new)


def test_a_step_that_asks_for_a_number_is_never_captured(caplog: pytest.LogCaptureFixture) -> None:
    def asking(trained: Any, x: Tensor, *, weight: float) -> Loss:
        found = square(trained, x, weight=weight)
        return Loss(found.total / max(1.0, float(found.total.detach())), found.terms)

    by_graphs, alone, recorder = both(lambda training: training.go(20, loss=asking))
    np.testing.assert_array_equal(by_graphs.weights, alone.weights)
    assert recorder.tapes == []
    assert sum("A step is not captured" in record.message for record in caplog.records) == 2


def test_only_some_graphs_are_kept_and_they_go_with_their_training() -> None:
    def work(training: Training) -> None:
        for weight in range(graphs.MOST + 3):
            training.go(graphs.SEEN_BEFORE + 2, weight=float(weight))

    by_graphs, alone, recorder = both(work)
    np.testing.assert_array_equal(by_graphs.weights, alone.weights)
    assert len(recorder.tapes) == graphs.MOST + 3
    with graphs.captured_by(recorder):
        kept = graphs.graphs_of(by_graphs.steps)
    assert kept is not None
    assert len(kept) == graphs.MOST
    before = len(graphs._all)
    del by_graphs, kept
    gc.collect()
    assert len(graphs._all) < before


def test_the_processor_does_its_steps_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    assert graphs.graphs_of(Training().steps) is None
    gpu = torch.device("cuda")
    assert graphs.capture_on(gpu) is not None
    monkeypatch.setenv("EPOCHSCOPE_EAGER", "1")
    assert graphs.capture_on(gpu) is None
