"""Explains moves: computes a run again up to an epoch, and divides the steps of that epoch into their parts.

One at a time in this process, each in a thread, for some seconds in turn: nobody waits until the long one of somebody
else is done. What was found is kept beside the run, and in memory where that cannot be written.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from epochscope import limits, rights, settings
from epochscope.data import Dataset
from epochscope.inspect.moves import Move, MovePart, State
from epochscope.inspect.point import value_at
from epochscope.nets.displacement import Displacement, Meter
from epochscope.nets.parts import watching_steps
from epochscope.rights import Action, Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import thing_of_run
from epochscope.runs.training.control import Control
from epochscope.runs.training.epoch_recorder import Recorded
from epochscope.runs.training.move_files import read_move, write_move
from epochscope.runs.training.recompute import TellHow, recompute
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.runs.training.slices import Slices
from epochscope.types import BACK, EpochscopeError

_log = logging.getLogger(__name__)

MOST_POINTS = 200
_SLICE_SECONDS = 10.0  # of computing, if others wait
_KEPT = 64  # explanations in memory
_TIMES_LONGER = 8.0  # an epoch that is divided takes about so many times as long as one that is only trained


def reason_not_explainable(run: Run, since: int, epoch: int, *, data_at_hand: bool = False) -> str:
    """Why moves between these two epochs cannot be explained, in one sentence; empty if they can."""
    if (why := reason_not_repeatable(run.spec)) and not (data_at_hand and not run.spec.external):
        return why
    table, method = run.epochs(), resolve(run.spec).algorithm
    if not method.divides_steps:
        return f"{method.title} does not say what its gradient steps consist of, so its moves are not explained."
    if not 0 <= since < epoch < len(table):
        few = f"{run.title} has fewer than two epochs, so there is no move to explain."
        pair = f"Moves are explained between two epochs from 0 to {len(table) - 1}, the first before the second."
        return few if len(table) < 2 else pair
    clusters = {line["phase"] for line in table if "labels" in line["has"]}
    if any(line["phase"] not in clusters for line in table[since : epoch + 1]):
        return "Moves are explained while there are clusters; choose epochs of the clustering phase."
    back = next((line for line in table[since + 1 : epoch + 1] if BACK in line.get("measures", {})), None)
    if back is not None:
        then = int(back["measures"][BACK])
        return f"At epoch {back['epoch']} training went back to epoch {then}: no gradient step moved these points."
    return ""


def estimated_seconds(run: Run, since: int, epoch: int) -> float:
    """About how long an explanation takes: the training up to the epoch, and the division of the last epochs.

    Long pretraining comes from its cache, if it is still there, and then it takes less.
    """
    seconds = [float(line.get("seconds", 0.0)) for line in run.epochs()[: epoch + 1]]
    return sum(seconds) + _TIMES_LONGER * sum(seconds[since:])


class _Observer:
    """Wakes the meter in time, and keeps the two snapshots."""

    def __init__(self, rows: Sequence[int], since: int, epoch: int) -> None:
        self.since, self.epoch = since, epoch
        self.meter = Meter(torch.tensor(rows))
        self.first: Recorded | None = None
        self.last: Recorded | None = None

    def __call__(self, recorded: Recorded) -> None:
        if recorded.epoch == 0:  # also when the computation begins anew, without cached pretraining
            self.meter.forget()
        self.meter.awake = self.since - 1 <= recorded.epoch < self.epoch
        if recorded.epoch == self.since:
            self.first = recorded
            self.meter.start()
        if recorded.epoch == self.epoch:
            self.last = recorded


def explain_move(
    run: Run,
    rows: Sequence[int],
    since: int,
    epoch: int,
    *,
    control: Control | None = None,
    tell: TellHow = lambda epochs: None,
    given: Dataset | None = None,
) -> Move | None:
    """What moved these points (rows of the data) from the state of epoch `since` to that of `epoch`.

    The run is computed again, in this thread, and compared with the stored epochs. `given`: its data, where they are in
    memory. None if the control was stopped. Raises EpochscopeError where it cannot be explained.
    """
    rows = sorted({int(row) for row in rows})
    n = (run.info or {}).get("n", 0)
    if not rows or rows[0] < 0 or rows[-1] >= n:
        raise EpochscopeError(f"There is no such point: {run.title} has the points 0 to {n - 1}.")
    if len(rows) > MOST_POINTS:
        raise EpochscopeError(f"{len(rows):,} points are too many to be explained together: choose {MOST_POINTS}.")
    if why := reason_not_explainable(run, since, epoch, data_at_hand=given is not None):
        raise EpochscopeError(why)
    began, control, observer = time.perf_counter(), control or Control(), _Observer(rows, since, epoch)
    with watching_steps(observer.meter):
        recompute(run, epoch, control, observer, tell=tell, given=given)
    if observer.first is None or observer.last is None:
        return None
    return _move(run, observer, rows, time.perf_counter() - began)


def _move(run: Run, observer: _Observer, rows: list[int], seconds: float) -> Move:
    assert observer.first is not None
    assert observer.last is not None
    found: Displacement = observer.meter.result()
    if not found.steps:
        raise EpochscopeError(f"No gradient step was taken from epoch {observer.since} to {observer.epoch}.")
    new_id, first, last = observer.last.new_id, observer.first.snapshot, observer.last.snapshot
    parts = [
        MovePart(part.term.name, int(new_id[part.term.cluster]) if part.term.cluster >= 0 else -1, part.own)
        for part in found.parts
    ]
    true = last.z[rows].astype(np.float64) - first.z[rows]
    state = _state(run, observer.first, new_id, rows)
    where = (observer.since, observer.epoch)
    return Move(np.array(rows), *where, parts, found.moved, true, state, found.steps, found.visits, seconds)


def _state(run: Run, first: Recorded, new_id: np.ndarray, rows: list[int]) -> State:
    """The points and clusters of the first epoch, clusters numbered as at the second one."""
    s, old_id = first.snapshot, np.argsort(new_id)
    spread = s.extra.get("spread")
    nu = value_at(run.spec.params, run.param_changes(), "nu", first.epoch + 1)
    return State(
        s.z[rows],
        None if s.q is None else s.q[rows][:, old_id],
        None if s.p is None else s.p[rows][:, old_id],
        None if s.centers is None else s.centers[old_id],
        None if spread is None else np.asarray(spread)[old_id],
        float(nu) if isinstance(nu, int | float) else None,
    )


class Job:
    """An explanation that somebody waits for."""

    def __init__(self, run: Run, rows: Sequence[int], since: int, epoch: int) -> None:
        self.run, self.rows, self.since, self.epoch = run, tuple(rows), since, epoch
        self.control, self.done, self.error = Control(), 0, ""
        self.move: Move | None = None
        self.waiting: set[str] = set()  # marks of those who asked
        self.ended = False

    @property
    def key(self) -> tuple[Path, int, int, tuple[int, ...]]:
        return self.run.folder, self.since, self.epoch, self.rows


class Explainer:
    """Takes requests and computes them in turns; a visitor waits for one at a time."""

    def __init__(self) -> None:
        self._lock, self._slices = threading.Lock(), Slices(_SLICE_SECONDS)
        self._jobs: OrderedDict[tuple[Path, int, int, tuple[int, ...]], Job] = OrderedDict()

    def known(self, run: Run, rows: Sequence[int], since: int, epoch: int) -> Job | None:
        """What was asked for before, here or by another process that kept it beside the run."""
        job = Job(run, rows, since, epoch)
        with self._lock:
            if job.key in self._jobs:
                return self._jobs[job.key]
        job.move = read_move(run, rows, since, epoch)
        job.ended = True
        return None if job.move is None else self._remember(job)

    def ask(self, run: Run, rows: Sequence[int], since: int, epoch: int, visitor: Visitor) -> Job:
        """Has it computed. The program does the work on behalf of the visitor. Raises EpochscopeError if the visitor is
        unknown, or where there is no memory for one more.
        """
        rights.require(visitor, Action.EXPLAIN, thing_of_run(run.id))
        if (job := self.known(run, rows, since, epoch)) and not (job.ended and job.move is None):
            job.waiting.add(visitor.mark)
            return job
        self.stop(visitor)
        free = limits.free_memory() if len(self._slices) else None
        if free is not None and free < settings.MEMORY_FREE() * limits.GB:
            raise EpochscopeError("Others have moves explained, and there is no memory for one more; ask again later.")
        job = Job(run, rows, since, epoch)
        job.waiting.add(visitor.mark)
        self._remember(job)
        threading.Thread(target=self._work, args=(job,), name="explanation", daemon=True).start()
        return job

    def stop(self, visitor: Visitor) -> None:
        """The visitor waits no longer; what nobody waits for ends. Raises EpochscopeError if they are unknown."""
        rights.require(visitor, Action.EXPLAIN, rights.EACH)
        with self._lock:
            waited = [job for job in self._jobs.values() if not job.ended and visitor.mark in job.waiting]
            for job in waited:
                job.waiting.discard(visitor.mark)
                if not job.waiting:
                    job.control.stop()
                    self._jobs.pop(job.key, None)

    def _remember(self, job: Job) -> Job:
        with self._lock:
            self._jobs[job.key] = job
            for key in [key for key, one in self._jobs.items() if one.ended][: max(0, len(self._jobs) - _KEPT)]:
                del self._jobs[key]
        return job

    def _work(self, job: Job) -> None:
        def tell(epochs: int) -> None:
            job.done = epochs
            self._slices.give_way(job.control)

        try:
            with self._slices.among(job.control):
                job.move = explain_move(job.run, job.rows, job.since, job.epoch, control=job.control, tell=tell)
            if job.move is not None:
                write_move(job.run, job.move)
        except EpochscopeError as error:
            job.error = str(error)
        except MemoryError:
            job.error = "There is not enough memory to divide the steps of this network into parts."
        except Exception as error:
            _log.exception("explaining a move of %s failed", job.run.id)
            job.error = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        finally:
            job.ended = True


@functools.cache
def explainer() -> Explainer:
    """The one explainer of this process."""
    return Explainer()
