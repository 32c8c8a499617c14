"""Writes a run folder (epochscope.runs.format.run describes it), up to the final status. A run has one writer."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from safetensors.numpy import save

from epochscope import rights
from epochscope.files import advice, reason, remove_unwritten, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format import consistency, locks, metadata, schema
from epochscope.runs.format.channels import with_line_numbers
from epochscope.runs.format.journal import Journal
from epochscope.runs.format.new_folder import new_folder
from epochscope.runs.format.run import UNWRITTEN
from epochscope.runs.format.spec import RunSpec, folder_of, new_id
from epochscope.runs.format.thumbnails import sprites_name
from epochscope.runs.training.branch import Course, Spans
from epochscope.runs.training.digest import Digest
from epochscope.runs.training.packing import Gray, Packer
from epochscope.runs.training.request import Resolved, resolve
from epochscope.runs.training.snapshot_arrays import PointSampler, point_bytes, same
from epochscope.runs.training.storage_policy import StoragePolicy
from epochscope.types import EpochscopeError

RESERVE = 1 << 14
"""Bytes that a run keeps free for its last word."""


class StorageError(EpochscopeError):
    """The folder of a run cannot be written; the method is not at fault, so the run may be continued later."""


class LostError(EpochscopeError):
    """The run is no longer this writer's: another program trains it, or it was deleted. Nothing is written to it."""


def _run_file(request: Resolved) -> str:
    """The content of run.json."""
    return json.dumps(
        {
            "spec": request.spec.as_dict(),
            "created": time.time(),
            "pid": os.getpid(),
            "display": request.display,
        }
    )


def remove_leftovers(folder: Path) -> None:
    """Removes what a killed writer left of files that were not yet whole. The run's lock is held. Raises OSError."""
    remove_unwritten(folder, but=(rights.OWNER, metadata.FILE))
    remove_unwritten(folder / "arrays")


def stored_mark(folder: Path) -> str:
    """The mark of the process in which the run of this folder waits, as its status says; empty if it says none.

    Raises OSError.
    """
    try:
        return json.loads((folder / "status.json").read_bytes()).get("queue", "")
    except (ValueError, AttributeError):
        return ""


class RunWriter:
    """Creates a run folder, which belongs to the visitor, and fills it. Holds the folder's lock until `finish`.

    `waits`: the run is to wait in a queue; it then holds no file, and its lock only from `claim` on. `root`: where to
    create it, if not among the other runs.
    """

    def __init__(self, spec: RunSpec, visitor: Visitor, *, waits: bool = False, root: Path | None = None) -> None:
        rights.require(visitor, Action.START, rights.NEW)
        request = resolve(spec)
        spec = request.spec
        self.id = new_id(spec)
        self.folder = root / self.id if root else folder_of(self.id)
        self._mark = ""

        def fill(new: Path) -> None:
            self._mark = locks.mark_of_process(new.parent)
            (new / "arrays").mkdir()
            write_whole(new / "run.json", _run_file(request))
            waiting = {"state": "queued", "message": "", "epochs": 0, "queue": self._mark}
            write_whole(new / "status.json", json.dumps(waiting))
            write_whole(new / "reserve", bytes(RESERVE))

        self._lock: FileLock | None = new_folder(self.folder, visitor, fill, locked=not waits)
        self._start(request)

    def claim(self) -> None:
        """Takes the lock, for a run that waited. Raises LostError where it is no longer this writer's, and StorageError
        where it cannot be written.
        """
        if self._lock:
            return
        with self._writing():
            if not self.folder.is_dir():
                raise LostError(f"The folder of this run, {self.folder}, is no longer there.")
            try:
                lock = locks.taken(self.folder / "lock", 1)
            except Timeout:
                raise LostError(f"{self.title} is being trained by another program; watch it there.") from None
            if stored_mark(self.folder) != self._mark:
                lock.release()
                raise LostError(f"{self.title} was continued by another program meanwhile.")
            self._lock = lock
            self._claimed()

    def _claimed(self) -> None:
        """Called once the lock is held after a wait."""

    def _start(self, request: Resolved) -> None:
        """Initializes the writer: nothing of the run is written yet, or everything anew."""
        self.request, self.spec, self.title = request, request.spec, request.title
        self.course = Course(self.spec)
        self.threads = self.course.threads  # of torch, if the run needs a certain number
        self.journal = Journal(self.folder, "epochs", kind=schema.EPOCH_LINE, check=consistency.check_epoch)
        self._param_changes = Journal(
            self.folder, "marks", "marks.bin", kind=schema.ParamChange, check=consistency.check_param_change
        )
        self._stored: dict[str, tuple[np.ndarray, int]] = {}  # name -> (the array, epoch whose file has it)
        self._drawn_points = PointSampler(np.arange(0), 0)
        self._policy = StoragePolicy(None, {})
        self._every = 1
        self._packer = Packer()
        self._digest = Digest()
        self._count = 0
        self._status: dict[str, Any] = {}

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turns an error of the disk into a StorageError of one sentence."""
        try:
            yield
        except OSError as error:
            lost = not self.folder.is_dir()
            why = "is no longer there" if lost else f"cannot be written ({reason(error)})"
            then = "" if lost else f"; {advice(error)}, then continue the run"
            raise StorageError(f"The folder of this run, {self.folder}, {why}{then}.") from None

    def begin(
        self,
        info: Mapping[str, Any],
        index: np.ndarray,
        truth: np.ndarray | None,
        sprites: Iterable[bytes],
        gray: Gray | None = None,
    ) -> None:
        """Stores what is known once the data are loaded. `index`: the drawn points, in drawing order. `sprites`: sheets
        of their thumbnails, TILES on each.
        """
        n = info["n"]
        self._policy = StoragePolicy(info.get("most_epoch_bytes"), info["plan"])
        self._drawn_points = PointSampler(index, n)
        self._packer = Packer(gray, info["r"])
        truth = np.full(n, -1) if truth is None else truth
        points = {"index": index.astype(np.int32), "truth": truth.astype(np.int16)}
        with self._writing():
            self._open(info, points, sprites)

    def drawn(self, n: int, most: int) -> int:
        """How many of n points are stored and drawn."""
        return min(n, most)

    @property
    def most_epoch_bytes(self) -> int | None:
        """Bytes of points' arrays that this run stores at every epoch; None: all."""
        return schema.STORED_EPOCH_BYTES

    def _open(self, info: Mapping[str, Any], points: dict[str, np.ndarray], sprites: Iterable[bytes]) -> None:
        write_whole(self.folder / "points.safetensors", save(points))
        for number, sheet in enumerate(sprites):
            write_whole(self.folder / sprites_name(number), sheet)
        schema.check(dict(info), schema.Info)
        write_whole(self.folder / "info.json", json.dumps(info))

    def provide(self, names: Iterable[str]) -> None:
        """Adds names of arrays that the run provides, beyond those known when it began."""
        info = json.loads((self.folder / "info.json").read_bytes())
        self.amend(provides=sorted(with_line_numbers([*info["provides"], *names])))

    def amend(self, **changes: Any) -> None:
        """Changes fields of info.json that may grow while a loop is recorded: provides, numbers, k."""
        with self._writing():
            info = {**json.loads((self.folder / "info.json").read_bytes()), **changes}
            schema.check(info, schema.Info)
            write_whole(self.folder / "info.json", json.dumps(info))

    def widen(self, k: int) -> None:
        """Says that the run has k clusters, unless it says that it has more."""
        self.amend(k=max(k, json.loads((self.folder / "info.json").read_bytes())["k"]))

    def append(self, arrays: Mapping[str, np.ndarray], line: Mapping[str, Any]) -> int:
        """One epoch: arrays by name over ALL points, cluster ids already matched, and its line. Returns its number."""
        epoch = self._count
        files = self._files(arrays, str(line.get("phase", "")))
        for name in files:
            self._stored[name] = (arrays[name], epoch)
        has = {name: self._stored[name][1] for name in arrays if name in self._stored}
        parts, held = self._packer(epoch, self._drawn_points.of(arrays))
        whole = {"epoch": epoch, **line, "has": has, "held": held, "digest": self._digest(arrays)}
        self.course.verify(epoch, whole["digest"])
        with self._writing():
            self._keep(whole, files, parts)
        self._count += 1
        return epoch

    def _files(self, arrays: Mapping[str, np.ndarray], phase: str) -> dict[str, np.ndarray]:
        """The arrays that are new at this epoch, as they are stored; not those of the points where the policy says so.

        An array that a method yields again (k-means: the data) is stored once.
        """
        self._stored = {name: one for name, one in self._stored.items() if same(one[0], arrays.get(name, one[0]))}
        new = {name: array for name, array in arrays.items() if name not in self._stored}
        points = len(self._drawn_points.index)
        sizes = {name: point_bytes(name, array, points) for name, array in new.items()}
        whole, before = self._policy(phase, sum(sizes.values())), self._every
        if self._policy.every > before:
            self._every = self._policy.every
            self.amend(every=self._every)
        return {name: self._drawn_points.stored(name, array) for name, array in new.items() if whole or not sizes[name]}

    def _keep(self, line: Mapping[str, Any], files: dict[str, np.ndarray], parts: Mapping[str, bytes]) -> None:
        if files:
            write_whole(self.folder / "arrays" / f"{line['epoch']:06d}.safetensors", save(files))
        self.journal.append(line, parts)

    def note_change(self, epoch: int, name: str, symbol: str, old: Any, new: Any) -> None:
        """Notes that a parameter changed after `epoch`."""
        with self._writing():
            self._param_changes.append({"epoch": epoch, "name": name, "symbol": symbol, "old": old, "new": new}, {})

    def driven(self, drive: Callable[[], str]) -> str:
        """Calls `drive`, which records into this folder from the first epoch on; returns its result."""
        return drive()

    def settled_changes(self, epoch: int) -> dict[str, Any] | None:
        """The changes after `epoch` if they are settled: stored already, in a recomputed run, or before a branch; else
        None.
        """
        return self.course.changes(epoch)

    def note_reads(self, spans: Spans) -> None:
        """Stores which parameters the method has read, and when."""
        self.amend(reads=spans)

    def status(self, **changes: Any) -> None:
        """Updates status.json; fields not named keep their values."""
        if changes.get("state") in ("running", "paused") and not changes.get("doing"):
            changes |= {"doing": self.course.doing(self._count)}
        self._status = {"message": "", **self._status, "epochs": self._count, **changes, "updated": time.time()}
        waits = self._status["state"] == "queued" and not self._lock
        with self._writing():
            written = self._status | ({"queue": self._mark} if waits else {})
            write_whole(self.folder / "status.json", json.dumps(written))
        UNWRITTEN.pop(self.folder, None)

    def finish(self, state: str, message: str = "", **more: Any) -> None:
        """Writes the final status and releases the lock. Never raises: the folder may be gone."""
        try:
            (self.folder / "reserve").unlink(missing_ok=True)
            self.status(state=state, message=message, **more)
        except (OSError, StorageError):
            if self.folder.is_dir():  # those who watch it here learn of it all the same
                UNWRITTEN[self.folder] = {"state": state, "message": message, **more}
        finally:
            if self._lock:
                self._lock.release()
