"""Files: read where they are files, written as a whole, with patience where the process has run out of file handles,
and errors in words.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO, TypeVar

try:
    import resource
except ImportError:  # Windows
    resource = None

T = TypeVar("T")

_NO_HANDLES = (errno.EMFILE, errno.ENFILE)
_PATIENCE_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
_MOST_FILES, _FEW_FILES = 65_536, 10_240  # where the hard limit is none
_LOCKLESS = {getattr(errno, name) for name in ("ENOLCK", "ENOSYS", "EOPNOTSUPP", "ENOTSUP") if hasattr(errno, name)}
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)  # a pipe would keep who opens it waiting
_ITSELF = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)  # not what a link of this name leads to
_FULL = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT") if hasattr(errno, name)}
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.\d+\.\d+")
_PARTS = ("arrays", "epochs", "moves", "projections")  # folders within those of runs and futures
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def reason(error: OSError) -> str:
    """What went wrong with a file, in some words that stand in parentheses; never empty."""
    if error.errno in _FULL:
        return "the disk is full" if error.errno == errno.ENOSPC else "the disk quota is used up"
    if error.errno in _NO_HANDLES:
        return "too many files are open"
    if error.errno in _LOCKLESS:
        return "its file system has no locks"
    if error.errno == errno.ELOOP:
        return "it is a link"
    if isinstance(error, TimeoutError):
        return "another program is using it"
    return error.strerror or " ".join(str(error).split())[:200] or type(error).__name__


def advice(error: OSError) -> str:
    """What a person can do about a file that cannot be written."""
    if error.errno in _FULL:
        return "make room"
    if error.errno in _NO_HANDLES:
        return "close some pages, or allow more open files (ulimit -n)"
    if error.errno in _FORBIDDEN:
        return "give the right to write"
    return "choose a folder on another disk" if error.errno in _LOCKLESS else "see to it that it can be written"


def require_part(path: Path) -> None:
    """Raises OSError where a folder within that of a run, in which this file lies, is a link: whoever may write there
    is not to have files elsewhere read, written or deleted. The folder of the run itself, and that of all runs, may be
    links: whoever runs the server puts them on another disk.
    """
    for folder in (path.parent, path.parent.parent):
        if (folder.name in _PARTS or folder.parent.name in _PARTS) and folder.is_symlink():
            raise OSError(errno.ELOOP, "its folder is a link")


def require_file(path: Path) -> None:
    """Raises OSError where something else has this name: a pipe keeps its reader waiting, a device never ends, and a
    link shows whoever watches a run what this program alone may read. Also as `require_part`.
    """
    require_part(path)
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        wrong = errno.ELOOP if stat.S_ISLNK(mode) else errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(wrong, "it is not a file")


def opened(path: Path) -> BinaryIO:
    """A file to be read. Raises OSError as `require_file`, also for what comes into its place meanwhile."""
    require_file(path)  # a device may do something when it is opened
    file = os.fdopen(os.open(path, os.O_RDONLY | _AT_ONCE | _ITSELF), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a file")
    return file


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises OSError as `opened`."""
    with opened(path) as file:
        return file.read()


def allow_all_files() -> None:
    """Raises the soft limit of open files to the hard one: on macOS 256 are usual, too few for a class."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else _MOST_FILES
    if soft == resource.RLIM_INFINITY or soft >= most:
        return
    for limit in (most, _MOST_FILES, _FEW_FILES):  # the system itself may allow fewer than the hard limit says
        if soft < limit <= most:
            with contextlib.suppress(OSError, ValueError):
                return resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def free_handles() -> int:
    """How many more files this process may open; a large number where that cannot be told."""
    if resource is None:
        return _MOST_FILES
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_FILES
    try:
        return soft - len(os.listdir("/dev/fd"))
    except OSError as error:
        return 0 if error.errno in _NO_HANDLES else _MOST_FILES


def patiently(action: Callable[[], T], seconds: float = _PATIENCE_SECONDS) -> T:
    """The result of `action`, called again after a pause while too many files are open, for so many seconds."""
    end, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        try:
            return action()
        except OSError as error:
            if error.errno not in _NO_HANDLES or time.monotonic() >= end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def write_whole(path: Path, content: bytes | str) -> None:
    """Writes a file atomically: a reader finds the old content, or none, or all of the new.

    A program that is killed in it leaves a temporary file; `remove_unwritten` takes such away. Raises OSError also as
    `require_part`.
    """
    require_part(path)
    # its name is that of _TEMPORARY
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        patiently(lambda: temporary.write_bytes(content.encode() if isinstance(content, str) else content))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unwritten(folder: Path, *, but: Collection[str] = ()) -> None:
    """Removes what killed writers left of files that were not yet whole. `but`: names that others may write now. Raises
    OSError as `require_part`.
    """
    require_part(folder / "any")
    for path in folder.glob(".*"):
        if (unwritten := _TEMPORARY.fullmatch(path.name)) and unwritten["name"] not in but:
            path.unlink(missing_ok=True)


def append_to(path: Path, content: bytes) -> None:
    """Adds bytes to the end of a file. Raises OSError where a link has its name, and as `require_part`."""
    require_part(path)
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _ITSELF
    with patiently(lambda: os.fdopen(os.open(path, how, 0o666), "ab")) as file:
        file.write(content)


def cut_off(path: Path, length: int) -> None:
    """Leaves so many bytes of a file, if it has more. Raises OSError where a link has its name."""
    with contextlib.suppress(FileNotFoundError):
        require_file(path)
        if path.lstat().st_size > length:
            with os.fdopen(os.open(path, os.O_WRONLY | _ITSELF), "wb") as file:
                file.truncate(length)
