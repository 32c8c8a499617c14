"""The process that reads one file, within limits, and ends: `python -m epochscope.data.own.child`.

It imports its readers, waits for a request on its standard input (a line of JSON, then the content of the file),
answers on its standard output (epochscope.data.own.wire), and ends, which gives back whatever memory it took.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

import msgspec
import numpy as np

from epochscope.data.own import read, wire
from epochscope.types import EpochscopeError

WAIT = "--wait"
"""Argument of a process that is started before there is a file."""
_SMALL = b"a,b\n1,2\n3,4\n"
_LEAST_BYTES = 64 << 20  # left for reading, whatever the libraries took
_LOOK_SECONDS = 0.02  # between two looks at the memory, where the system sets no limit


class Request(msgspec.Struct):
    """What is to be read, and within which limits."""

    size: int  # of the content that follows, bytes
    name: str
    options: dict[str, str]
    most_memory: int  # bytes, of the whole process
    most_seconds: float  # of computing
    most_files: int  # open at the same time
    path: str = ""  # of the file, where it is read from there: then no content follows


def main() -> None:
    """Reads one file and ends."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints does not come between
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the parent, which then ends us
    if WAIT in sys.argv:
        read.read(_SMALL, "a table")  # what the libraries import at their first use is then there, too
    line = sys.stdin.buffer.readline()
    if not line:
        return
    request = msgspec.json.decode(line, type=Request)
    content = sys.stdin.buffer.read(request.size)
    if len(content) < request.size:
        return
    _limit(request)
    with suppress(BrokenPipeError):
        _read(request, content, answer)
        answer.flush()


def _read(request: Request, content: bytes, answer: IO[bytes]) -> None:
    try:
        mapped = read.mapped_file(request.path) if request.path else None
        wire.send(answer, read.read(content if mapped is None else mapped, request.name, request.options))
    except EpochscopeError as error:
        wire.send_error(answer, str(error))
    except MemoryError:
        wire.send_error(answer, "", memory=True)
    except BrokenPipeError:
        raise
    except Exception:  # a library that fails in a way nobody has seen: the sentence is the same as for damage
        wire.send_error(answer, f"{request.name} is damaged or of a kind that cannot be read; save it in another way.")


def _limit(request: Request) -> None:
    """Sets what the system limits. Memory: Linux limits it by itself; elsewhere a thread looks at it."""
    try:
        import resource
    except ImportError:  # Windows: the parent's limit of time is the only one
        return

    def at_most(what: int, most: int) -> None:
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, hard))

    used = resource.getrusage(resource.RUSAGE_SELF)
    at_most(resource.RLIMIT_CORE, 0)
    at_most(resource.RLIMIT_NOFILE, request.most_files)
    at_most(resource.RLIMIT_FSIZE, 0)
    at_most(resource.RLIMIT_CPU, int(np.ceil(used.ru_utime + used.ru_stime + request.most_seconds)))
    if now := _memory_now():
        at_most(resource.RLIMIT_DATA, now.data + max(request.most_memory - now.resident, _LEAST_BYTES))
        return
    unit = 1 if sys.platform == "darwin" else 1024  # of the largest amount that was resident
    most = max(request.most_memory, used.ru_maxrss * unit + _LEAST_BYTES)
    threading.Thread(target=_watch, args=(resource, unit, most), daemon=True).start()


class _Memory(NamedTuple):
    """Bytes of this process."""

    resident: int
    data: int  # as RLIMIT_DATA counts them: also those that were only reserved


def _memory_now() -> _Memory | None:
    """The memory of this process; None where the system does not say it."""
    try:
        pages = [int(number) for number in Path("/proc/self/statm").read_text().split()]
        return _Memory(pages[1] * os.sysconf("SC_PAGE_SIZE"), pages[5] * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, IndexError):
        return None


MEMORY_STATUS = 86
"""Exit status of a process that took more memory than it may, where a thread found that out."""


def _watch(resource: object, unit: int, most: int) -> None:
    getrusage, self = resource.getrusage, resource.RUSAGE_SELF  # type: ignore[attr-defined]
    while getrusage(self).ru_maxrss * unit <= most:
        time.sleep(_LOOK_SECONDS)
    os._exit(MEMORY_STATUS)


if __name__ == "__main__":
    main()
