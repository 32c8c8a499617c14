"""The runs of this process: a queue, some worker threads, and the handles to pause, step, stop and change them."""

from __future__ import annotations

import functools
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from epochscope import limits, rights, settings
from epochscope.data import Cancelled, Dataset
from epochscope.data.dataset_cache import dataset
from epochscope.files import patiently, reason
from epochscope.nets.device import denormals_flushed, set_arithmetic, sharing_cores, threads
from epochscope.rights import Action, Visitor
from epochscope.runs.format import disk, metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.spec import RunSpec, runs_folder, thing_of_run
from epochscope.runs.training.control import Control
from epochscope.runs.training.epoch_recorder import Observer
from epochscope.runs.training.record import record
from epochscope.runs.training.resume import Resumed
from epochscope.runs.training.turns import Place, Turns
from epochscope.runs.training.work import Job, Work
from epochscope.runs.training.writer import LostError, RunWriter, StorageError
from epochscope.types import EpochscopeError

_LOOK_SECONDS = 1.0  # how often it is looked whether there is memory for one more training


class Queued(NamedTuple):
    """A run of this process that waits or trains, as who runs the server sees it."""

    run_id: str
    title: str
    who: str  # the mark of the visitor who asked for it; empty for a program
    trains: bool
    paused: bool


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
        self._jobs: dict[str, Job] = {}
        self._turns = Turns()
        self._changed = threading.Condition()
        self._admission = threading.Lock()  # held from the look at the limits until the runs are queued
        self._threads: list[threading.Thread] = []

    def start(self, spec: RunSpec, visitor: Visitor, *, step: bool = False) -> str:
        """Queues a run of the visitor and returns its id at once; with `step` it pauses after its first epoch.

        Raises EpochscopeError if the folder for runs cannot be written, the visitor is unknown or a limit is reached.
        """
        control = Control()
        if step:
            control.step()
        with self._admission:
            self._require_places(1, visitor)
            return self._enqueue(RunWriter(spec, visitor, waits=True), visitor, control)

    def start_group(self, specs: Sequence[RunSpec], title: str, visitor: Visitor) -> str:
        """Queues a group of runs behind everything else of the visitor; returns the id of the group.

        A single run of theirs comes before the waiting ones of a group. Raises as `start` does; then none is queued
        because of a limit.
        """
        group = secrets.token_hex(6)
        with self._admission:
            self._require_places(len(specs), visitor)
            for spec in specs:
                writer = RunWriter(spec, visitor, waits=True)
                metadata.write(writer.folder, Metadata(group=group, group_title=title), visitor)
                self._enqueue(writer, visitor, Control(), in_group=True)
        return group

    def start_work(
        self, made: Callable[[], Work], train: Callable[[Any, Control], None], visitor: Visitor, *, counts: int
    ) -> str:
        """Queues other work of the visitor, which counts as so many runs; returns its id at once. `made` makes it, once
        there is a place. Raises as `start` does.
        """
        control = Control()
        with self._admission:
            self._require_places(counts, visitor)
            work = made()
            return self._put(
                Job(work, control, Place(work.id, visitor.mark, True), lambda: train(work, control), counts), visitor
            )

    def resume(self, run_id: str, visitor: Visitor) -> str:
        """Queues a run that was stopped or interrupted, to be continued in its own folder; returns its id.

        Raises EpochscopeError if there is nothing to continue, another program trains it, or the visitor may not.
        """
        with self._admission:
            self._require_places(1, visitor)
            return self._enqueue(Resumed(run_id, visitor, waits=True), visitor, Control())

    def _require_places(self, count: int, visitor: Visitor) -> None:
        """Raises EpochscopeError where so many more runs are too many, or there is no room on the disk."""
        rights.require(visitor, Action.START, rights.NEW)
        with self._changed:
            more = [(job.counts - 1, job.place.who) for job in self._jobs.values()]
            mine = self._turns.of(visitor.mark) + sum(many for many, who in more if who == visitor.mark)
            every = len(self._turns) + self._turns.training + sum(many for many, _ in more)
        most = settings.QUEUE_EACH()
        if mine + count > most and not rights.operates(visitor):
            raise EpochscopeError(
                f"{mine} of your runs wait or train, so {count} more would be too many: {most} is the most for "
                "one person here; wait until some have ended, or stop some."
            )
        if every + count > (most := settings.QUEUE()):
            raise EpochscopeError(
                f"{every:,} runs wait or train here, so {count} more would be too many: {most:,} is the most on this "
                "server; try again when some have ended."
            )
        limits.require_room(visitor, runs_folder(), disk.run_bytes, "runs")

    def _enqueue(self, writer: RunWriter, visitor: Visitor, control: Control, *, in_group: bool = False) -> str:
        return self._put(
            Job(writer, control, Place(writer.id, visitor.mark, in_group), lambda: train(writer, control)), visitor
        )

    def _put(self, job: Job, visitor: Visitor) -> str:
        control, writer = job.control, job.writer
        if not rights.operates(visitor):
            control.reason_to_give_way = functools.partial(self._reason_to_give_way, visitor.mark)
        with self._changed:
            self._jobs[writer.id] = job
            self._turns.put(job.place)
            if len(self._threads) < settings.TRAININGS():
                self._threads.append(threading.Thread(target=self._work, name="training", daemon=True))
                self._threads[-1].start()
            self._changed.notify()
        return writer.id

    def _reason_to_give_way(self, who: str, paused_seconds: float) -> str:
        """Why a paused run ends: it takes the turn of others. Continue goes on with it, to the same numbers."""
        minutes = settings.PAUSE()
        with self._changed:
            gives_way = paused_seconds > 60 * minutes and self._turns.others_wait(who)
        return f"It was paused for {minutes:g} minutes while others waited; Continue goes on with it." * gives_way

    def counts(self) -> tuple[int, int]:
        """(runs that train, runs that wait) in this process."""
        with self._changed:
            return self._turns.training, len(self._turns)

    def queue(self, visitor: Visitor) -> list[Queued]:
        """All runs of this process that have not ended: those that train, then those that wait, the next first.

        Raises EpochscopeError for whoever does not run this server.
        """
        rights.require(visitor, Action.OPERATE, rights.SERVER)
        with self._changed:
            waiting = [place.run_id for place in self._turns.order()]
            jobs = dict(self._jobs)
        training = [run_id for run_id in jobs if run_id not in set(waiting)]
        shown = [(jobs[run_id], run_id in training) for run_id in (*training, *waiting) if run_id in jobs]
        return [
            Queued(job.writer.id, job.writer.title, job.place.who, trains, job.control.paused) for job, trains in shown
        ]

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
            waiting = [job for job in jobs if self._turns.remove(job.place)]
        for job in jobs:
            job.control.stop()
        for job in waiting:
            job.writer.finish("stopped")
            self._forget(job)
        return len(jobs)

    def _forget(self, job: Job) -> None:
        """Unless the run is continued already."""
        with self._changed:
            if self._jobs.get(job.writer.id) is job:
                del self._jobs[job.writer.id]

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
                while not (len(self._turns) and self._fits()):
                    self._changed.wait(_LOOK_SECONDS if len(self._turns) else None)
                job = self._jobs[self._turns.take().run_id]
            job.train()
            with self._changed:
                self._turns.end(job.place)
                self._forget(job)

    def _fits(self) -> bool:
        """Whether one more training may begin: the first always, others where they leave memory to those that train."""
        free = limits.free_memory() if self._turns.training else None
        return free is None or free >= settings.MEMORY_FREE() * limits.GB


def train(
    writer: RunWriter, control: Control, *, given: Dataset | None = None, observe: Observer | None = None
) -> None:
    """Loads the data of a run, unless they are `given`, and records it to its end, in this thread. Never raises.

    `observe` is told of each epoch.
    """
    try:
        writer.claim()
    except LostError:
        return  # whoever has it now tells its state
    except StorageError as error:
        writer.finish("failed", str(error))
        return
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
            data = patiently(
                lambda: dataset(writer.spec.dataset, writer.spec.data, progress=progress, cancel=control.cancel)
            )
        writer.status(message="")
    except Cancelled:
        writer.finish("stopped")
        return
    except OSError as error:
        writer.finish("failed", f"The data of this run cannot be read ({reason(error)}).")
        return
    except (EpochscopeError, MemoryError) as error:
        writer.finish("failed", str(error) or "There is not enough memory to load the data set; choose fewer points.")
        return
    set_arithmetic()
    with denormals_flushed(), threads(writer.threads), sharing_cores():
        record(writer, data, control, observe)


@functools.cache
def manager() -> Manager:
    """The one manager of this process."""
    return Manager()
