"""What a worker of a sweep does: trains one run after the other, and hands over what it has where no folder is shared.

A worker that sees the folder of the run trains in it, as `epochscope resume` would; viewers read it there. Any other
worker trains in a folder of its own, and the sweep asks it for the epochs that are new (`news`).
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from epochscope import __version__
from epochscope.rights import Visitor
from epochscope.runs.format.news import Known, News, news_of
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import LIVE, RunSpec
from epochscope.types import EpochscopeError

MOST_NEWS = 32 << 20
"""Bytes of one answer, of each run."""
_LOOK_SECONDS = 1.0  # how often it is looked whether the run is still wanted


class Order(NamedTuple):
    """A run that is to be trained."""

    run_id: str
    spec: RunSpec
    folder: str  # of the run, as the sweep sees it
    proof: str  # `proof_of` it
    mark: str  # of the process in which it waits
    visitor: Visitor  # who asked for it
    threads: int  # of torch, in a worker that has not used it yet
    share: bool  # whether to train in that folder where it can be seen
    data_folder: str = ""  # of data sets, for workers that see it and have none of their own
    gpus: int = 0  # that a worker of this machine takes for itself; 0: whatever it was started with


class Outcome(NamedTuple):
    """How the training of a run ended."""

    run_id: str
    state: str
    message: str
    epochs: int
    final: bool = False  # it would fail again
    address: str = ""  # of the worker that has its folder; empty where that is shared


class TrainingError(Exception):
    """A training failed in a way that another try may mend. Dask tries it again."""


class About(NamedTuple):
    """What a worker says of itself."""

    version: str  # of epochscope
    machine: str


class _Job:
    """A run that is trained in this process, or that was and has not been fetched yet."""

    def __init__(self, stop: Callable[[], None], run: Run, *, shared: bool) -> None:
        self.stop, self.run, self.shared = stop, run, shared


_jobs: dict[str, _Job] = {}
_making = threading.Lock()
_all_gpus: list[str] = []  # that this process saw before it took its own
_own_folder: list[Path] = []  # of runs that are not shared; at most one


def about() -> About:
    """What this worker is."""
    return About(__version__, platform.node())


def proof_of(folder: Path) -> str:
    """Something that only who sees the folder of a run knows; empty where it cannot be read."""
    try:
        return hashlib.sha256((folder / "run.json").read_bytes()).hexdigest()
    except OSError:
        return ""


def news(known: Mapping[str, Known]) -> dict[str, News]:
    """What is new of those of these runs that this process trains in a folder of its own."""
    jobs = {run_id: _jobs.get(run_id) for run_id in known}
    return {
        run_id: news_of(job.run, known[run_id], MOST_NEWS) for run_id, job in jobs.items() if job and not job.shared
    }


def stop(run_ids: list[str]) -> None:
    """Ends the training of these runs in order, where this process trains them."""
    for run_id in run_ids:
        if job := _jobs.get(run_id):
            job.stop()


def forget(run_id: str) -> None:
    """Deletes what this process has of a run that was fetched."""
    job = _jobs.pop(run_id, None)
    if job and not job.shared:
        shutil.rmtree(job.run.folder, ignore_errors=True)


def train_run(order: Order) -> Outcome:
    """Trains a run to its end, in a worker of Dask. Raises TrainingError where it failed and may be tried again."""
    from distributed import get_worker

    worker = get_worker()
    if "torch" not in sys.modules:  # it counts once; the number of threads changes no number of a run
        os.environ["OMP_NUM_THREADS"] = str(order.threads)
    if order.gpus:
        _take_gpus(int(worker.name), order.gpus)
    key = str(worker.get_current_task())

    def wanted() -> bool:
        """Whether the sweep still waits for this: a task whose client has gone is cancelled, but runs on."""
        task = worker.state.tasks.get(key)
        return task is not None and task.state not in ("cancelled", "released", "forgotten")

    return trained(order, wanted, address=worker.address, aside=Path(worker.local_directory))


def trained(order: Order, wanted: Callable[[], bool], *, address: str, aside: Path) -> Outcome:
    """Trains a run while it is `wanted`; `aside`: a folder that is deleted when this process ends."""
    from epochscope.runs.training.control import Control
    from epochscope.runs.training.manager import train

    _see_data(order)
    shared = order.share and proof_of(Path(order.folder)) == order.proof
    writer = _taken_over(order, wanted) if shared else _begun_aside(order, aside)
    control, ended = Control(), threading.Event()
    run = Run(order.run_id, Path(order.folder)) if writer is None else Run(writer.id, writer.folder)
    if writer is not None:
        _jobs[order.run_id] = _Job(control.stop, run, shared=shared)

        def watch() -> None:
            while not ended.wait(_LOOK_SECONDS):
                if not wanted():
                    control.stop()

        threading.Thread(target=watch, daemon=True).start()
        try:
            train(writer, control)
        finally:
            ended.set()
            if shared:
                _jobs.pop(order.run_id, None)
    status = run.status
    if status["state"] == "failed" and not status.get("final"):
        raise TrainingError(status["message"])
    how = (status["state"], status["message"], len(run.epochs()), bool(status.get("final")))
    return Outcome(order.run_id, *how, address="" if shared else address)


def _taken_over(order: Order, wanted: Callable[[], bool]) -> Any:
    """The writer of a run in the shared folder; None where the run has come to its end or is not wanted any longer.

    Where somebody else trains it (a worker that was given up, but lives), it waits for them.
    """
    from epochscope.runs.training.resume import Resumed
    from epochscope.runs.training.writer import stored_mark

    folder = Path(order.folder)
    while wanted():
        try:
            return Resumed(order.run_id, order.visitor, folder=folder, waits_in=order.mark)
        except EpochscopeError:
            state = Run(order.run_id, folder).status["state"]
            if state == "done":
                return None
            if state not in LIVE or stored_mark(folder) == order.mark:
                raise
        threading.Event().wait(_LOOK_SECONDS)
    return None


def _begun_aside(order: Order, aside: Path) -> Any:
    """The writer of a new run in a folder of this worker."""
    from epochscope.runs.training.writer import RunWriter

    with _making:
        if not _own_folder or not _own_folder[0].is_dir():
            aside.mkdir(parents=True, exist_ok=True)
            _own_folder[:] = [Path(tempfile.mkdtemp(prefix="epochscope-runs-", dir=aside))]
    forget(order.run_id)
    return RunWriter(order.spec, order.visitor, root=_own_folder[0])


def _take_gpus(number: int, count: int) -> None:
    """Lets this process, one of several on this machine, see its own GPUs only. Has an effect before CUDA is used."""
    if not _all_gpus:
        given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        _all_gpus.extend(given.split(",") if given else [str(one) for one in range((number + 1) * count)])
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(_all_gpus[number * count : (number + 1) * count])


def _see_data(order: Order) -> None:
    """Where this worker names no folder of data sets, that of the sweep, if it can be seen from here."""
    if order.data_folder and Path(order.data_folder).is_dir():
        os.environ.setdefault("EPOCHSCOPE_DATA", order.data_folder)
