"""Waiting for an update: many who wait share one look, and who leaves does not end it for the others."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from epochscope.server import live
from epochscope.server import wait_for_update as waiting_module
from epochscope.server.wait_for_update import wait_for_update

from tests.support.waiting import until

RUN = SimpleNamespace(id="one")


@pytest.fixture
def looks(monkeypatch):
    """How often the files were looked at, and the state that is found there."""
    found = {"count": 0, "state": (1, 1, 1)}

    def state(run, projection):
        found["count"] += 1
        return found["state"]

    monkeypatch.setattr(live, "state", state)
    return found


def test_what_is_new_already_is_told_at_once(looks):
    assert asyncio.run(wait_for_update(RUN, "", (0, 0, 0), 10)) == (1, 1, 1)
    assert looks["count"] == 1


def test_patience_ends(looks):
    assert asyncio.run(wait_for_update(RUN, "", (1, 1, 1), 0.12)) == (1, 1, 1)


def test_thirty_wait_with_the_looks_of_one_and_all_hear_of_it(looks):
    async def scene():
        waiting = [asyncio.create_task(wait_for_update(RUN, "", (1, 1, 1), 100)) for _ in range(30)]
        began = time.monotonic()
        await asyncio.to_thread(until, lambda: looks["count"] >= 30 + 8)
        seconds = time.monotonic() - began
        waiting.pop().cancel()
        looks["state"] = (1, 2, 1)
        told = await asyncio.gather(*waiting)
        await asyncio.to_thread(until, lambda: not waiting_module._waits)
        return seconds, told

    seconds, told = asyncio.run(scene())
    assert seconds > 0.3  # 30 first looks of their own, then 20 a second together: alone they would be 600 a second
    assert told == [(1, 2, 1)] * 29
