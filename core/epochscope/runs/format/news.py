"""What is new in a run folder since a reader has looked, as one message: how a run gets to another machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from epochscope.files import read_bytes
from epochscope.runs.format.run import Run

INFO = "info.json"
"""It is replaced when more is known of the run; with it the data are known."""


class SentEpoch(NamedTuple):
    """One epoch on its way."""

    line: Mapping[str, Any]  # of epochs.jsonl
    parts: Mapping[str, bytes]  # what it points to in frames.bin
    arrays: bytes | None  # its file of arrays, if it has one


class News(NamedTuple):
    """What a reader of a run does not have yet."""

    source: str  # the id of the run there: another one where it was begun again
    status: Mapping[str, Any]
    begun: Mapping[str, bytes]  # files that are written once; empty where the reader has them
    info: bytes | None  # info.json, where it is another one than the reader has
    epochs: Sequence[SentEpoch]


class Known(NamedTuple):
    """What a reader of a run has."""

    source: str = ""  # the id of the run there that it has read
    read: int = 0  # how many of its epochs
    have: int = 0  # epochs that it has stored; of these only the lines are sent, to be compared
    info: str = ""  # hash of that info.json, as `hash_of` makes it


def hash_of(content: bytes) -> str:
    """A hash of a file."""
    return hashlib.sha256(content).hexdigest()


def news_of(run: Run, known: Known, most_bytes: int) -> News:
    """What is new in a run folder: so many bytes, but one epoch at least if there is one."""
    status, epochs, size = run.status, [], 0
    since = known.read if known.source == run.id else 0
    lines = run.epochs()[since:]  # before info.json, which grows before an epoch needs it
    info = read_bytes(run.folder / INFO) if (run.folder / INFO).exists() else None
    begun = {}
    if since == 0 and info is not None:
        begun = {path.name: read_bytes(path) for path in sorted(_written_once(run))}
    for line in lines:
        sent = SentEpoch({name: value for name, value in line.items() if name != "at"}, {}, None)
        if line["epoch"] >= known.have:
            path = run.array_file(line["epoch"])
            parts = {name: run.journal.read(at) for name, at in line["at"].items()}
            sent = sent._replace(parts=parts, arrays=read_bytes(path) if path.exists() else None)
        size += sum(map(len, sent.parts.values())) + len(sent.arrays or b"")
        if epochs and size > most_bytes:
            break
        epochs.append(sent)
    return News(run.id, status, begun, None if info is None or hash_of(info) == known.info else info, epochs)


def _written_once(run: Run) -> list[Path]:
    return [run.folder / "points.safetensors", *run.folder.glob("sprites*.png")]
