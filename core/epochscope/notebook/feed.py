"""What is new of a run, handed on as bundles by a thread of the kernel.

A kernel hears nothing from the browser while a cell runs, and that cell may be the training. So bundles are sent as
soon as there is something new, at a bounded rate, on the assumption that they arrive; what a viewer asks for corrects
the assumption. Once the run has ended, and everything of it is told, the thread sleeps until somebody asks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.server import live
from epochscope.server.bundle import unpacked
from epochscope.types import EpochscopeError

_FIRST_LOOK, _LAST_LOOK = 0.1, 1.0  # seconds from one look at the files to the next; longer while nothing happens
_LONGER = 1.2
_BETWEEN = 0.25  # seconds from one bundle to the next, if nobody asked
_UNASKED = 8  # bundles of an ended run that are sent before a viewer asks


class Question(NamedTuple):
    """What a viewer has, and of which projection it wants more. `now`: it waits for an answer, new or not."""

    epochs: int
    projection: str
    frames: int
    now: bool = False


class NumberedBundle(NamedTuple):
    """A bundle, numbered in the order of time: what it comes after, and what a viewer has with it."""

    number: int
    projection: str
    since: Question
    until: Question
    message: bytes


def question_of(said: object, projections: Mapping[str, ProjectionSpec]) -> Question:
    """The question in a message from a browser. Raises EpochscopeError where it is none."""
    known = said if isinstance(said, Mapping) else {}
    epochs, frames, projection = known.get("epochs"), known.get("frames"), known.get("projection")
    counts = all(type(count) is int and count >= 0 for count in (epochs, frames))
    if not counts or not isinstance(projection, str | None) or (projection and projection not in projections):
        raise EpochscopeError("A viewer asks with epochs, frames (whole numbers from 0) and a projection.")
    return Question(int(epochs or 0), projection or "", int(frames or 0), bool(known.get("now")))


class Feed:
    """Watches one run and calls `send` with each bundle, and `look` before that, all in a thread of its own.

    `projections`: those that may be asked for, by name; the first is sent at the start. `project` has one of them
    computed. `look`: whether the run can be shown yet. `fail`: told why it ends early.
    """

    def __init__(
        self,
        run: Run,
        projections: Mapping[str, ProjectionSpec],
        *,
        project: Callable[[ProjectionSpec], None],
        look: Callable[[], bool],
        send: Callable[[NumberedBundle], None],
        fail: Callable[[str], None],
    ) -> None:
        self.run, self.projections = run, projections
        self._compute, self._look, self._send, self._fail = project, look, send, fail
        self._question = Question(0, next(iter(projections)), 0, now=True)
        self._projected: set[str] = set()  # names that were requested
        self._told: tuple[int, str] = (0, "")  # change of the status; why the projection has no frames
        self._number = 0
        self._unasked = 0
        self._live = True
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._closed = False
        self.thread = threading.Thread(target=self._watch, name="notebook", daemon=True)
        self.thread.start()

    def want(self, question: Question) -> None:
        """Takes a question; the thread answers it."""
        with self._lock:
            self._question, self._unasked = question, 0
        self._asked.set()

    def close(self) -> None:
        """Ends the thread; what it is sending still arrives."""
        self._closed = True
        self._asked.set()

    def _watch(self) -> None:
        wait = _FIRST_LOOK
        try:
            while not self._closed:
                sent = self._look() and self._tell()
                wait = _FIRST_LOOK if sent else min(_LAST_LOOK, _LONGER * wait)
                idle = not self._live and not sent
                self._asked.wait(None if idle else _BETWEEN if sent else wait)
                self._asked.clear()
        except EpochscopeError as error:  # the folder is gone or damaged
            self._fail(str(error))

    def _tell(self) -> bool:
        """Sends one bundle if there is reason to; says whether it did."""
        with self._lock:
            asked = self._question
        run, (_, name, _, _) = self.run, asked
        self._project(name)
        changed, epochs, frames = live.state(run, name)
        now = (changed, live.projection_error(run, name))
        news = now != self._told or epochs > asked.epochs or frames > asked.frames
        enough = self._unasked >= _UNASKED and not run.live
        if not asked.now and (enough or not news):
            self._live = self._live and not enough
            return False
        message = live.bundle(run, epochs=asked.epochs, projection=name, frames=asked.frames)
        header, _ = unpacked(message)
        more, drawn = len(header["epochs"]), len(header["frames"])
        after = Question(asked.epochs + more, name, asked.frames + drawn)
        self._told, self._live = now, header["live"]
        self._number += 1
        self._send(NumberedBundle(self._number, name, asked, after, message))
        with self._lock:
            if self._question is asked:  # nobody has asked meanwhile
                self._question, self._unasked = after, self._unasked + 1
        return True

    def _project(self, name: str) -> None:
        """Has the frames of a projection computed, once it is asked for."""
        if name and name not in self._projected:
            self._projected.add(name)
            self._compute(self.projections[name])
