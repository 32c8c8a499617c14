"""Ctrl-C, SIGTERM and a closed terminal, for commands that train: the training ends in order, then the command.

The first signal only leaves a note, which whoever trains looks at; the second ends the program on the spot.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last one does not exist on Windows


class EndRequest(Event):
    """Set once the program was asked to end; may be handed to whatever takes an event. Never waited for: a signal comes
    in the middle of anything, so its handler takes no lock.
    """

    def __init__(self) -> None:
        super().__init__()
        self.number = 0  # of the signal; 0: none has come

    def is_set(self) -> bool:
        return self.number != 0

    @property
    def exit_code(self) -> int:
        """As shells count: 130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + self.number

    def note(self, number: int, _: FrameType | None = None) -> None:
        """The handler."""
        if self.number:
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"epochscope: ended at once\n")
            os._exit(128 + number)
        self.number = number


@contextmanager
def noted_signals() -> Iterator[EndRequest]:
    """Notes the signals that ask to end meanwhile. Those that are ignored (nohup) stay so."""
    asked, before = EndRequest(), {}
    if threading.current_thread() is threading.main_thread():
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, asked.note)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
