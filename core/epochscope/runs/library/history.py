"""A stored run read across its epochs: labels, one point's rows, samples of the codes. Files are read once."""

from __future__ import annotations

import threading
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from epochscope.formulas.dispersion import CodeShape, code_shape
from epochscope.runs.format.run import Run

SPREAD_ROWS = 500
"""Number of drawn points from which the shape of the codes is estimated at every epoch."""


def _time(run: Run, since: int) -> int | None:
    """When a file of arrays was written; None where it is gone."""
    try:
        return run.array_file(since).stat().st_mtime_ns
    except OSError:
        return None


class History:
    """Cached values of every epoch of a run; read again when the file changes. Thread-safe."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._known: dict[tuple[str, int], tuple[int, Any]] = {}  # (what, epoch of the file) -> (time of it, value)
        self._lists: dict[str, tuple[tuple[int, int], list[Any]]] = {}  # what -> (state of the folder, list)
        self._lock = threading.Lock()

    @cached_property
    def points(self) -> dict[str, np.ndarray]:
        """`index` of the drawn points, `truth` of all points (-1: none), `place` of each point (-1: not drawn)."""
        points = self.run.points()
        place = np.full(len(points["truth"]), -1)
        place[points["index"]] = np.arange(len(points["index"]))
        return {**points, "place": place}

    def _each(self, what: str, name: str, make: Any) -> list[Any]:
        lines = self.run.epochs()
        try:  # a file appears by a rename, which changes the time of its folder
            state = ((self.run.folder / "arrays").stat().st_mtime_ns, len(lines))
        except OSError:
            state = (0, len(lines))
        with self._lock:
            if what not in self._lists or self._lists[what][0] != state:
                has = [line["has"].get(name) for line in lines]
                values = [None if since is None else self._one(what, since, make) for since in has]
                self._lists[what] = state, values
            return self._lists[what][1]

    def _one(self, what: str, since: int, make: Any) -> Any:
        written = _time(self.run, since)
        if written is None:
            return None  # deleted by hand: the other epochs can still be shown
        known = self._known.get((what, since))
        if known is None or known[0] != written:
            known = self._known[what, since] = (written, make(since))
        return known[1]

    def labels(self) -> list[np.ndarray | None]:
        """The cluster of every point of the data set at each epoch; None where an epoch has no clusters."""
        return self._each("labels", "labels", lambda since: self.run.array(since, "labels"))

    def codes(self) -> list[CodeShape | None]:
        """Numbers about (a sample of) the codes at each epoch; None where an epoch has no codes."""
        return self._each("codes", "z", self._shape)

    def _shape(self, since: int) -> CodeShape | None:
        codes = self.run.array(since, "z", slice(0, SPREAD_ROWS))
        return None if codes is None else code_shape(codes)

    def spreads(self) -> list[float | None]:
        """Root mean square distance of (a sample of) the finite codes from their mean, at each epoch."""
        return [None if shape is None else shape.spread for shape in self.codes()]

    def rows(self, name: str, place: int) -> list[np.ndarray | None]:
        """The row of one drawn point in an array over the drawn points, at each epoch."""
        rows: list[np.ndarray | None] = []
        known: dict[int, np.ndarray | None] = {}
        for line in self.run.epochs():
            since = line["has"].get(name)
            if since is not None and since not in known:
                known[since] = self.run.array(since, name, place)
            rows.append(None if since is None else known[since])
        return rows


@lru_cache(maxsize=6)
def history(run: Run) -> History:
    """The history of a run, shared by all viewers."""
    return History(run)
