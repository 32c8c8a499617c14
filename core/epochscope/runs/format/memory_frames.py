"""Frames that cannot be stored are kept in memory and shown all the same: of a run in a folder that may only be read,
on a full disk, where there are no locks; of one that has many projections already, since whoever watches it may ask for
more, with other parameters. And why there are none, where that cannot be stored either.

By folder of the projection, for this process. What was used longest ago is forgotten first.
"""

from __future__ import annotations

import errno
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from epochscope import limits, settings
from epochscope.files import require_part
from epochscope.runs.format.journal import Journal
from epochscope.types import EpochscopeError

MOST_BYTES = 256_000_000
MOST_STORED = 32
"""Projections of one run that are stored beside it, and count to the disk of whoever trained it."""
_BASE = 1 << 50  # where the bytes in memory begin: no file is that long
_REFUSAL_SECONDS = 30.0  # so long a refusal holds; who asks later has it tried again

_kept: OrderedDict[Path, MemoryFrames] = OrderedDict()
_refusals: dict[Path, tuple[float, str]] = {}
_keeping = threading.Lock()


def require_room_to_store(folder: Path) -> None:
    """Raises OSError where the frames of this projection are not to be stored: beside as many others as may be, on a
    disk whose rest is kept for what trains, or elsewhere by a link.
    """
    require_part(folder / "frames.bin")
    if folder.exists():
        return
    free = limits.free_disk(folder)
    if free is not None and free < settings.DISK_FREE() * limits.GB:
        raise OSError(errno.ENOSPC, "the rest of the disk is kept for what trains")
    if folder.parent.is_dir() and sum(1 for _ in folder.parent.iterdir()) >= MOST_STORED:
        raise OSError(errno.EDQUOT, "this run has many projections")


class MemoryFrames(Journal):
    """The frames that are on disk already, then those in memory; read like the journal whose place it takes."""

    def __init__(self, stored: Journal) -> None:
        self._stored = stored
        self.lines_path, self.bytes_path = stored.lines_path, stored.bytes_path
        self._lines: list[Any] = list(stored.whole()[0])
        self._content = bytearray()

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self._content)

    def append(self, line: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
        at = {}
        for key, data in parts.items():
            at[key] = [_BASE + len(self._content), len(data)]
            self._content += data
        self._lines.append(json.loads(json.dumps({**line, "at": at}, allow_nan=False)))
        _forget_some(self)

    def repair(self) -> int:
        return len(self._lines)

    def lines(self) -> list[Any]:
        return self._lines

    def read(self, at: tuple[int, int]) -> bytes:
        start, size = at
        if start < _BASE:
            return self._stored.read(at)
        content = bytes(self._content[start - _BASE : start - _BASE + size])
        if len(content) != size:
            raise EpochscopeError("This frame is no longer in memory; reload the page.")
        return content


def frames_in_memory(folder: Path) -> MemoryFrames | None:
    """The frames of this projection, if they are kept in memory."""
    with _keeping:
        if folder in _kept:
            _kept.move_to_end(folder)
        return _kept.get(folder)


def keep_in_memory(folder: Path, stored: Journal) -> MemoryFrames:
    """From now on the frames of this projection are kept in memory, behind those that are stored."""
    with _keeping:
        if folder not in _kept:
            _kept[folder] = MemoryFrames(stored)
        return _kept[folder]


def _forget_some(grown: MemoryFrames) -> None:
    with _keeping:
        total = sum(frames.size for frames in _kept.values())
        for folder in list(_kept):
            if total <= MOST_BYTES:
                return
            if _kept[folder] is not grown:
                total -= _kept.pop(folder).size


def refuse(folder: Path, why: str) -> None:
    """Why this projection has no frames, to be shown where it cannot be stored; empty: it is tried again."""
    if why:
        _refusals[folder] = time.monotonic(), why
    else:
        _refusals.pop(folder, None)


def refusal(folder: Path) -> str:
    """Why this projection has no frames; empty if it was not refused here."""
    return _refusals.get(folder, (0.0, ""))[1]


def refused_just_now(folder: Path) -> bool:
    """Whether it was refused a moment ago, so that trying again would not help."""
    return folder in _refusals and time.monotonic() - _refusals[folder][0] < _REFUSAL_SECONDS
