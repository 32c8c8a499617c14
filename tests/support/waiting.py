"""Waiting for a state, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(claim: Callable[[], T], seconds: float = 180.0) -> T:
    """Asks again and again until the answer is true, and returns it: for what another thread or process does."""
    end = time.monotonic() + seconds
    while not (answer := claim()):
        assert time.monotonic() < end, f"it did not happen within {seconds} seconds"
        time.sleep(0.01)
    return answer
