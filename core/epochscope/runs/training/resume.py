"""Continues a run that was stopped, killed or cut off: it is computed again from the beginning.

A method is a generator, whose state cannot be stored. But a run is determined by its settings: computed again with the
same data, seed, threads and parameter changes, it gives the same bits (cached pretraining takes no time). Stored epochs
are compared, not written; from the first missing one on, the run continues in its own folder. At the first difference
it ends with one sentence, and the stored epochs stay as they were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import Timeout
from safetensors.numpy import save

from epochscope import rights
from epochscope.files import advice, reason, write_whole
from epochscope.nets.pretraining_cache import without_pretraining_cache
from epochscope.rights import Action, Visitor
from epochscope.runs.format import arrays, locks
from epochscope.runs.format.lineage import SEED
from epochscope.runs.format.run import Run
from epochscope.runs.format.schema import DamagedError
from epochscope.runs.format.spec import LIVE
from epochscope.runs.format.thumbnails import sprites_name
from epochscope.runs.training.branch import Spans
from epochscope.runs.training.machine import differences
from epochscope.runs.training.request import Resolved, reason_not_repeatable, resolve
from epochscope.runs.training.writer import RESERVE, RunWriter, remove_leftovers, stored_mark
from epochscope.types import EpochscopeError

_SURE = ("phase", "losses", "measures")  # compared beside the digest
_WITHOUT_DIGEST = (*_SURE, "scores", "sizes")


class Differs(EpochscopeError):
    """A recomputed epoch differs from the stored one."""


def damaged(run: Run) -> bool:
    """Whether epochs of the run have been lost."""
    return len(run.journal.whole()[0]) < run.status.get("epochs", 0)


def reason_not_resumable(run: Run, broken: bool | None = None) -> str:
    """Why this run cannot be continued, in one sentence; empty if it can. `broken`: as `damaged`, if known."""
    status = run.status
    if status["state"] in LIVE:
        return f"{run.title} is being trained right now, here or by another program."
    if status["state"] == "done" and not (damaged(run) if broken is None else broken):
        return f"{run.title} has finished: there is nothing to continue."
    if status.get("final"):
        return f"{run.title} would fail again in the same way ({status['message']}); start it with other settings."
    return reason_not_repeatable(run.spec)


class Resumed(RunWriter):
    """Continues writing in the folder of a run. Holds its lock, so that no two programs continue it.

    `waits`: the run is to wait in a queue; it then holds no file, and its lock only from `claim` on. `folder`: its
    place, if not among the other runs. `waits_in`: the mark of the process that lets this one train the run, which
    waits there: so a run that waits in a sweep is taken over by a worker.
    """

    def __init__(
        self, run_id: str, visitor: Visitor, *, waits: bool = False, folder: Path | None = None, waits_in: str = ""
    ) -> None:
        run = Run(run_id, folder)
        rights.require(visitor, Action.CONTINUE, rights.thing_of(run.folder / rights.OWNER))
        self.id, self.folder, self._lock = run.id, run.folder, None
        handed_over = bool(waits_in) and _waits_in(run) == waits_in
        if why := "" if handed_over else reason_not_resumable(run):
            raise EpochscopeError(why)
        try:
            self._mark = locks.mark_of_process(run.folder.parent)
            if not waits:
                self._lock = locks.taken(run.folder / "lock", 1)
        except Timeout:
            raise EpochscopeError(f"{run.title} is being trained by another program; watch it there.") from None
        except OSError as error:
            raise EpochscopeError(
                f"{run.folder} cannot be written ({reason(error)}); {advice(error)}. The run is as it was."
            ) from None
        try:
            # if we hold the lock, no other writer lives; but one may have finished the run since the check
            self._was = "interrupted" if (state := run.status["state"]) in LIVE else state
            if self._was == "done" and not damaged(run):
                raise EpochscopeError(f"{run.title} has finished by now: there is nothing to continue.")
            self._info = _info(run)
            self._start(resolve(run.spec))
            with self._writing():
                write_whole(self.folder / "reserve", bytes(RESERVE))
            self.status(state="queued")
        except BaseException:
            if self._lock:
                self._lock.release()
            raise

    def _claimed(self) -> None:
        self._info = _info(Run(self.id, self.folder))
        self._start(self.request)

    def _start(self, request: Resolved) -> None:
        super()._start(request)
        self._before, _ = self.journal.whole()
        self._changes: dict[int, dict[str, Any]] = {}  # epoch -> the live parameters changed after it
        self._noted: dict[int, set[str]] = {}  # the same, with a new seed, which only the course of a branch repeats
        for line in self._param_changes.whole()[0]:
            self._noted.setdefault(line["epoch"], set()).add(line["name"])
            if line["name"] != SEED:
                self._changes.setdefault(line["epoch"], {})[line["name"]] = line["new"]
        self._repaired = False
        self._differs = ""
        self._made_here: Mapping[str, Any] = {}
        self.threads = (self._info or {}).get("made_with", {}).get("threads")

    def driven(self, drive: Callable[[], str]) -> str:
        """As in the base class; once more without cached pretraining if that may be the difference."""
        try:
            return drive()
        except Differs:
            if not self._changes:
                raise
        # A parameter change during pretraining has an effect only if pretraining is computed, not taken from the cache.
        self._start(self.request)
        try:
            with without_pretraining_cache():
                return drive()
        except Differs as error:
            self._differs = str(error)
            raise

    def drawn(self, n: int, most: int) -> int:
        """As many as the run began with: an older one stored a sample."""
        return super().drawn(n, min(self._info["m"], n) if self._info else most)

    @property
    def most_epoch_bytes(self) -> int | None:
        """What the run began with."""
        return self._info.get("most_epoch_bytes") if self._info else super().most_epoch_bytes

    def _open(self, info: Mapping[str, Any], points: dict[str, np.ndarray], sprites: Iterable[bytes]) -> None:
        self._made_here = info["made_with"]
        remove_leftovers(self.folder)
        if self._info is None:
            super()._open(info, points, sprites)
            return
        path = self.folder / "points.safetensors"
        try:
            known = Run(self.id, self.folder).points()
        except EpochscopeError:
            known = points
        sizes = ("n", "f", "m", *(() if info.get("finds_k") else ("k",)), "classes")
        same = all(self._info.get(name) == info[name] for name in sizes)
        if not same or any(not np.array_equal(known.get(name, ()), points[name]) for name in points):
            raise self._difference("The data of this run are no longer the same ones")
        if known is points:
            write_whole(path, save(points))
        for number, sheet in enumerate(sprites):
            if not (path := self.folder / sprites_name(number)).exists():
                write_whole(path, sheet)

    def _keep(self, line: Mapping[str, Any], files: dict[str, np.ndarray], parts: Mapping[str, bytes]) -> None:
        epoch = line["epoch"]
        if epoch >= len(self._before):
            if not self._repaired:
                self._repaired = True
                self.journal.repair()
                self._param_changes.repair()
            super()._keep(line, files, parts)
            return
        stored, now = _compared(self._before[epoch]), _compared(json.loads(json.dumps(line)))
        names = ("digest", *_SURE) if "digest" in stored else _WITHOUT_DIGEST
        if any(not _alike(stored.get(name), now.get(name)) for name in names):
            raise self._difference(f"Epoch {epoch}, computed again, is not the stored one")
        path = self.folder / "arrays" / f"{epoch:06d}.safetensors"
        if files and not _holds(path, files):
            path.parent.mkdir(exist_ok=True)
            write_whole(path, save(files))

    def _difference(self, what: str) -> Differs:
        then = (self._info or {}).get("made_with", {})
        why = (
            "; ".join(differences(then, self._made_here))
            or "another machine, another file of data or a device that rounds differently"
        )
        self._differs = f"{what} ({why}): it is left as it was; run it again as a new run."
        return Differs(self._differs)

    def settled_changes(self, epoch: int) -> dict[str, Any] | None:
        """The parameter changes stored after this epoch, and those of a branch; None beyond the stored epochs."""
        settled, stored = super().settled_changes(epoch), self._changes.get(epoch)
        if stored is not None or epoch < len(self._before) - 1:
            return {**(settled or {}), **(stored or {})}
        return settled

    def note_change(self, epoch: int, name: str, symbol: str, old: Any, new: Any) -> None:
        """Notes a change unless it is already stored."""
        if name not in self._noted.get(epoch, ()) and epoch >= len(self._before) - 1:
            super().note_change(epoch, name, symbol, old, new)

    def note_reads(self, spans: Spans) -> None:
        """As in the base class, once more is computed than before."""
        if self._count >= len(self._before):
            super().note_reads(spans)

    def status(self, **changes: Any) -> None:
        """As in the base class; adds how far the recomputation is."""
        before = len(self._before)
        if self._count < before:
            changes |= {"epochs": before}
            if changes.get("state", "running") in LIVE:
                changes |= {"doing": f"computing again: epoch {self._count} of {before}"}
        super().status(**changes)

    def finish(self, state: str, message: str = "", **more: Any) -> None:
        """As in the base class; a run that could not be recomputed keeps its former state."""
        if self._differs:
            state, message, more = self._was, self._differs, {}
        super().finish(state, message, doing="", **more)


def _waits_in(run: Run) -> str:
    try:
        return stored_mark(run.folder)
    except OSError:
        return ""


def _info(run: Run) -> dict[str, Any] | None:
    try:
        return run.info
    except EpochscopeError:
        return None  # damaged: it is written again when the data are loaded


def _compared(line: Mapping[str, Any]) -> dict[str, Any]:
    """The line with its measures among its losses: earlier versions stored the label change as a loss."""
    return {**line, "losses": {**line.get("losses", {}), **line.get("measures", {})}, "measures": {}}


def _alike(stored: Any, now: Any) -> bool:
    """Whether the values that both have are equal: another version may add a score."""
    if isinstance(stored, dict) and isinstance(now, dict):
        return all(stored[name] == now[name] for name in stored.keys() & now.keys())
    return stored == now


def _holds(path: Path, files: Mapping[str, np.ndarray]) -> bool:
    """Whether the file can be read and has exactly these arrays."""
    try:
        return all(np.array_equal(arrays.read(path, name, {}), array, equal_nan=True) for name, array in files.items())
    except DamagedError:
        return False
