"""How much of the disk runs take, those in the trash included."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from epochscope import rights
from epochscope.runs.format.spec import runs_folder

TRASH = ".trash"
"""The folder of deleted runs, beside the others."""


def run_bytes(mark: str | None) -> int:
    """Bytes of the runs that the visitor with this mark started; of all runs for None."""
    return sum(bytes_of(folder) for folder in _folders() if mark is None or _owner(folder) == mark)


def bytes_by_owner() -> dict[str, int]:
    """Bytes of all runs by the mark of their owner; what has none, or one that cannot be read, under another word."""
    found: Counter[str] = Counter()
    for folder in _folders():
        found[_owner(folder)] += bytes_of(folder)
    return dict(found)


def _folders() -> Iterator[Path]:
    for root in (runs_folder(), runs_folder() / TRASH):
        if root.is_dir():
            yield from (path for path in root.iterdir() if path.name != TRASH and path.is_dir())


def _owner(folder: Path) -> str:
    return rights.thing_of(folder / rights.OWNER).owner


def bytes_of(folder: Path) -> int:
    """Size of a run's folder in bytes; counted again when epochs or projections were added."""
    return _counted(str(folder), tuple(_stamp(folder / name) for name in ("epochs.jsonl", "arrays", "projections")))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size


@functools.lru_cache(maxsize=16_384)
def _counted(folder: str, stamp: object) -> int:
    return folder_bytes(Path(folder))


def folder_bytes(folder: Path) -> int:
    """Size of the files of a folder, in bytes; links are not followed."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return total
