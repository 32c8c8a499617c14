"""Runs a method and records its snapshots."""

from __future__ import annotations

import contextlib
import logging
import time
import traceback
from typing import Any

import torch

from epochscope.data import Dataset
from epochscope.methods.base import Method
from epochscope.nets.device import compute_device, generator
from epochscope.nets.pretraining_cache import without_pretraining_cache
from epochscope.params import Params
from epochscope.runs.format.lineage import SEED
from epochscope.runs.training.branch import require_unread
from epochscope.runs.training.control import Control
from epochscope.runs.training.epoch_recorder import EpochRecorder, Observer
from epochscope.runs.training.reads import Reads
from epochscope.runs.training.writer import RunWriter, StorageError
from epochscope.types import EpochscopeError, Snapshot

_log = logging.getLogger(__name__)


def record(writer: RunWriter, dataset: Dataset, control: Control, observe: Observer | None = None) -> None:
    """Trains the run of `writer` to its end; `observe` is told of each epoch.

    Never raises: what goes wrong becomes the run's last message.
    """
    try:
        state = writer.driven(lambda: _Recording(writer, dataset, control, observe).drive())
        writer.finish(state, control.why_stopped if state == "stopped" else "")
    except StorageError as error:
        writer.finish("failed", str(error))
    except EpochscopeError as error:
        writer.finish("failed", str(error), final=True)  # caused by numbers or settings: it would fail again
    except Exception as error:
        _log.exception("run %s failed", writer.id)
        with contextlib.suppress(OSError):
            (writer.folder / "traceback.txt").write_text(traceback.format_exc())
        last = " ".join(str(error).split())[:300]
        writer.finish("failed", f"{type(error).__name__} in {writer.request.algorithm.title}: {last}")


def _distinct(dataset: Dataset, k: int) -> None:
    """Raises EpochscopeError if there are fewer distinct points than clusters."""
    seen: set[bytes] = set()
    for row in dataset.x:
        seen.add(row.tobytes())
        if len(seen) >= k:
            return
    raise EpochscopeError(
        f"Only {len(seen)} of the {len(dataset):,} points of {dataset.title} differ from each other, fewer than "
        f"k = {k}: choose fewer clusters."
    )


class _Recording:
    """The recording of one run."""

    def __init__(self, writer: RunWriter, dataset: Dataset, control: Control, observe: Observer | None) -> None:
        self.writer, self.dataset, self.control = writer, dataset, control
        self.method: Method = writer.request.algorithm
        self.hp: Any = writer.request.method_params.suited(dataset.likelihood)
        spec = writer.spec
        n, f = dataset.x.shape
        if spec.k > n:
            raise EpochscopeError(
                f"k = {spec.k} clusters need at least {spec.k} points, but {dataset.title} has {n}; lower k."
            )
        _distinct(dataset, spec.k)
        self.hp.check(n=n, f=f, k=spec.k)
        self.reads = Reads()
        at_last = self.hp
        for changes in writer.course.all_changes():
            at_last = at_last.but(changes)
            at_last.check(n=n, f=f, k=spec.k)
        self.recorder = EpochRecorder(
            writer,
            dataset,
            provides=self.method.provides,
            plan=self.method.plan(at_last),
            device=str(compute_device()),
            finds_k=self.method.finds_k,
            numbers=self.method.numbers,
            observe=observe,
        )

    def drive(self) -> str:
        """Runs the method. Returns the final state, "done" or "stopped"."""
        if self.writer.course.computes_pretraining(self.recorder.plan):
            with without_pretraining_cache():
                return self._drive()
        return self._drive()

    def _drive(self) -> str:
        spec, control = self.writer.spec, self.control
        device = compute_device()
        x = torch.tensor(self.dataset.x, device=device)
        rng = generator(spec.seed, device)
        steps = self.method.run(x, spec.k, self.reads.watched(self.hp), rng)
        self.recorder.tell("running", force=True)
        began, answer = time.perf_counter(), None
        try:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration:
                    return "done"
                answer = None
                if isinstance(step, Snapshot):
                    epoch = self.recorder(step, time.perf_counter() - began)
                    control.epoch_done()
                    self.recorder.tell("paused" if control.paused else "running", force=True)
                    self.wait()
                    began = time.perf_counter()
                    self.reads.count = epoch + 1
                    answer = self.changed_params(epoch)
                    self.reseed(epoch, rng)
                else:
                    self.recorder.tell("running", step)
                    began += self.wait()
                if control.stopped:
                    return "stopped"
        finally:
            steps.close()
            with contextlib.suppress(StorageError):  # of a full disk the run says so otherwise
                self.writer.note_reads(self.reads.spans)

    def wait(self) -> float:
        """Sleeps while the run is paused; returns for how many seconds, which the timing leaves out."""
        if not self.control.paused:
            return 0.0
        began = time.perf_counter()
        self.recorder.tell("paused", force=True)
        self.control.wait_while_paused()
        self.recorder.tell("running", force=True)
        return time.perf_counter() - began

    def changed_params(self, epoch: int) -> Params | None:
        """The parameters with new values, if any were requested or belong to a branch; notes each change."""
        settled = self.writer.settled_changes(epoch)  # in a recomputed run the earlier changes are repeated
        if settled:
            require_unread(self.writer.course, epoch, self.reads.spans, self.writer.request)
        asked = self.control.take_changes() if settled is None else settled
        old, ranges = self.hp.flat(), dict(self.hp.ranges())
        changed = {
            name: value for name, value in asked.items() if (settled or ranges[name].live) and value != old[name]
        }
        if not changed:
            return None
        self.hp = self.hp.but(changed)
        for name, value in changed.items():
            self.writer.note_change(epoch, name, ranges[name].symbol or name, old[name], value)
        return self.reads.watched(self.hp)

    def reseed(self, epoch: int, rng: torch.Generator) -> None:
        """Seeds everything random anew where a branch says so."""
        course = self.writer.course
        if (seed := course.seed(epoch)) is not None:
            self.writer.note_change(epoch, SEED, SEED, course.seed_before(epoch, self.writer.spec.seed), seed)
            rng.manual_seed(seed)
