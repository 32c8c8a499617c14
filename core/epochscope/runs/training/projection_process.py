"""The process that computes t-SNE and UMAP. `epochscope.runs.training.heavy_projections` starts it and talks to it.

It asks for requests on its standard output, a line of JSON each time it has done something, and reads the answer from
its standard input. It ends with its parent: by the end of that input everywhere, on Linux by a signal as well, which
also reaches it while it is stopped.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from epochscope.runs.format.memory_frames import frames_in_memory, refusal
from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import Derivation, ProjectionSpec
from epochscope.types import EpochscopeError

At = tuple[str, str]  # folder of the run, name of the projection
Say = Callable[[Mapping[str, Any]], None]

_MOST_OPEN = 32  # requests that hold a file at a time
_REST_SECONDS = 0.05  # between two looks at runs that have no new epoch


class Requests:
    """All requests that are not answered yet. Every other frame is of the latest one, the rest by turns of the others:
    what somebody has just opened comes soon, and nothing waits for ever.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._active: dict[At, Derivation] = {}  # the latest last
        self._turns: deque[At] = deque()
        self._latest_next = True

    def __len__(self) -> int:
        return len(self._active)

    def take(self, request: Mapping[str, Any]) -> None:
        """Accepts a request; one that is known becomes the latest."""
        at = (request["folder"], request["name"])
        if at in self._active:
            self._active[at] = self._active.pop(at)
            return
        try:
            self._active[at] = Derivation(
                Run(request["run"], Path(at[0])), ProjectionSpec(request["key"], request["params"])
            )
            self._turns.append(at)
        except EpochscopeError as error:
            self._say({"answered": at, "why": str(error)})

    def step(self) -> bool:
        """One frame for one request; says whether any request lacked one."""
        latest = next(reversed(self._active), None)
        first, self._latest_next = self._latest_next, not self._latest_next
        if latest and first and self._frame(latest):
            return True
        for _ in range(len(self._turns)):
            at = self._turns[0]
            self._turns.rotate(-1)
            if self._frame(at):
                return True
        return False

    def _frame(self, at: At) -> bool:
        derivation = self._active[at]
        self._say({"doing": at})
        why = ""
        try:
            if derivation.step():
                self._pass_on(at, derivation)
                if len(self._active) > _MOST_OPEN:
                    derivation.close()
                return True
            if not derivation.finished:
                return False
        except EpochscopeError as error:
            why = refusal(derivation.folder) or str(error)
        derivation.close()
        del self._active[at]
        self._turns.remove(at)
        self._say({"answered": at, "why": why})
        return False

    def _pass_on(self, at: At, derivation: Derivation) -> None:
        """A frame that could only be kept in memory goes to the parent."""
        frames = frames_in_memory(derivation.folder)
        if frames is None:
            return
        line = frames.lines()[-1]
        parts = {name: base64.b64encode(frames.read(place)).decode() for name, place in line["at"].items()}
        self._say({"frame": at, "line": {**line, "at": {}}, "parts": parts})


def _speaker() -> Say:
    """The way to the parent; whatever libraries print goes elsewhere."""
    to_parent = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def say(message: Mapping[str, Any]) -> None:
        try:
            to_parent.write(json.dumps(message) + "\n")
        except OSError:
            os._exit(0)  # the parent has ended

    return say


def _listen(source: TextIO, into: queue.SimpleQueue[list[dict[str, Any]]]) -> None:
    """Hands on what the parent answers, and ends the process with it, whatever it is doing."""
    for line in source:
        into.put(json.loads(line))
    os._exit(0)


def end_with(parent: int) -> None:
    """On Linux: ends this process when the thread that started it does."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(0)  # it ended before


def serve(parent: int) -> None:
    """The process, until its parent ends."""
    end_with(parent)
    with contextlib.suppress(AttributeError):  # Windows
        os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is meant for the parent, which then ends us
    say = _speaker()
    answers: queue.SimpleQueue[list[dict[str, Any]]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin, answers), daemon=True).start()
    requests, busy = Requests(say), True
    while True:
        say({"ready": True, "idle": not len(requests)})
        news = answers.get()
        for request in news:
            if "warm" in request:
                _warm_up()
            else:
                requests.take(request)
        if not busy and not news:
            time.sleep(_REST_SECONDS)
        busy = requests.step()


def _warm_up() -> None:
    import numpy as np

    from epochscope.projections import PROJECTIONS

    z = np.random.default_rng(0).normal(size=(300, 10)).astype(np.float32)
    for projection in PROJECTIONS.values():
        if projection.heavy and not projection.learn:
            first = projection.project(z, projection.params(), None, 0, None)
            projection.project(z, projection.params(), first.xy, 0, None)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
