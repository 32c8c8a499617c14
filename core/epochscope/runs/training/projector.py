"""Computes projections beside the training. PCA in a thread; t-SNE and UMAP in one process of their own.

In a process, because both hold the interpreter's lock for long, which would slow the training, and take seconds to
import. It runs at low priority and keeps what numba compiled. Results go through the run folder, like everything else.
"""

from __future__ import annotations

import functools
import threading

from epochscope import rights
from epochscope.rights import Action, Visitor
from epochscope.runs.format.memory_frames import refuse, refused_just_now
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import thing_of_run
from epochscope.runs.training.heavy_projections import HeavyProjections
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.types import EpochscopeError


class Projector:
    """Accepts requests for projections; repeating one costs nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: dict[tuple[str, str], threading.Thread] = {}
        self._heavy = HeavyProjections()

    def request(self, run: Run, spec: ProjectionSpec, visitor: Visitor) -> None:
        """Has a frame computed for every epoch of the run, stored and coming.

        The program does the work on behalf of the visitor. Raises EpochscopeError if the visitor is unknown.
        """
        rights.require(visitor, Action.PROJECT, thing_of_run(run.id))
        folder = run.folder / "projections" / spec.name
        if refused_just_now(folder) or _complete(run, spec):
            return
        refuse(folder, "")
        if spec.projection.heavy:
            self._heavy.ask(run, spec)
            return
        at = (str(run.folder), spec.name)
        with self._lock:
            if at not in self._threads or not self._threads[at].is_alive():
                self._threads[at] = threading.Thread(
                    target=compute_frames, args=(run, spec), name="projection", daemon=True
                )
                self._threads[at].start()

    def warm_up(self) -> None:
        """Starts the process and has it import and compile what it needs."""
        self._heavy.warm_up()

    def shutdown(self) -> None:
        """Ends the process."""
        self._heavy.shutdown()


def _complete(run: Run, spec: ProjectionSpec) -> bool:
    """Whether all frames are there and no more will come."""
    try:
        known = {line["epoch"] for line in run.frames(spec.name).lines()}
        return bool(known) and not run.live and len(known) >= sum("z" in line["has"] for line in run.epochs())
    except EpochscopeError:
        return False


@functools.cache
def projector() -> Projector:
    """The one projector of this process."""
    return Projector()
