"""The runs of this process: a queue, two worker threads, and the handles to pause, step, stop and change them."""

from __future__ import annotations

import functools
import json
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from epochscope import rights
from epochscope.data import Cancelled, Dataset, Fetcher, load
from epochscope.nets.device import denormals_flushed, one_blas_thread, threads
from epochscope.rights import Action, Visitor
from epochscope.runs.format import external as recorded
from epochscope.runs.format.metadata import About
from epochscope.runs.format.metadata import write as write_about
from epochscope.runs.format.spec import RunSpec, thing_of_run
from epochscope.runs.format.store import RunWriter
from epochscope.runs.training.record import Control, record
from epochscope.runs.training.resume import Resumed
from epochscope.types import EpochscopeError

WORKERS = 2


_KEPT_DATASETS = 4
_datasets: OrderedDict[str, Dataset] = OrderedDict()
_keeping = threading.Lock()
_loading: dict[str, threading.Lock] = {}  # of one set at a time, so that nobody waits for the download of another


def dataset(key: str, values: Mapping[str, Any], **fetch: Any) -> Dataset:
    """A data set, loaded once for the page, the run and the pictures (the last few stay in memory).

    `fetch`: fields of epochscope.data.Fetcher. Raises what `load` raises.
    """
    if key == recorded.KEY:
        recorded.SOURCE.load(None, Fetcher())
    at = json.dumps([key, dict(values)], sort_keys=True)
    with _keeping:
        loading = _loading.setdefault(key, threading.Lock())
    with loading:  # two viewers that ask for the same set wait for one loading
        found = _datasets.get(at)
        found = load(key, values, **fetch) if found is None else found
        with _keeping:
            _datasets[at] = found
            _datasets.move_to_end(at)
            while len(_datasets) > _KEPT_DATASETS:
                _datasets.popitem(last=False)
    return found


class _Job(NamedTuple):
    writer: RunWriter
    control: Control
    in_group: bool = False


class Handle(NamedTuple):
    """A run of this process that has not ended, in the hands of a visitor: each move asks first whether they may.

    All raise EpochscopeError where they may not.
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
        """After the present gradient step."""
        self._asked(Action.CONTROL).pause()

    def play(self) -> None:
        """Goes on after a pause."""
        self._asked(Action.CONTROL).play()

    def step(self) -> None:
        """Trains until the next epoch is complete, then pauses."""
        self._asked(Action.CONTROL).step()

    def change(self, values: Mapping[str, Any]) -> None:
        """New values for some live parameters, by dotted name."""
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

        Raises EpochscopeError where the folder for runs cannot be written, or it is not known who asks.
        """
        job = _Job(RunWriter(spec, visitor), Control())
        if step:
            job.control.step()
        return self._enqueue(job)

    def start_group(self, specs: Sequence[RunSpec], title: str, visitor: Visitor) -> str:
        """Queues runs that belong together, behind everything else; returns the id of their group.

        A run that somebody starts by itself meanwhile comes before those that still wait. Raises as `start` does.
        """
        group = secrets.token_hex(6)
        for spec in specs:
            writer = RunWriter(spec, visitor)
            write_about(writer.folder, About(group=group, group_title=title), visitor)
            self._enqueue(_Job(writer, Control(), in_group=True))
        return group

    def resume(self, run_id: str, visitor: Visitor) -> str:
        """Queues a run that was stopped or interrupted, to be continued in its own folder; returns its id.

        Raises EpochscopeError where there is nothing to continue, another program is at it, or the visitor may not.
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
        """The handle to a run of this process that has not ended; None for any other, and where the visitor may not."""
        job = self._jobs.get(run_id)
        mine = rights.may(visitor, Action.CONTROL, thing_of_run(run_id)) if job else False
        return Handle(run_id, job.control, visitor) if job and mine else None

    def stop(self, run_ids: Iterable[str], visitor: Visitor) -> int:
        """Stops these runs, the waiting ones at once; returns how many of them were this process's to stop.

        Those that the visitor may not stop are left alone. Raises EpochscopeError where it is not known who asks.
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
        """Stops every run of the visitor, all of them for the program, and waits for them at most `timeout` seconds."""
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


def train(writer: RunWriter, control: Control) -> None:
    """Loads the data of a run and records it to its end, in this thread. Never raises."""
    if control.stopped:
        writer.finish("stopped")
        return

    def progress(done: int, total: int) -> None:
        message = f"Downloading {writer.spec.source.title}: {done / 1e6:.1f} of {total / 1e6:.1f} MB"
        writer.status(state="loading", message=message, progress=done / max(total, 1))

    try:
        writer.status(state="loading")
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
        record(writer, data, control)


@functools.cache
def manager() -> Manager:
    """The one manager of this process."""
    return Manager()
