"""One long computation at a time, in turns: each goes on for some seconds, then whoever has waited longest."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator

from epochscope.runs.training.control import Control

_LOOK_SECONDS = 0.5  # how often one that waits looks whether it was stopped


class Slices:
    """The line of those that compute, the one whose turn it is first. Each is known by its control."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._since = seconds, 0.0
        self._line: deque[Control] = deque()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        """How many compute or wait."""
        return len(self._line)

    @contextlib.contextmanager
    def among(self, control: Control) -> Iterator[None]:
        """Context of a computation: begins with its first turn, or when it is stopped."""
        with self._changed:
            self._line.append(control)
            self._wait(control)
        try:
            yield
        finally:
            with self._changed:
                first = self._line[0] is control
                self._line.remove(control)
                if first:
                    self._begin()

    def give_way(self, control: Control) -> None:
        """To be called often by the computation: waits here while it is the turn of others."""
        with self._changed:
            if len(self._line) > 1 and self._line[0] is control and time.monotonic() - self._since >= self._seconds:
                self._line.rotate(-1)
                self._begin()
                self._wait(control)

    def _begin(self) -> None:
        self._since = time.monotonic()
        self._changed.notify_all()

    def _wait(self, control: Control) -> None:
        while self._line[0] is not control and not control.stopped:
            self._changed.wait(_LOOK_SECONDS)
