"""Waiting for something new of a run: one look at its files serves all who wait."""

from __future__ import annotations

import asyncio
import time

from epochscope.runs.format.store import Run
from epochscope.server import live

_LOOK_SECONDS = 0.05  # how soon a new epoch is noticed
_TOGETHER_SECONDS = 0.05  # after it its frame mostly comes within this time: one message for both
_TURN_SECONDS = 1.0  # a common wait ends after this long, so that none goes on when all have left

State = tuple[int, int, int]  # as epochscope.server.live.state gives it

_waits: dict[tuple[asyncio.AbstractEventLoop, str, str, State], asyncio.Task[None]] = {}


async def wait_for_update(run: Run, projection: str, known: State, seconds: float) -> State:
    """The state of the run as soon as it differs from what is known, or after so many seconds."""
    end = time.monotonic() + seconds
    while (now := live.state(run, projection)) == known and time.monotonic() < end:
        await asyncio.shield(_wait(run, projection, known))  # who leaves does not end it for the others
    return now


def _wait(run: Run, projection: str, known: State) -> asyncio.Task[None]:
    key = (asyncio.get_running_loop(), run.id, projection, known)
    if key not in _waits:
        _waits[key] = task = asyncio.create_task(_until_other(run, projection, known))
        task.add_done_callback(lambda _: _waits.pop(key, None))
    return _waits[key]


async def _until_other(run: Run, projection: str, known: State) -> None:
    end = time.monotonic() + _TURN_SECONDS
    while time.monotonic() < end:
        if live.state(run, projection) != known:
            return await asyncio.sleep(_TOGETHER_SECONDS)
        await asyncio.sleep(_LOOK_SECONDS)
