"""Ctrl-C in tests: a shell's background job ignores it, and so do the processes that it starts."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ctrl_c_counts() -> Iterator[None]:
    """Within it SIGINT is a KeyboardInterrupt here, and is not ignored by processes that are started."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
