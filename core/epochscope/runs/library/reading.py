"""Reading what nobody waits for, one name after another, in a thread that leaves the rest of the time to pages."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

_log = logging.getLogger(__name__)
_SHARE = 0.5
"""Part of the time that is spent reading; the rest is a page's, which shares the interpreter with this thread."""


class BackgroundReader:
    """Reads what it is given, the first one first, until nothing is left."""

    def __init__(self, read: Callable[[str], object], done: Callable[[], None]) -> None:
        """`read`: reads one; what it raises is logged, and the next one is read. `done`: called after the last one."""
        self._read, self._done = read, done
        self._waiting: list[str] = []  # the next one is the last
        self._lock = threading.Lock()
        self._busy = False

    @property
    def left(self) -> int:
        """How many have not been read yet."""
        return len(self._waiting)

    def give(self, names: Sequence[str]) -> None:
        """Reads these from now on, in this order, instead of what is left of those given before."""
        with self._lock:
            self._waiting = list(reversed(names))
            if self._waiting and not self._busy:
                self._busy = True
                threading.Thread(target=self._work, name="reading runs", daemon=True).start()

    def _next(self) -> str | None:
        with self._lock:
            self._busy = bool(self._waiting)
            return self._waiting.pop() if self._waiting else None

    def _work(self) -> None:
        while name := self._next():
            began = time.monotonic()
            try:
                self._read(name)
            except Exception as error:  # one run of thousands: the others go on
                _log.warning("%s cannot be read (%s: %s).", name, type(error).__name__, error)
            time.sleep((time.monotonic() - began) * (1 / _SHARE - 1))
        self._done()
