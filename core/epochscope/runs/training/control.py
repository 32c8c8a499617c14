"""Control of a running method: pause, play, one step, stop, new values of live parameters."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

_LOOK_SECONDS = 1.0  # how often a paused run asks whether it must give way


class Control:
    """The handle to one run. Thread-safe."""

    def __init__(self) -> None:
        self.reason_to_give_way: Callable[[float], str] = lambda paused_seconds: ""
        """Asked while the run is paused: why it has to end now, in one sentence; empty if it need not."""
        self.why_stopped = ""
        self._changed = threading.Condition()
        self.paused = False
        self.cancel = threading.Event()  # set: the run is to end
        self._single = False  # pause again after the next epoch
        self._changes: dict[str, Any] = {}

    def _set(self, **values: Any) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._changed.notify_all()

    def pause(self) -> None:
        self._set(paused=True, _single=False)

    def play(self) -> None:
        self._set(paused=False, _single=False)

    def step(self) -> None:
        """Trains until the next epoch is complete, then pauses."""
        self._set(paused=False, _single=True)

    def stop(self) -> None:
        self.cancel.set()
        self._set()

    @property
    def stopped(self) -> bool:
        return self.cancel.is_set()

    def change(self, values: Mapping[str, Any]) -> None:
        """New values for some live parameters, by dotted name; they hold from the next epoch on."""
        with self._changed:
            self._changes |= values

    def take_changes(self) -> dict[str, Any]:
        with self._changed:
            changes, self._changes = self._changes, {}
            return changes

    def epoch_done(self) -> None:
        with self._changed:
            if self._single:
                self.paused, self._single = True, False

    def wait_while_paused(self) -> None:
        with self._changed:
            began = time.monotonic()
            while not self._changed.wait_for(lambda: self.stopped or not self.paused, timeout=_LOOK_SECONDS):
                if why := self.reason_to_give_way(time.monotonic() - began):
                    self.why_stopped = why
                    self.cancel.set()
