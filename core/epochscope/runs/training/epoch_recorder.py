"""From a snapshot to an epoch of the run folder: matches cluster ids, scores, packs, keeps time and progress.

Everything that writes epochs goes through here: the methods of this program, and loops that somebody else wrote.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from epochscope.data import Dataset
from epochscope.data.sprites import sheet
from epochscope.formulas.alignment import match_clusters
from epochscope.formulas.metrics import one_cluster_accuracy
from epochscope.runs.format.arrays import AXES, with_clusters
from epochscope.runs.format.channels import HEAT_MAP_ROWS, HEAT_MAP_VALUES, with_line_numbers
from epochscope.runs.format.schema import MOST_DRAWN
from epochscope.runs.format.thumbnails import TILES
from epochscope.runs.training.baseline import kmeans_accuracy
from epochscope.runs.training.line_numbers import finite, line_numbers
from epochscope.runs.training.machine import made_with
from epochscope.runs.training.packing import Gray, gray_of
from epochscope.runs.training.scores import graph_scores, lost_classes, scores
from epochscope.runs.training.snapshot_arrays import ClusterRelabeler, snapshot_arrays
from epochscope.runs.training.writer import RunWriter
from epochscope.types import Progress, Snapshot

DRAWN_POINTS = MOST_DRAWN
_PICTURED = 20 * TILES  # points that get thumbnails at most
_SPRITE_COLUMNS = 50


class Recorded(NamedTuple):
    """An epoch as it was written, but over all points and in full precision; and what it was made from."""

    epoch: int
    snapshot: Snapshot
    arrays: Mapping[str, np.ndarray]  # by name, with the stored cluster ids
    new_id: Int[np.ndarray, " k"]  # the stored id of each cluster of the snapshot


Observer = Callable[[Recorded], None]
"""Called after each epoch that was written, before the next step of the method."""


class EpochRecorder:
    """Opens the run of `writer` for a data set and writes one epoch for each snapshot.

    `provides`: what its snapshots will hold, as far as that is known. `plan`: phase -> its epochs at most, in order.
    `device`: where it is computed. `finds_k`: snapshots may have any number of clusters; the run then has as many as
    the most so far. `numbers`: names of the columns of "sample_numbers". `observe`: is told of each epoch.
    """

    def __init__(
        self,
        writer: RunWriter,
        dataset: Dataset,
        *,
        provides: Iterable[str],
        plan: Mapping[str, int],
        device: str,
        finds_k: bool = False,
        numbers: Sequence[str] = (),
        observe: Observer | None = None,
    ) -> None:
        self.writer, self.dataset, self.plan, self._device = writer, dataset, dict(plan), device
        self._finds_k, self._numbers, self._observe = finds_k, list(numbers), observe
        self._previous: np.ndarray | None = None  # labels of the epoch before, ids as stored
        self._relabeler = ClusterRelabeler()
        self._phase = ""
        self._in_phase: dict[str, int] = {}  # phase -> epochs trained in it so far
        self._seconds: deque[float] = deque(maxlen=5)
        self._told = 0.0
        self.k = writer.spec.k  # a recorded loop may get more
        writer.begin(*self._opening(provides))

    def _opening(
        self, provides: Iterable[str]
    ) -> tuple[dict[str, Any], np.ndarray, np.ndarray | None, Iterator[bytes], Gray | None]:
        data, spec = self.dataset, self.writer.spec
        gray = gray_of(data)
        n, f = data.x.shape
        m = self.writer.drawn(n, DRAWN_POINTS)
        # A random order, so that any first part of the drawn points is itself a fair sample.
        self.index = index = np.random.default_rng(spec.seed).permutation(n)[:m]
        known = None if data.truth is None else data.truth[data.truth >= 0]
        info = {
            "title": self.writer.title,
            "n": n,
            "f": f,
            "m": m,
            "r": min(m, HEAT_MAP_ROWS, max(1, HEAT_MAP_VALUES // spec.k)),
            "k": spec.k,
            "classes": list(data.class_names),
            "scaling": data.scaling,
            "one_cluster": None if known is None or not len(known) else one_cluster_accuracy(known),
            "kmeans_acc": kmeans_accuracy(data.x, data.truth, index, spec.k),
            "plan": self.plan,
            "provides": sorted(with_line_numbers(provides)),
            "decodes": gray is not None,
            "tile": None if data.pictures is None else [*reversed(data.pictures.shape[1:3]), _SPRITE_COLUMNS],
            "made_with": made_with(self._device),
        }
        if self._finds_k:
            info["finds_k"] = True
        if self._numbers:
            info["numbers"] = self._numbers
        if (most := self.writer.most_epoch_bytes) is not None:
            info["most_epoch_bytes"] = most
        pictured = 0 if data.pictures is None else min(m, _PICTURED)
        if data.pictures is not None and pictured < m:
            info["pictured"] = pictured
        return info, index, data.truth, self._sheets(pictured), gray

    def _sheets(self, pictured: int) -> Iterator[bytes]:
        """Thumbnails of the first drawn points, TILES on a sheet."""
        for start in range(0, pictured, TILES):
            assert self.dataset.pictures is not None
            rows = self.index[start : min(start + TILES, pictured)]
            yield sheet(self.dataset.pictures[rows], columns=_SPRITE_COLUMNS)

    @property
    def count(self) -> int:
        """How many epochs were written."""
        return sum(self._in_phase.values()) + len(self._in_phase)

    def widen(self, k: int) -> None:
        """From now on there are k clusters, more than before."""
        self.writer.widen(k)
        self.k = k

    def __call__(self, s: Snapshot, seconds: float, more: Mapping[str, Any] = MappingProxyType({})) -> int:
        """Writes one epoch; cluster ids are matched to the epoch before, so that colors stay. Returns its number.

        `more`: further fields of its line.
        """
        arrays = snapshot_arrays(s)
        if self._finds_k:
            arrays, more = self._widened(arrays), {"k": self.k, **more}
        k = self.k
        new_id = np.arange(k)
        line: dict[str, Any] = {
            "phase": s.phase,
            "seconds": round(seconds, 4),
            "losses": {name: finite(value) for name, value in s.losses.items()},
            "measures": {name: finite(value) for name, value in s.measures.items()},
            **more,
        }
        if s.labels is not None and self._previous is not None:
            both = (self._previous >= 0) & (s.labels >= 0)
            new_id = match_clusters(previous=self._previous[both], labels=s.labels[both], k=k)
            arrays = self._relabeler(arrays, new_id)
        if (labels := arrays.get("labels")) is not None:
            line |= self._label_numbers(labels)
            self._previous = labels
        if (neighbors := arrays.get("neighbors")) is not None:
            graph = graph_scores(neighbors, arrays.get("weights"), labels=labels, truth=self.dataset.truth)
            line["scores"] = {**line.get("scores", {}), **graph}
        line |= line_numbers(arrays, k)
        epoch = self.writer.append(arrays, line)
        self._in_phase[s.phase] = self._in_phase.get(s.phase, -1) + 1
        self._phase = s.phase
        if self._in_phase[s.phase]:  # the first of a phase is its starting state: it cost no epoch of training
            self._seconds.append(seconds)
        else:
            self._seconds.clear()
        if self._observe:
            self._observe(Recorded(epoch, s, arrays, new_id))
        return epoch

    def _widened(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The arrays of a snapshot with as many clusters as the most so far."""
        own = max(int(arrays["labels"].max()) + 1 if "labels" in arrays else 0, len(arrays.get("centers", ())))
        if own > self.k:
            self.widen(own)
        return {name: with_clusters(one, name, self.k) if "k" in AXES[name] else one for name, one in arrays.items()}

    def _label_numbers(self, labels: np.ndarray) -> dict[str, Any]:
        """Fields of a line that come from labels: scores, points in no cluster, classes without a cluster."""
        truth, unassigned = self.dataset.truth, int((labels < 0).sum())
        found: dict[str, Any] = {"scores": scores(labels, truth=truth, previous=self._previous)}
        if unassigned:
            found["unassigned"] = unassigned
        if truth is not None:
            found["lost_classes"] = lost_classes(labels, truth)
        return found

    def tell(self, state: str, tick: Progress | None = None, *, force: bool = False) -> None:
        """Writes status.json, at most five times a second unless forced."""
        now = time.monotonic()
        if not force and now - self._told < 0.2:
            return
        self._told = now
        within = tick.done / tick.total if tick and tick.total else 0.0
        planned = sum(self.plan.values())
        done = sum(min(self._in_phase.get(phase, 0), most) for phase, most in self.plan.items())
        done += sum(trained + 1 for phase, trained in self._in_phase.items() if phase not in self.plan)
        done = min(done, planned)
        per_epoch = float(np.median(self._seconds)) if self._seconds else None
        self.writer.status(
            state=state,
            phase=self._phase,
            doing=tick.doing if tick else "",
            progress=round(min(1.0, (done + within) / planned), 4) if planned else None,
            # at most: a method may end a phase early, and epochs of a later phase may take another time
            eta_seconds=None
            if per_epoch is None or not planned
            else round(max(planned - done - within, 0) * per_epoch, 1),
        )
