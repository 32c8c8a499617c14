"""The runs of this process: a queue, two worker threads, and the handles to pause, step, stop and change them."""

from __future__ import annotations

import functools
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from epochscope import rights
from epochscope.data import Cancelled, Dataset
from epochscope.data.dataset_cache import dataset
from epochscope.nets.device import denormals_flushed, one_blas_thread, threads
from epochscope.rights import Action, Visitor
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.spec import RunSpec, thing_of_run
from epochscope.runs.training.control import Control
from epochscope.runs.training.epoch_recorder import Observer
from epochscope.runs.training.record import record
from epochscope.runs.training.resume import Resumed
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError

WORKERS = 2


class _Job(NamedTuple):
    writer: RunWriter
    control: Control
    in_group: bool = False


class Handle(NamedTuple):
    """A run of this process that has not ended, controlled by a visitor.

    Every method raises EpochscopeError if the visitor may not.
    """

    run_id: str
    control: Control
    visitor: Visitor

    def _asked(self, action: Action) -> Control:
        rights.require(self.visitor, action, thing_of_run(self.run_id))
        return self.control

    @property
    def paused(self) -> bool:
        return self.control.paused

    def pause(self) -> None:
        """Pauses after the current gradient step."""
        self._asked(Action.CONTROL).pause()

    def play(self) -> None:
        """Continues after a pause."""
        self._asked(Action.CONTROL).play()

    def step(self) -> None:
        """Trains until the next epoch is complete, then pauses."""
        self._asked(Action.CONTROL).step()

    def change(self, values: Mapping[str, Any]) -> None:
        """Sets live parameters, by dotted name."""
        self._asked(Action.CONTROL).change(values)

    def stop(self) -> None:
        """Ends the run."""
        self._asked(Action.STOP).stop()


class Manager:
    """Owns the worker threads. They are daemons: closing the program never waits for an epoch."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Job] = {}
        self._queue: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def start(self, spec: RunSpec, visitor: Visitor, *, step: bool = False) -> str:
        """Queues a run of the visitor and returns its id at once; with `step` it pauses after its first epoch.

        Raises EpochscopeError if the folder for runs cannot be written or the visitor is unknown.
        """
        job = _Job(RunWriter(spec, visitor), Control())
        if step:
            job.control.step()
        return self._enqueue(job)

    def start_group(self, specs: Sequence[RunSpec], title: str, visitor: Visitor) -> str:
        """Queues a group of runs behind everything else; returns the id of the group.

        A single run started meanwhile comes before the waiting ones of a group. Raises as `start` does.
        """
        group = secrets.token_hex(6)
        for spec in specs:
            writer = RunWriter(spec, visitor)
            metadata.write(writer.folder, Metadata(group=group, group_title=title), visitor)
            self._enqueue(_Job(writer, Control(), in_group=True))
        return group

    def resume(self, run_id: str, visitor: Visitor) -> str:
        """Queues a run that was stopped or interrupted, to be continued in its own folder; returns its id.

        Raises EpochscopeError if there is nothing to continue, another program trains it, or the visitor may not.
        """
        return self._enqueue(_Job(Resumed(run_id, visitor), Control()))

    def _enqueue(self, job: _Job) -> str:
        with self._changed:
            self._jobs[job.writer.id] = job
            waiting = sum(not other.in_group for other in self._queue)
            self._queue.insert(len(self._queue) if job.in_group else waiting, job)
            if len(self._threads) < WORKERS:
                self._threads.append(threading.Thread(target=self._work, name="training", daemon=True))
                self._threads[-1].start()
            self._changed.notify()
        return job.writer.id

    def control(self, run_id: str, visitor: Visitor) -> Handle | None:
        """The handle to a run of this process that has not ended; None for other runs, and if the visitor may not."""
        job = self._jobs.get(run_id)
        mine = rights.may(visitor, Action.CONTROL, thing_of_run(run_id)) if job else False
        return Handle(run_id, job.control, visitor) if job and mine else None

    def stop(self, run_ids: Iterable[str], visitor: Visitor) -> int:
        """Stops these runs, waiting ones at once; returns how many of them belong to this process.

        Runs that the visitor may not stop are left alone. Raises EpochscopeError if the visitor is unknown.
        """
        rights.require(visitor, Action.STOP, rights.EACH)
        mine = [each for each in run_ids if rights.may(visitor, Action.STOP, thing_of_run(each))]
        return self._stop(mine)

    def _stop(self, run_ids: Iterable[str]) -> int:
        jobs = [self._jobs[run_id] for run_id in run_ids if run_id in self._jobs]
        with self._changed:
            waiting = [job for job in jobs if job in self._queue]
            for job in waiting:
                self._queue.remove(job)
        for job in jobs:
            job.control.stop()
        for job in waiting:
            job.writer.finish("stopped")
            self._jobs.pop(job.writer.id, None)
        return len(jobs)

    def shutdown(self, visitor: Visitor, timeout: float = 5.0) -> None:
        """Stops every run of the visitor (every run, for the program) and waits at most `timeout` seconds for them."""
        self.stop(list(self._jobs), visitor)
        done = threading.Event()
        threading.Thread(target=lambda: (self._idle(), done.set()), daemon=True).start()
        done.wait(timeout)

    def _idle(self) -> None:
        while self._jobs:
            threading.Event().wait(0.02)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue)
                job = self._queue.popleft()
            train(job.writer, job.control)
            self._jobs.pop(job.writer.id, None)


def train(
    writer: RunWriter, control: Control, *, given: Dataset | None = None, observe: Observer | None = None
) -> None:
    """Loads the data of a run, unless they are `given`, and records it to its end, in this thread. Never raises.

    `observe` is told of each epoch.
    """
    if control.stopped:
        writer.finish("stopped")
        return

    def progress(done: int, total: int) -> None:
        message = f"Downloading {writer.request.source.title}: {done / 1e6:.1f} of {total / 1e6:.1f} MB"
        writer.status(state="loading", message=message, progress=done / max(total, 1))

    try:
        writer.status(state="loading")
        data = given
        if data is None:
            data = dataset(writer.spec.dataset, writer.spec.data, progress=progress, cancel=control.cancel)
        writer.status(message="")
    except Cancelled:
        writer.finish("stopped")
        return
    except (EpochscopeError, OSError, MemoryError) as error:
        writer.finish("failed", str(error) or "There is not enough memory to load the data set; choose fewer points.")
        return
    one_blas_thread()
    with denormals_flushed(), threads(writer.threads):
        record(writer, data, control, observe)


@functools.cache
def manager() -> Manager:
    """The one manager of this process."""
    return Manager()
