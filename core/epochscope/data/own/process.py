"""Reads files of somebody's own in a process that ends afterwards: within limits of memory, time and files.

A file may expand to a thousand times its size, crash a library or keep it busy for an hour. Here that costs the
process that reads it, never this one. On Linux the system limits its memory, on macOS a thread in it looks at it; on
Windows only its time is limited.

One process waits, its libraries loaded, so that a small file costs no start; it ends when nobody needs it for long.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from epochscope import settings
from epochscope.data.own import wire
from epochscope.data.own.child import MEMORY_STATUS, WAIT, Request
from epochscope.data.own.raw import MOST_BYTES, Raw
from epochscope.data.own.read import mapped_file, name_of, read_file
from epochscope.types import EpochscopeError

_PER_BYTE = 6  # of a large file more may be taken: so many bytes for each of its own
_MOST_MB = 3072
_SECONDS, _SECONDS_PER_MB = 20.0, 0.5  # of computing
_PATIENCE = 4.0  # so many times as long may it take until the answer is there, on a machine that others use, too
_FILES = 32
_AT_ONCE = 2
_IDLE_SECONDS = 120.0
_LOOK_SECONDS = 0.1
_NO_MEMORY = b"bad_alloc"  # what C++ says when it ends a process because a library did not expect to get no memory
_LAST_WORDS = 4096  # bytes that are kept of what a process says
_ENVIRONMENT = {  # threads and arenas reserve memory that is not needed; plugins of HDF5 are code
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "HDF5_PLUGIN_PRELOAD": "::",
}


class Limits(NamedTuple):
    """What reading one file may take."""

    memory: int  # bytes, of the whole process
    seconds: float  # of computing


def limits(size: int) -> Limits:
    """The limits for a file of `size` bytes."""
    usual = settings.READER()
    memory = max(usual << 20, min((usual << 20) + _PER_BYTE * size, _MOST_MB << 20))
    return Limits(memory, _SECONDS + _SECONDS_PER_MB * size / 1e6)


class _Waiting:
    """The process that waits for a file, if there is one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._timer: threading.Timer | None = None

    def prepare(self) -> None:
        """Starts one, unless one waits."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            self._process = _started(WAIT)
            self._timer = threading.Timer(_IDLE_SECONDS, self.dismiss, args=(self._process,))
            self._timer.daemon = True
            self._timer.start()

    def take(self) -> subprocess.Popen[bytes]:
        """The one that waits, else a new one; nobody else gets it."""
        with self._lock:
            process, self._process = self._process, None
            if self._timer:
                self._timer.cancel()
        return process if process is not None and process.poll() is None else _started()

    def dismiss(self, which: subprocess.Popen[bytes] | None = None) -> None:
        """Ends the one that waits, if it is `which`."""
        with self._lock:
            process = self._process
            if process is None or (which is not None and process is not which):
                return
            self._process = None
        _end(process)


def _started(*words: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "epochscope.data.own.child",
                *words,
            ],  # -P: no module from where we happen to be
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_ENVIRONMENT},
        )
    except OSError as error:
        raise EpochscopeError(
            f"No file can be read now: its process cannot be started ({error.strerror or error}); try again."
        ) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with suppress(OSError):
                pipe.close()


_waiting = _Waiting()
_places = threading.BoundedSemaphore(_AT_ONCE)


def prepare() -> None:
    """Has a process started that waits for a file; to be called where somebody is likely to choose one soon."""
    with suppress(EpochscopeError):
        _waiting.prepare()


Progress = Callable[[float], object]
"""Called in the caller's thread about ten times a second with the seconds so far; what it raises ends the reading."""


def read(
    source: bytes | Path, name: str = "", options: Mapping[str, str] | None = None, progress: Progress | None = None
) -> Raw:
    """As epochscope.data.own.read.read, in a process of its own; two files at a time.

    Raises only EpochscopeError, always one sentence, and what `progress` raises.
    """
    content, path, size = b"", "", 0
    if isinstance(source, Path) and (mapped := mapped_file(source)) is not None:
        path, size, own = str(source.expanduser().absolute()), len(mapped), name_of(source)
        mapped.close()
    else:
        content, own = read_file(source) if isinstance(source, Path) else (source, "the file")
        size = len(content)
    where = name or own
    if size > MOST_BYTES:
        raise EpochscopeError(f"{where} is larger than {MOST_BYTES >> 20} MiB; use a part of it.")
    began, told = time.monotonic(), progress or (lambda seconds: None)
    while not _places.acquire(timeout=_LOOK_SECONDS):
        told(time.monotonic() - began)
    try:
        return _Reading(content, where, options or {}, path, size).result(told)
    finally:
        _places.release()


class _Reading:
    """One file in one process."""

    def __init__(
        self, content: bytes, where: str, options: Mapping[str, str], path: str = "", size: int | None = None
    ) -> None:
        """`path`: of a file of `size` bytes that the process is to map into memory itself; `content` is empty then."""
        self._content, self._where = content, where
        self._limits = limits(len(content) if size is None else size)
        self._request = msgspec.json.encode(
            Request(
                size=len(content),
                name=where,
                options={str(key): str(value) for key, value in options.items()},
                most_memory=self._limits.memory,
                most_seconds=self._limits.seconds,
                most_files=_FILES,
                path=path,
            )
        )
        self._answer: wire.Answer | None = None
        self._said = b""

    def result(self, told: Progress) -> Raw:
        """Waits for it. The process has ended when this returns or raises."""
        process, began, late = _waiting.take(), time.monotonic(), False
        exchange = threading.Thread(target=self._exchange, args=(process,), name="reading", daemon=True)
        listener = threading.Thread(target=self._listen, args=(process,), name="reading, its words", daemon=True)
        exchange.start()
        listener.start()
        try:
            while exchange.is_alive() and not late:
                exchange.join(_LOOK_SECONDS)
                told(time.monotonic() - began)
                late = time.monotonic() - began > _PATIENCE * self._limits.seconds
            if not late and self._answer is None:  # it has ended, or is about to: how?
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1.0)
        finally:
            status = process.poll()
            process.kill()
            exchange.join()  # both end with the process
            listener.join()
            _end(process)
        return self._raw(status, late)

    def _exchange(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError, ValueError):  # it has ended before it read all
            process.stdin.write(self._request + b"\n")
            process.stdin.write(self._content)
            process.stdin.flush()
        with suppress(wire.NoAnswerError, OSError, ValueError, MemoryError):
            self._answer = wire.receive(process.stdout, self._limits.memory)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with suppress(OSError, ValueError):
            while words := process.stderr.read1():  # type: ignore[attr-defined]
                self._said = (self._said + words)[-_LAST_WORDS:]

    def _raw(self, status: int | None, late: bool) -> Raw:
        """The data, or the sentence for what came instead."""
        where, answer = self._where, self._answer
        if answer and answer.raw is not None:
            return answer.raw
        if answer and answer.error:
            raise EpochscopeError(answer.error)
        if late or status == -getattr(signal, "SIGXCPU", 0):
            raise EpochscopeError(
                f"{where} takes longer than {self._limits.seconds:,.0f} s to read; use a part of it, or save it in "
                "another format."
            )
        killed = status in (MEMORY_STATUS, -getattr(signal, "SIGKILL", 0))
        if killed or (answer and answer.memory) or (status == -signal.SIGABRT and _NO_MEMORY in self._said):
            raise EpochscopeError(
                f"{where} needs more than {self._limits.memory >> 20:,} MB of memory to read; use a part of it, or let "
                f"who runs this server raise {settings.READER.name}."
            )
        if status == -signal.SIGABRT:  # how a library ends that gets no memory, or finds its own damaged
            raise EpochscopeError(
                f"{where} cannot be read with {self._limits.memory >> 20:,} MB of memory, or is damaged; use a part of "
                "it, or save it again."
            )
        raise EpochscopeError(f"{where} is damaged: what reads it has crashed; save it again, or in another format.")
