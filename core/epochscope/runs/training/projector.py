"""Computes projections beside the training. PCA in a thread; t-SNE and UMAP in one process of their own.

In a process, because both hold the interpreter's lock for long, which would slow the training, and take seconds to
import. It is started once, at low priority, keeps what numba compiled, and reads requests from its standard input. It
ends with its parent. Its results go through the run folder, like everything else.
"""

from __future__ import annotations

import functools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from typing import TextIO

from filelock import Timeout

from epochscope import rights
from epochscope.rights import Action, Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import thing_of_run
from epochscope.runs.training.projection_frames import Derivation, ProjectionSpec, compute_frames
from epochscope.types import EpochscopeError

_KEPT_REQUESTS = 3


class Projector:
    """Accepts requests for projections; repeating one costs nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: dict[tuple[str, str], threading.Thread] = {}
        self._process: subprocess.Popen[str] | None = None

    def request(self, run: Run, spec: ProjectionSpec, visitor: Visitor) -> None:
        """Has a frame computed for every epoch of the run, stored and coming.

        The program does the work on behalf of the visitor. Raises EpochscopeError if the visitor is unknown.
        """
        rights.require(visitor, Action.PROJECT, thing_of_run(run.id))
        if spec.projection.heavy:
            self._send({"run": run.id, "key": spec.key, "params": dict(spec.params)})
            return
        at = (run.id, spec.name)
        with self._lock:
            if at not in self._threads or not self._threads[at].is_alive():
                self._threads[at] = threading.Thread(
                    target=compute_frames, args=(run, spec), name="projection", daemon=True
                )
                self._threads[at].start()

    def warm_up(self) -> None:
        """Starts the process and has it import and compile what it needs."""
        self._send({"warm": True})

    def shutdown(self) -> None:
        with self._lock:
            if self._process:
                self._process.terminate()
                self._process = None

    def _send(self, request: dict[str, object]) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "epochscope.runs.training.projector"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    text=True,
                )
            try:
                assert self._process.stdin is not None
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
            except OSError:
                self._process = None  # it has died; the next request starts another


@functools.cache
def projector() -> Projector:
    """The one projector of this process."""
    return Projector()


def _requests(source: TextIO, into: queue.SimpleQueue[dict[str, object] | None]) -> None:
    for line in source:
        into.put(json.loads(line))
    into.put(None)


def _serve() -> None:
    """The process: one frame at a time for the latest request that still lacks one."""
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is meant for the parent, which then ends us
    incoming: queue.SimpleQueue[dict[str, object] | None] = queue.SimpleQueue()
    threading.Thread(target=_requests, args=(sys.stdin, incoming), daemon=True).start()
    active: dict[tuple[str, str], Derivation] = {}  # oldest first
    while True:
        idle = not any(_step(active, at) for at in reversed(list(active)))
        try:
            request = incoming.get(timeout=0.05) if idle else incoming.get_nowait()
        except queue.Empty:
            continue
        if request is None:
            return
        if "warm" in request:
            _warm_up()
            continue
        _take(active, request)


def _take(active: dict[tuple[str, str], Derivation], request: dict[str, object]) -> None:
    try:
        spec = ProjectionSpec(str(request["key"]), request["params"])  # type: ignore[arg-type]
        at = (str(request["run"]), spec.name)
        if at in active:
            active[at] = active.pop(at)  # latest last
            return
        active[at] = Derivation(Run(at[0]), spec).__enter__()
        while len(active) > _KEPT_REQUESTS:
            active.pop(next(iter(active))).__exit__()
    except (Timeout, EpochscopeError, OSError):
        return


def _step(active: dict[tuple[str, str], Derivation], at: tuple[str, str]) -> bool:
    """One frame for one request; forgets requests that are complete or cannot go on."""
    derivation = active[at]
    try:
        if derivation.step():
            return True
        finished = not derivation.run.live and derivation.pending() is None
    except (EpochscopeError, OSError):
        finished = True
    if finished:
        active.pop(at).__exit__()
    return False


def _warm_up() -> None:
    import numpy as np

    from epochscope.projections import PROJECTIONS

    z = np.random.default_rng(0).normal(size=(300, 10)).astype(np.float32)
    for projection in PROJECTIONS.values():
        if projection.heavy:
            first = projection.project(z, projection.params(), None, 0, None)
            projection.project(z, projection.params(), first.xy, 0, None)


if __name__ == "__main__":
    _serve()
