"""What the app is made of besides its pages: own routes, start and end of the process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

from epochscope.files import allow_all_files
from epochscope.rights import PROGRAM
from epochscope.runs.library import trash
from epochscope.runs.training.manager import manager
from epochscope.runs.training.projector import projector
from epochscope.server.guard import MIDDLEWARE
from epochscope.server.handles import accept_within_limits
from epochscope.server.late_values import forget_values_of_before
from epochscope.server.left_pages import forget_what_comes_late
from epochscope.server.options import read_options_without_lock
from epochscope.server.routes import ROUTES, lab_route, plotly_url

_HOUSEKEEPING_SECONDS = 600.0
_TURN_SECONDS = 0.001
"""For how long a thread may hold the interpreter while others wait for it. A training lets go of it in every operation
of torch, the event loop in every system call, and each waits this long to have it back from a page's script that is
being run: at Python's 5 ms a few pages slow both down many times over. Each who waits wakes up as often, so that much
less would cost more than it gains.
"""
_COLLECTED = (5_000, 5, 50)
"""How often Python looks for garbage: among young objects after 5,000 more of them, among all after 1.25 million. To
look at all holds the interpreter for 0.1 to 0.2 s where sixty have a page open, and everybody waits; at Python's
(700, 10, 10) that was done six times in two minutes of a class, now once at most. So that a server which rests gives
back what the last training left in circles, it is also done with the housekeeping.
"""

__all__ = ["MIDDLEWARE", "ROUTES", "lab_route", "lifespan"]


def _warm_up() -> None:
    """Imports and first-use compilation, off everybody's first click; then nothing of it is garbage-collected again."""
    import sklearn.cluster  # noqa: F401
    import torch

    weight = torch.nn.Parameter(torch.zeros(2, 2))
    adam = torch.optim.Adam([weight])  # the first step imports torch._dynamo: 0.1 million objects
    weight.sum().backward()
    adam.step()
    plotly_url()
    gc.collect()
    gc.freeze()


def _keep_house(ending: threading.Event) -> None:
    """Deletes for good what has lain in the trash for its days, and collects garbage, as long as the server runs."""
    while True:
        with contextlib.suppress(OSError):  # a disk that is full or read-only: the next time
            trash.empty(PROGRAM, older_than_days=trash.KEPT_DAYS)
        if ending.wait(_HOUSEKEEPING_SECONDS):
            return
        gc.collect()


@contextlib.asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Start: warm up in the background. End: stop every run and the projector."""
    sys.setswitchinterval(_TURN_SECONDS)
    gc.set_threshold(*_COLLECTED)
    read_options_without_lock()
    forget_what_comes_late()
    forget_values_of_before()
    allow_all_files()
    accept_within_limits(asyncio.get_running_loop())
    ending = threading.Event()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    threading.Thread(target=_keep_house, args=(ending,), name="housekeeping", daemon=True).start()
    try:
        yield
    finally:
        ending.set()
        projector().shutdown()
        manager().shutdown(PROGRAM, timeout=5.0)
