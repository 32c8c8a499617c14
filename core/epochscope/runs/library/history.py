"""A stored run read across its epochs: labels, one point's rows, samples of the codes. Files are read once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from epochscope.formulas.dispersion import rms_distance
from epochscope.runs.format.store import Run
from epochscope.types import EpochscopeError

SPREAD_ROWS = 500
"""Drawn points that speak for all when the spread of the codes is measured at every epoch: a fair sample."""


def part(run: Run, epoch: int, name: str, rows: slice | int | None = None) -> np.ndarray | None:
    """One array of one epoch, or some of its rows, without reading what else the file holds. None where there is none.

    Raises EpochscopeError where the file is gone or damaged.
    """
    table = run.epochs()
    since = table[epoch]["has"].get(name) if 0 <= epoch < len(table) else None
    return None if since is None else _read(_file(run, since), name, rows)


def _file(run: Run, since: int) -> Path:
    return run.folder / "arrays" / f"{since:06d}.safetensors"


def _read(path: Path, name: str, rows: slice | int | None) -> np.ndarray:
    try:
        with safe_open(path, "np") as file:
            if rows is None:
                return file.get_tensor(name)
            found = file.get_slice(name)
            if isinstance(rows, slice):
                rows = slice(*rows.indices(found.get_shape()[0]))  # as in numpy: what is beyond the end is left out
            return found[rows]
    except (OSError, SafetensorError, IndexError) as error:
        raise EpochscopeError(f"{path} cannot be read ({error}); delete this run or choose another one.") from None


class History:
    """What is asked of every epoch of a run again and again, kept while its file stays as it is. Thread-safe."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._known: dict[tuple[str, int], tuple[int, Any]] = {}  # (what, epoch of the file) -> (time of it, value)
        self._lists: dict[str, tuple[tuple[int, int], list[Any]]] = {}  # what -> (state of the folder, list)
        self._lock = threading.Lock()

    @cached_property
    def points(self) -> dict[str, np.ndarray]:
        """`index` of the drawn points, `truth` of all points (-1: none), `place` of each point (-1: not drawn)."""
        found = self.run.points()
        place = np.full(len(found["truth"]), -1)
        place[found["index"]] = np.arange(len(found["index"]))
        return {**found, "place": place}

    def _each(self, what: str, name: str, make: Any) -> list[Any]:
        lines = self.run.epochs()
        try:  # files appear by renaming, which changes the time of their folder
            state = ((self.run.folder / "arrays").stat().st_mtime_ns, len(lines))
        except OSError:
            state = (0, len(lines))
        with self._lock:
            if what not in self._lists or self._lists[what][0] != state:
                has = [line["has"].get(name) for line in lines]
                self._lists[what] = state, [None if since is None else self._one(what, since, make) for since in has]
            return self._lists[what][1]

    def _one(self, what: str, since: int, make: Any) -> Any:
        path = _file(self.run, since)
        try:
            written = path.stat().st_mtime_ns
        except OSError:
            return None  # deleted by hand: the other epochs can still be shown
        known = self._known.get((what, since))
        if known is None or known[0] != written:
            known = self._known[what, since] = (written, make(path))
        return known[1]

    def labels(self) -> list[np.ndarray | None]:
        """The cluster of every point of the data set at each epoch; None where an epoch has no clusters."""
        return self._each("labels", "labels", lambda path: _read(path, "labels", None))

    def spreads(self) -> list[float | None]:
        """Root mean square distance of (a sample of) the codes from their mean, at each epoch."""
        return self._each("spread", "z", lambda path: rms_distance(_read(path, "z", slice(0, SPREAD_ROWS))))

    def rows(self, name: str, place: int) -> list[np.ndarray | None]:
        """The row of one drawn point in an array over the drawn points, at each epoch."""
        found: list[np.ndarray | None] = []
        known: dict[int, np.ndarray] = {}
        for line in self.run.epochs():
            since = line["has"].get(name)
            if since is not None and since not in known:
                known[since] = _read(_file(self.run, since), name, place)
            found.append(None if since is None else known[since])
        return found


@lru_cache(maxsize=6)
def history(run: Run) -> History:
    """The history of a run, shared by all viewers."""
    return History(run)


def track(frames: Sequence[dict[str, Any]], path: Path, place: int) -> tuple[list[int], np.ndarray]:
    """Where one drawn point lay in each frame of a projection: epochs in order, and x, y of each.

    `frames`: the lines of the projection's journal; `path`: its frames.bin. A projection may draw fewer points.
    """
    found: dict[int, tuple[float, float]] = {}
    try:
        with path.open("rb") as file:
            for line in frames:
                offset, size = line["at"]["xy"]
                if 4 * place + 4 > size:
                    continue
                file.seek(offset + 4 * place)
                x, y = np.frombuffer(file.read(4), "<i2") * (line["scale"] / 32767) + np.asarray(line["center"])
                found[line["epoch"]] = (float(x), float(y))
    except (FileNotFoundError, ValueError):
        pass  # nothing was drawn yet, or the last frame is being written
    epochs = sorted(found)
    return epochs, np.array([found[epoch] for epoch in epochs]).reshape(-1, 2)
