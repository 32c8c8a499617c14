"""Trains futures: all members in lockstep, and writes each epoch when all members have come to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, Int16

from epochscope.data import Cancelled, Dataset
from epochscope.data.dataset_cache import dataset
from epochscope.files import patiently, reason
from epochscope.formulas.alignment import match_clusters, procrustes
from epochscope.futures.digests import EpochDigests
from epochscope.futures.plan import label_of, members_of, require_memory
from epochscope.futures.store import EXTENT, SCORES, Arrays, Epoch, Member
from epochscope.futures.writer import FuturesWriter
from epochscope.methods.base import Method
from epochscope.nets.device import compute_device, denormals_flushed, generator, set_arithmetic, sharing_cores
from epochscope.nets.together import Advance, advanced
from epochscope.projections.base import principal_axes
from epochscope.rights import Visitor
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.machine import made_with
from epochscope.runs.training.request import resolve
from epochscope.runs.training.scores import scores
from epochscope.types import EpochscopeError, Snapshot

_log = logging.getLogger(__name__)
_POINTS = {8: 600, 16: 400, 36: 250, 64: 150}  # members up to so many -> points that are drawn of each
_TELL_SECONDS = 0.3

Observer = Callable[[int, Snapshot], None]
"""Told of each snapshot of member i, in any thread; the snapshots of one member come in their order."""


def futures_writer(
    spec: RunSpec, seeds: Sequence[int], values: Mapping[str, Sequence[Any]] | None, visitor: Visitor
) -> FuturesWriter:
    """The folder of futures with these seeds and values of parameters. Raises EpochscopeError as `members_of`."""
    specs = members_of(spec, seeds, values)
    title = resolve(specs[0]).title.rpartition(", seed ")[0]
    what = f"{len(specs)} seeds" if not values else f"{len(specs)} futures"
    return FuturesWriter(f"{title}, {what}", [Member(label_of(one, specs), one) for one in specs], visitor)


def train(
    writer: FuturesWriter, control: Control, *, given: Dataset | None = None, observe: Observer | None = None
) -> None:
    """Trains the futures of `writer` to their ends, in this thread; loads the data unless they are `given`. Never
    raises: what goes wrong becomes their message.
    """
    spec = writer.members[0].spec
    try:
        if control.stopped:
            writer.finish("stopped")
            return
        writer.status(state="loading")
        data = given or patiently(lambda: dataset(spec.dataset, spec.data, cancel=control.cancel))
        require_memory(len(writer.members), data.x.nbytes)
        set_arithmetic()
        with denormals_flushed(), sharing_cores():
            training = _Training(writer, data, control, observe)
            state, message = training.drive()
            writer.finish(state, message, final=state == "failed" and training.sure)
    except Cancelled:
        writer.finish("stopped")
    except OSError as error:
        writer.finish("failed", f"The data cannot be read ({reason(error)}).")
    except (EpochscopeError, MemoryError) as error:
        writer.finish("failed", str(error) or "There is not enough memory; choose fewer seeds or fewer points.")
    except Exception as error:
        _log.exception("futures %s failed", writer.id)
        words = " ".join(str(error).split())[:300]
        writer.finish("failed", f"{type(error).__name__} while the futures were trained: {words}")


class _Seen(NamedTuple):
    """A snapshot of one member, as it is stored."""

    phase: str
    labels: Int[np.ndarray, " n"] | None  # ids of the snapshot
    places: Int16[np.ndarray, "m 2"]
    scores: dict[str, float]
    digest: str


class _Training:
    def __init__(self, writer: FuturesWriter, data: Dataset, control: Control, observe: Observer | None) -> None:
        self.writer, self.data, self.control, self.observe = writer, data, control, observe
        first = resolve(writer.members[0].spec)
        self.method: Method = first.algorithm
        self.k = max(member.spec.k for member in writer.members)
        n, f = data.x.shape
        count = len(writer.members)
        points = next((most for up_to, most in _POINTS.items() if count <= up_to), min(_POINTS.values()))
        self.index = np.random.default_rng(0).permutation(n)[:points]
        self.seen: list[list[_Seen]] = [[] for _ in range(count)]
        self.planes: list[np.ndarray | None] = [None] * count  # places of the epoch before, to which the next is turned
        self.labels: list[np.ndarray | None] = [None] * count  # labels of the last written epoch, with the stored ids
        self.digests = [EpochDigests(member.spec.k) for member in writer.members]
        self.ended: dict[int, str] = {}  # member -> why it failed; "" where it came to its end
        self.sure = True  # whether those that failed did so by their numbers or settings, as they would again
        self.written, self._told, self._changed = 0, 0.0, threading.Lock()
        self.params = [resolve(one.spec).method_params.suited(data.likelihood) for one in writer.members]
        plan = self.method.plan(self.params[0])
        self.planned = sum(plan.values()) + len(plan)
        info = {
            "n": n,
            "f": f,
            "m": len(self.index),
            "k": self.k,
            "classes": list(data.class_names),
            "plan": plan,
            "made_with": made_with(str(compute_device())) | {"threads": 1},  # of each member
        }
        writer.begin(info, self.index, data.truth)

    def drive(self) -> tuple[str, str]:
        """Trains all members. Returns the final state and message."""
        device = compute_device()
        x = torch.tensor(self.data.x, device=device)
        runs = [
            self.method.run(x, one.spec.k, hp, generator(one.spec.seed, device))
            for one, hp in zip(self.writer.members, self.params, strict=True)
        ]
        self.tell(None, force=True)
        with closing(advanced(runs, self.see, self.note_end)) as rounds:
            for advance in rounds:
                self.flush()
                self.tell(advance)
                if self.control.stopped:
                    return "stopped", ""
        self.flush()
        failed = {i: why for i, why in sorted(self.ended.items()) if why}  # in the order in which they are shown
        if len(failed) == len(runs):
            return "failed", next(iter(failed.values()))
        words = [f"{self.writer.members[i].label} failed: {why}" for i, why in failed.items()]
        return "done", " ".join(words)

    def see(self, i: int, snapshot: Snapshot) -> None:
        """Takes a snapshot of member i; called in any thread."""
        labels = snapshot.labels
        scored = {} if labels is None else scores(labels, truth=self.data.truth, previous=None)
        plane = _plane(snapshot.z[self.index], self.planes[i])
        self.planes[i] = plane
        if self.observe:
            self.observe(i, snapshot)
        seen = _Seen(snapshot.phase, labels, _quantized(plane), scored, self.digests[i](snapshot))
        with self._changed:
            self.seen[i].append(seen)

    def note_end(self, i: int, error: Exception | None) -> None:
        """Member i has ended; called in any thread."""
        if error is not None and not isinstance(error, EpochscopeError):
            _log.error("member %s of the futures failed", i, exc_info=error)
        with self._changed:
            self.sure = self.sure and (error is None or isinstance(error, EpochscopeError))
            self.ended[i] = "" if error is None else " ".join(str(error).split())[:300] or type(error).__name__

    def flush(self) -> None:
        """Writes the epochs to which all members that have not ended have come."""
        while True:
            epoch = self.written
            with self._changed:
                live = [i for i in range(len(self.seen)) if i not in self.ended]
                have = [i for i in range(len(self.seen)) if len(self.seen[i]) > epoch]
                if not have or any(len(self.seen[i]) <= epoch for i in live):
                    return
                some = [self.seen[i][epoch] for i in have]
                for i in have:
                    self.seen[i][epoch] = None  # type: ignore[call-overload]  (it is on the disk now)
            self.write(epoch, have, some)
            self.written += 1

    def write(self, epoch: int, have: list[int], some: list[_Seen]) -> None:
        """Writes one epoch of these members."""
        labeled = all(seen.labels is not None for seen in some)
        found = {name: np.full(len(have), np.nan) for name in SCORES}
        rows = []
        for row, (i, seen) in enumerate(zip(have, some, strict=True)):
            for name, value in seen.scores.items():
                found[name][row] = value
            if labeled and seen.labels is not None:
                own, changed = self.stored_labels(i, seen.labels)
                found["changed"][row] = changed
                rows.append(own)
        labels = np.stack(rows).astype(np.int16 if self.k > 127 else np.int8) if labeled else None
        scored = {name: values for name, values in found.items() if not np.isnan(values).all()}
        line = Epoch(epoch, some[0].phase, np.array(have), scored, tuple(seen.digest for seen in some))
        self.writer.append(line, Arrays(labels, np.stack([seen.places for seen in some])))

    def stored_labels(self, i: int, labels: np.ndarray) -> tuple[np.ndarray, float]:
        """Labels with ids matched to the epoch before or, at the first one, to another member, so that colors compare;
        and the share that changed.
        """
        before = self.labels[i]
        reference = before if before is not None else next((one for one in self.labels if one is not None), None)
        if reference is not None:
            both = (reference >= 0) & (labels >= 0)
            ids = match_clusters(previous=reference[both], labels=labels[both], k=self.k)
            labels = np.where(labels >= 0, ids[labels], -1)
        self.labels[i] = labels
        return labels, float("nan") if before is None else float(np.mean(labels != before))

    def tell(self, advance: Advance | None, *, force: bool = False) -> None:
        """Writes the status now and then."""
        now = time.monotonic()
        if not force and now - self._told < _TELL_SECONDS:
            return
        self._told = now
        tick = advance.progress if advance else None
        within = tick.done / tick.total if tick and tick.total else 0.0
        self.writer.status(
            state="running",
            training=advance.training if advance else len(self.seen),
            doing=tick.doing if tick else "",
            progress=round(min(1.0, (self.written + within) / max(self.planned, 1)), 4),
        )


def _plane(z: Float[np.ndarray, "m d"], before: Float[np.ndarray, "m 2"] | None) -> Float[np.ndarray, "m 2"]:
    """The first two principal components of the codes, turned toward the epoch before."""
    z = z.astype(np.float64)
    xy = (z - z.mean(axis=0)) @ principal_axes(z)
    return xy if before is None else procrustes(points=xy, reference=before).points


def _quantized(xy: Float[np.ndarray, "m 2"]) -> Int16[np.ndarray, "m 2"]:
    """Places relative to their mean, in units of their spread, cut off at EXTENT."""
    xy = xy - xy.mean(axis=0)
    spread = float(np.sqrt(np.square(xy).sum(axis=1).mean() / 2)) or 1.0
    return (np.clip(xy / (EXTENT * spread), -1, 1) * 32767).astype(np.int16)
