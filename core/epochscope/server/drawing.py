"""Pages are drawn a few at a time: sixty that a class opens at once would all want the interpreter, and whoever trains
or answers has it back only after each of them has had its turn.

Nobody waits for a page that itself waits: one that has been drawn for some time no longer counts.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_AT_ONCE = 3
_COUNTS_SECONDS = 0.5


class Drawing:
    """At most so many pages at a time, in the order in which they came; after `counts` seconds one no longer counts."""

    def __init__(self, most: int = _AT_ONCE, counts: float = _COUNTS_SECONDS) -> None:
        self._most, self._counts = most, counts
        self._changed = threading.Condition()
        self._begun: dict[object, float] = {}
        self._waiting: deque[object] = deque()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """A page while it is drawn."""
        mine = object()
        with self._changed:
            self._waiting.append(mine)
            try:
                while (seconds := self._until_free()) > 0 or self._waiting[0] is not mine:
                    self._changed.wait(seconds or self._counts)
                self._begun[mine] = time.monotonic()
            finally:
                self._waiting.remove(mine)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                del self._begun[mine]
                self._changed.notify_all()

    def _until_free(self) -> float:
        """Seconds until one more can be drawn, if none is done before; 0: now."""
        now = time.monotonic()
        ends = sorted(left for began in self._begun.values() if (left := began + self._counts - now) > 0)
        return ends[-self._most] if len(ends) >= self._most else 0.0


DRAWING = Drawing()
"""The pages of this server."""
