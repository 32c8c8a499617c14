"""Locks that say whether a program lives: of the writer of a run, and of a process with runs that wait.

Only what was tried is known. A lock that somebody holds is the sign of life; one that this process could have is the
sign of death; where neither could be found out (a folder that may only be read, a file system without locks), nothing
is known, and what the files say holds.
"""

from __future__ import annotations

import atexit
import errno
import os
import secrets
import threading
from contextlib import suppress
from enum import Enum
from pathlib import Path

from filelock import FileLock, Timeout

from epochscope.files import patiently

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_ALIVE = ".alive"
_MOST_MARKS = 8
_HELD_ELSEWHERE = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
_LOOKING = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW"))
"""How a lock is opened to look at it: a pipe would keep who looks waiting, a link is none of ours."""
_marks: dict[Path, tuple[str, FileLock]] = {}  # folder of runs -> the mark of this process in it
_marking = threading.Lock()


class Holder(Enum):
    """Who holds a lock."""

    SOMEBODY = "somebody"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


def taken(path: Path, timeout: float) -> FileLock:
    """The lock, held. Raises Timeout if another has it, and OSError where there are no locks or the file cannot be."""
    lock = FileLock(path, timeout=timeout, thread_local=False)
    try:
        patiently(lock.acquire)
    except NotImplementedError as error:
        raise OSError(errno.ENOLCK, str(error)) from None
    return lock


def holder(path: Path) -> Holder:
    """Who holds the lock of that path. A file that may only be read is enough to tell."""
    if fcntl is None:
        return _by_taking(path)
    try:
        handle = _opened(path)
    except OSError:
        return Holder.UNKNOWN
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who look do not take each other for the holder
        return Holder.NOBODY
    except OSError as error:
        return Holder.SOMEBODY if error.errno in _HELD_ELSEWHERE else Holder.UNKNOWN
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    try:
        return os.open(path, _LOOKING)
    except FileNotFoundError:  # that it is not there means nothing; that it can be had does
        return os.open(path, _LOOKING | os.O_CREAT, 0o666)


def _by_taking(path: Path) -> Holder:
    try:
        taken(path, 0).release()
        return Holder.NOBODY
    except Timeout:
        return Holder.SOMEBODY
    except OSError:
        return Holder.UNKNOWN


def mark_of_process(root: Path) -> str:
    """The name of a file below the folder of runs that this process keeps locked while it lives: runs that wait name
    it, so that none of them needs a file of its own. Raises OSError where that cannot be.
    """
    with _marking:
        if root not in _marks:
            folder = root / _ALIVE
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            name = secrets.token_hex(8)
            _marks[root] = name, taken(folder / name, 5)
            atexit.register(_unmark, root, os.getpid())
            if len(_marks) > _MOST_MARKS:  # tests use a folder each; a program one
                _unmark(next(iter(_marks)), os.getpid())
        return _marks[root][0]


def holder_of_mark(root: Path, name: str) -> Holder:
    """Whether the process with this mark lives. It removes the mark at its end, and others do when it is dead."""
    path = root / _ALIVE / name
    try:
        path.stat()
    except FileNotFoundError:
        return Holder.NOBODY
    except OSError:
        return Holder.UNKNOWN
    return holder(path)


def _sweep(folder: Path) -> None:
    """Removes the marks of dead processes."""
    for path in folder.iterdir():
        with suppress(OSError):
            lock = taken(path, 0)
            path.unlink()  # while it is held: who opened it meanwhile notices, and makes another
            lock.release()


def _unmark(root: Path, owner: int) -> None:
    if root not in _marks or os.getpid() != owner:
        return  # a forked helper that ends: the process itself goes on
    name, lock = _marks.pop(root)
    with suppress(OSError):
        (root / _ALIVE / name).unlink()
        lock.release()
