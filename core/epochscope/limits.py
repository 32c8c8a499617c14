"""What a visitor may take of the machine: memory and disk. The numbers are settings; this says when they are reached.

Limits for one visitor do not hold for whoever runs the server (`rights.operates`); those of the disk hold for all.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from epochscope import rights, settings
from epochscope.rights import Visitor
from epochscope.types import EpochscopeError

GB = 1e9
_CGROUP = Path("/sys/fs/cgroup")


class _CgroupFiles(NamedTuple):
    """Where a version of Linux's control groups tells the memory of a container, and what it may still give up."""

    most: str
    now: str
    stat: str
    cached: str


_CGROUP_FILES = (
    _CgroupFiles("memory.max", "memory.current", "memory.stat", "inactive_file"),
    _CgroupFiles(
        "memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"
    ),
)
_MEMORY, _OWN_MEMORY = Path("/proc/meminfo"), Path("/proc/self/statm")


def require_room(visitor: Visitor, at: Path, used: Callable[[str | None], int], what: str, more: int = 0) -> None:
    """Raises EpochscopeError where a visitor may not add anything below the folder `at`: the disk or a share is full.

    `used`: bytes there of the visitor with this mark, or (None) of all. `what` they are, such as "runs".
    `more`: bytes to be added, where that is known.
    """
    free = free_disk(at)
    if free is not None and free - more < settings.DISK_FREE() * GB:
        raise EpochscopeError(
            f"Only {size(free)} of the disk of {at} are free, and {settings.DISK_FREE():g} GB are kept for what "
            "trains: delete runs or data, and empty the trash."
        )
    if rights.operates(visitor):
        return
    mine, most = used(visitor.mark) + more, settings.DISK_EACH() * GB
    if mine > most:
        raise EpochscopeError(
            f"Your {what} take {size(mine)}, and {size(most)} is the most for one person here: delete some, and empty "
            "the trash."
        )
    whole, most = used(None) + more, settings.DISK() * GB
    if whole > most:
        raise EpochscopeError(
            f"The {what} of all together take {size(whole)}, and {size(most)} is the most on this server: ask who "
            "runs it to make room."
        )


def free_disk(at: Path) -> int | None:
    """Bytes free on the disk of a folder, which need not exist yet; None where that cannot be told."""
    for path in (at, *at.parents):
        try:
            return shutil.disk_usage(path).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def free_memory() -> int | None:
    """Bytes of memory that can still be used, of the machine and of the container; None where that cannot be told."""
    known = [one for one in (_of_machine(), _of_container()) if one is not None]
    return min(known) if known else None


def own_memory() -> int | None:
    """Bytes of memory that this process holds; on macOS the most that it has held; None where that cannot be told."""
    try:
        return int(_OWN_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        if sys.platform != "darwin":
            return None
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _of_machine() -> int | None:
    try:
        lines = _MEMORY.read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None


def _of_container() -> int | None:
    for version in _CGROUP_FILES:
        try:
            most, now = (int((_CGROUP / name).read_text()) for name in (version.most, version.now))
            cached = [line.split() for line in (_CGROUP / version.stat).read_text().splitlines()]
            return most - now + sum(int(value) for name, value in cached if name == version.cached)
        except (OSError, ValueError):
            continue  # no container, one of the other version, or one without a limit ("max")
    return None


def size(amount: float) -> str:
    """A number of bytes in words."""
    return f"{amount / GB:.2f} GB" if amount >= GB else f"{amount / 1e6:.1f} MB"
