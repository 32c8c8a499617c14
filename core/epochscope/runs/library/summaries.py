"""What the list of runs knows of ended ones, kept beside them for the next program: `.summaries` in the folder of runs.

Nothing depends on it. A summary counts only while the files of its run have the same times and sizes; the whole file
only for the version that wrote it. Who may write it may write the runs themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from epochscope import __version__
from epochscope.files import write_whole
from epochscope.runs.format.upgrade import SCHEMA

FILE = ".summaries"
_FORMAT = f"1 {SCHEMA} {__version__}"
_MOST_BYTES = 256 << 20
_MANY = 50  # summaries that are new or gone, before the file is written again

T = TypeVar("T")
Stamp = tuple[tuple[int, int], ...]
"""Time and size of each file of a run that its summary is made of."""


class Summary(msgspec.Struct, array_like=True):
    """One ended run, as epochscope.runs.library.catalog.Entry has it."""

    stamp: tuple[tuple[int, int], ...]
    title: str
    state: str
    message: str
    created: float
    epochs: int
    acc: float | None
    nmi: float | None
    seconds: float
    text: str
    bytes: int
    settings: str
    readable: bool
    name: str
    tags: tuple[str, ...]
    notes: str
    group: str
    group_title: str


class _File(msgspec.Struct):
    format: str
    runs: dict[str, Summary]


_stored: dict[str, dict[str, Stamp]] = {}  # folder of runs -> what its file holds
_writing = threading.Lock()


def kept(root: Path) -> dict[str, Summary]:
    """The summaries of a folder of runs, by id; none where there are none, or another version wrote them."""
    found: dict[str, Summary] = {}
    try:
        with (root / FILE).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) <= _MOST_BYTES:
            read = msgspec.msgpack.decode(content, type=_File)
            found = read.runs if read.format == _FORMAT else {}
    except (OSError, msgspec.MsgspecError, RecursionError):
        pass
    _stored.clear()
    _stored[str(root)] = {name: one.stamp for name, one in found.items()}
    return found


def keep(root: Path, known: Mapping[str, tuple[Stamp, T]], summary: Callable[[Stamp, T], Summary]) -> None:
    """Writes the file, if many of these are not in it as they are. A folder that cannot be written stays as it is."""
    with _writing:
        before = _stored.get(str(root), {})
        now = {name: stamp for name, (stamp, _) in known.items()}
        if len(now.items() ^ before.items()) < _MANY:
            return
        _stored.clear()
        _stored[str(root)] = now
        made = {name: summary(*one) for name, one in known.items()}
        try:
            write_whole(root / FILE, msgspec.msgpack.encode(_File(_FORMAT, made)))
        except OSError:
            return
