"""Open files: the last ones are left to the runs. Connections are accepted only while there are more, and viewers who
come shortly before are turned away in a sentence.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from typing import Any

from epochscope.files import free_handles

KEPT_HANDLES = 32
"""Open files that are left to the runs."""
FEW_HANDLES = 2 * KEPT_HANDLES
"""With fewer than these a new viewer is turned away: the answer itself needs some."""
FULL = "This server has as many viewers as it can take; this page tries again by itself."
_PAUSE_SECONDS = 1.0
_SILENCE_SECONDS = 60.0  # between two lines about it in the log

_MANY, _HOLDS_SECONDS = 3000, 0.1  # not so many connections are accepted in that time

_log = logging.getLogger(__name__)


class _Counted:
    """How many more files may be open. To count them is a system call for each that is: while there are many it is done
    ten times a second at most, not for every connection.
    """

    def __init__(self) -> None:
        self.found, self._at = 0, 0.0

    def free(self) -> int:
        now = time.monotonic()
        if self.found < _MANY or now - self._at > _HOLDS_SECONDS:
            self.found, self._at = free_handles(), now
        return self.found


COUNTED = _Counted()


def nearly_out_of_handles() -> bool:
    """Whether a new viewer is to be turned away."""
    return COUNTED.free() < FEW_HANDLES


def send_at_once(listening: socket.socket) -> None:
    """Has connections that are accepted from now on send each answer at once.

    asyncio sees to that only where a socket names its protocol, which Streamlit's does not: the second part of an
    answer, and of two messages the second one, waited until the browser had confirmed the first, 40 ms.
    """
    if listening.family in (socket.AF_INET, socket.AF_INET6):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def accept_within_limits(loop: asyncio.AbstractEventLoop) -> None:
    """From now on servers of this loop accept no connection that would take one of the last handles; it waits.

    asyncio itself accepts until there are none left, then writes thousands of lines a second. A loop of another kind
    is left as it is.
    """
    serving: Any = loop
    if not hasattr(serving, "_accept_connection") or not hasattr(serving, "_start_serving"):
        return
    accept, told = serving._accept_connection, [-_SILENCE_SECONDS]

    def accept_some(factory: Any, listening: socket.socket, tls: Any = None, server: Any = None, *more: Any) -> None:
        backlog, rest = (more[0], more[1:]) if more else (100, ())
        send_at_once(listening)
        room = COUNTED.free() - KEPT_HANDLES
        if room > 0:
            accept(factory, listening, tls, server, min(backlog, room), *rest)
            return

        def go_on() -> None:
            if listening.fileno() >= 0:
                serving._start_serving(factory, listening, tls, server, backlog, *rest)

        if time.monotonic() - told[0] > _SILENCE_SECONDS:
            told[0] = time.monotonic()
            _log.warning("Too many files are open: new connections wait. More may be allowed with ulimit -n.")
        loop.remove_reader(listening.fileno())
        loop.call_later(_PAUSE_SECONDS, go_on)

    serving._accept_connection = accept_some
