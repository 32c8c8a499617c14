"""Runs that are trained, stopped, continued and compared."""

import math
from collections.abc import Callable
from typing import Any

import torch
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.resume import Resumed
from epochscope.runs.training.writer import RunWriter


class Scripted(Control):
    """Changes parameters after some epochs, and stops the run after one."""

    def __init__(self, changes=None, last=None):
        super().__init__()
        self.script, self.last, self.done = changes or {}, last, 0

    def epoch_done(self):
        super().epoch_done()
        self.change(self.script.get(self.done, {}))
        if self.done == self.last:
            self.stop()
        self.done += 1


def recorded(spec: RunSpec, **script) -> Run:
    writer = RunWriter(spec, PROGRAM)
    train(writer, Scripted(**script))
    return Run(writer.id)


def continued(run: Run, control: Control | None = None) -> Run:
    train(Resumed(run.id, PROGRAM), control or Control())
    return Run(run.id)


def same_runs(one: Run, other: Run) -> None:
    """Everything on the disk that does not tell the time."""
    assert len(one.epochs()) == len(other.epochs())
    for a, b in zip(one.epochs(), other.epochs(), strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    assert one.param_changes() == other.param_changes()
    assert one.journal.bytes_path.read_bytes() == other.journal.bytes_path.read_bytes()
    files = sorted(path.name for path in (one.folder / "arrays").iterdir())
    assert files == sorted(path.name for path in (other.folder / "arrays").iterdir())
    assert (one.folder / "sprites.png").exists() == (other.folder / "sprites.png").exists()
    for name in [f"arrays/{name}" for name in files] + ["points.safetensors"]:
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name


def steps_by(descend: Callable[[torch.optim.Optimizer, torch.Tensor], object]) -> Callable[..., None]:
    """What stands in for `take_step` of a method, with another descent (optimizer, loss)."""

    def take(
        optimizer: torch.optim.Optimizer,
        loss: Any,
        trained: Any,
        inputs: Any,
        means: Any,
        *,
        longest: float = math.inf,
        after: Callable[[], None] | None = None,
        parts: Callable[[], Any] | None = None,
        **numbers: Any,
    ) -> None:
        found = trained(loss, inputs, numbers)
        descend(optimizer, found.total)
        if after:
            after()
        means.add(len(inputs[0]), **found.terms)

    return take
