"""Selections of points that a visitor keeps under a name: for every run on the same points, whoever owns the run.

They lie in one file for each visitor, under the hash of what their browser keeps; nothing is written into a run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from jaxtyping import Integer
from msgspec import Meta

from epochscope import rights
from epochscope.files import advice, opened, reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import runs_folder
from epochscope.text import sanitize
from epochscope.types import EpochscopeError

MOST = 40
"""Selections of one visitor."""
_MOST_BYTES = 16_000_000
_MOST_POINTS = 20_000_000


class Kept(msgspec.Struct, frozen=True):
    """A selection: `data` says on which points, `rows` holds them packed."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    words: Annotated[str, Meta(max_length=700)]  # how it was chosen
    data: Annotated[str, Meta(max_length=64)]
    n: Annotated[int, Meta(ge=1, le=_MOST_POINTS)]
    count: Annotated[int, Meta(ge=1, le=_MOST_POINTS)]
    rows: Annotated[str, Meta(max_length=_MOST_BYTES)]

    def points(self) -> Integer[np.ndarray, " s"]:
        """The rows of the data. Raises EpochscopeError where the file is damaged."""
        try:
            unpacker = zlib.decompressobj()
            bits = unpacker.decompress(base64.b64decode(self.rows, validate=True), -(-self.n // 8))
            found = np.flatnonzero(np.unpackbits(np.frombuffer(bits, np.uint8))[: self.n])
        except (ValueError, zlib.error):
            found = np.zeros(0, int)
        if len(found) != self.count:
            raise EpochscopeError(f"The selection {self.name!r} is damaged; delete it and select the points again.")
        return found


def data_key(run: Run) -> str:
    """The same for runs on the same points."""
    said = json.dumps(
        [run.spec.dataset, dict(run.spec.data), (run.info or {}).get("n", 0)], sort_keys=True, default=str
    )
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def kept(run: Run, visitor: Visitor) -> list[Kept]:
    """The visitor's selections of the points of this run, newest first."""
    key = data_key(run)
    return [one for one in _read(visitor) if one.data == key]


def keep(run: Run, rows: Integer[np.ndarray, " s"], name: str, words: str, visitor: Visitor) -> None:
    """Keeps a selection of the run's points; one of the same name on the same points is replaced.

    Raises EpochscopeError where it cannot be kept.
    """
    rights.require(visitor, Action.KEEP, rights.NEW)
    name = sanitize(name, 60).strip()
    if not name:
        raise EpochscopeError("Type a name for the selection.")
    if not len(rows):
        raise EpochscopeError("Nothing is selected, so there is nothing to keep.")
    n, key = (run.info or {}).get("n", 0), data_key(run)
    mask = np.zeros(n, np.uint8)
    mask[rows] = 1
    packed = base64.b64encode(zlib.compress(np.packbits(mask).tobytes())).decode()
    made = Kept(name, sanitize(words, 700), key, n, int(mask.sum()), packed)
    others = [one for one in _read(visitor) if (one.name, one.data) != (name, key)]
    if len(others) >= MOST:
        raise EpochscopeError(f"{MOST} selections are the most; delete one that is no longer needed.")
    _write([made, *others], visitor)


def forget(run: Run, name: str, visitor: Visitor) -> None:
    """Deletes a selection of the run's points. Raises EpochscopeError where the file cannot be written."""
    key = data_key(run)
    _write([one for one in _read(visitor) if (one.name, one.data) != (name, key)], visitor)


def _file(mark: str) -> Path:
    """Under a hash of the visitor's mark: the mark itself stands in runs, which others read."""
    return runs_folder() / ".selections" / f"{hashlib.sha256(mark.encode()).hexdigest()[:32]}.json"


def _read(visitor: Visitor) -> list[Kept]:
    if not rights.may(visitor, Action.KEEP, rights.NEW):
        return []
    try:
        with opened(_file(visitor.mark)) as file:
            content = file.read(_MOST_BYTES + 1)
        return msgspec.json.decode(content, type=list[Kept])[:MOST] if len(content) <= _MOST_BYTES else []
    except (OSError, msgspec.MsgspecError):
        return []


def _write(all_of_them: Sequence[Kept], visitor: Visitor) -> None:
    rights.require(visitor, Action.KEEP, rights.NEW)
    content = msgspec.json.encode(list(all_of_them))
    if len(content) > _MOST_BYTES:
        raise EpochscopeError("These selections are too large to be kept together; delete one that is not needed.")
    path = _file(visitor.mark)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise EpochscopeError(f"The selection cannot be kept ({reason(error)}); {advice(error)}.") from None
