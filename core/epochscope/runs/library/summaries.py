"""What the list of runs knows of ended ones, kept beside them for the next program: `.summaries` in the folder of runs.

Nothing depends on it. A summary counts only while the files of its run have the same times and sizes; the whole file
only for the version that wrote it. Who may write it may write the runs themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from epochscope import __version__
from epochscope.files import opened, write_whole
from epochscope.runs.format.upgrade import SCHEMA

FILE = ".summaries"
_FORMAT = f"2 {SCHEMA} {__version__}"
_MOST_BYTES = 256 << 20
_MANY = 50  # summaries that are new or gone, before the file is written again

T = TypeVar("T")
Stamp = tuple[tuple[int, int], ...]
"""Time and size of each file of a run that its summary is made of."""


_stored: dict[str, dict[str, Stamp]] = {}  # folder of runs -> what its file holds
_writing = threading.Lock()


def kept(root: Path, kind: type[T]) -> dict[str, tuple[Stamp, T]]:
    """The summaries of a folder of runs, by id, each of this kind; none where there is no file for this version."""
    found: dict[str, tuple[Stamp, T]] = {}
    try:
        with opened(root / FILE) as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) <= _MOST_BYTES:
            form, *_ = msgspec.msgpack.decode(content, type=tuple[str, msgspec.Raw])
            if form == _FORMAT:
                _, found = msgspec.msgpack.decode(content, type=tuple[str, dict[str, tuple[Stamp, kind]]])
    except (OSError, msgspec.MsgspecError, RecursionError):
        pass
    _stored.clear()
    _stored[str(root)] = {name: stamp for name, (stamp, _) in found.items()}
    return found


def keep(root: Path, known: Mapping[str, tuple[Stamp, Any]]) -> None:
    """Writes the file, if many of these are not in it as they are. A folder that cannot be written stays as it is."""
    with _writing:
        before = _stored.get(str(root), {})
        now = {name: stamp for name, (stamp, _) in known.items()}
        if len(now.items() ^ before.items()) < _MANY:
            return
        _stored.clear()
        _stored[str(root)] = now
        try:
            write_whole(root / FILE, msgspec.msgpack.encode((_FORMAT, known)))
        except OSError:
            return
