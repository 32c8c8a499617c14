"""The run folder: the only channel between training and viewing. One writer, any number of readers.

    run.json               the RunSpec, when and with what it was made                     written once
    info.json              n, m, classes, scaling, plan ...: known once the data are loaded   replaced
    points.safetensors     index of the m drawn points; truth of all n points (-1: none)      written once
    sprites.png            thumbnails of the drawn points, if the data have pictures          written once
    arrays/000012.safetensors   epoch 12: labels (all n points), z q p (drawn points, float16), centers,
                           what else its method shows (epochscope.types, OPTIONAL_ARRAYS; drawn points)   written once
    frames.bin             what the browser draws (epochscope.runs.training.packing)                 append only
    epochs.jsonl           one line an epoch: phase, losses, measures, scores, sizes, where its bytes are   append only
    marks.jsonl            one line for each parameter changed on the way                     append only
    projections/<name>/    frames.bin, frames.jsonl, params.json of one projection            append only
    status.json            state, progress, message                                           replaced
    about.json             name, tags, notes, group (epochscope.runs.format.metadata)                replaced
    reserve                some bytes of room, so that a full disk still takes the last word; gone when the run ends
    owner                  whose browser started it, as a hash (epochscope.rights)              written once
    lock                   held by the writer while it lives

A line of epochs.jsonl is written last: an epoch exists when its line does. A reader takes whole lines only, so it never
sees half an epoch, and killing the writer at any instant loses at most the epoch in flight. Files "written once" or
"replaced" appear by renaming a finished temporary file.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
from filelock import FileLock, Timeout
from safetensors import safe_open
from safetensors.numpy import load_file, save

from epochscope import rights
from epochscope.files import write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format.journal import Journal
from epochscope.runs.format.spec import LIVE, RunSpec, State, folder_of, new_id, runs_folder, thing_of_run
from epochscope.runs.training.digest import Digest
from epochscope.runs.training.packing import Gray, Packer
from epochscope.runs.training.snapshot_arrays import Drawn, same, small
from epochscope.types import EpochscopeError

_RESERVE = 1 << 14


class StorageError(EpochscopeError):
    """The folder of a run cannot be written: no fault of the method, so that the run may be continued afterwards."""


class Run:
    """A run folder, read only. Cheap to keep: it remembers what it has read."""

    def __init__(self, run_id: str) -> None:
        self.id, self.folder = run_id, folder_of(run_id)
        try:
            self.spec = RunSpec(**self._json("run.json")["spec"])
        except (TypeError, KeyError, ValueError, AttributeError):
            raise EpochscopeError(f"{self.folder / 'run.json'} is damaged; choose another run.") from None
        self.journal = Journal(self.folder, "epochs")
        self._marks = Journal(self.folder, "marks", "marks.bin")

    def _json(self, name: str) -> dict[str, Any]:
        try:
            return json.loads((self.folder / name).read_bytes())
        except FileNotFoundError:
            raise EpochscopeError(
                f"There is no run {self.id!r} here (no {name} in its folder); choose another run."
            ) from None
        except (OSError, ValueError, RecursionError) as error:
            raise EpochscopeError(f"{self.folder / name} cannot be read ({error}); choose another run.") from None

    @property
    def created(self) -> float:
        return self._json("run.json")["created"]

    @property
    def info(self) -> dict[str, Any] | None:
        """What is known once the data are loaded; None before that."""
        return self._json("info.json") if (self.folder / "info.json").exists() else None

    @property
    def status(self) -> dict[str, Any]:
        """State and progress. A writer that died without saying so reads as "interrupted"."""
        found = self._status()
        if found["state"] in LIVE and not self._writer_lives() and self._status() == found:
            found = {**found, "state": "interrupted", "message": "The program that trained this run has ended."}
        return found

    def _status(self) -> dict[str, Any]:
        """status.json as it stands; one that was damaged says no more than that the run was begun."""
        try:
            found = self._json("status.json")
        except EpochscopeError:
            if not (self.folder / "run.json").exists():
                raise
            found = {}
        known = isinstance(found, dict) and found.get("state") in get_args(State)
        return {"message": "", **found} if known else {"state": "running", "message": ""}

    def _writer_lives(self) -> bool:
        try:
            with FileLock(self.folder / "lock", timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    @property
    def live(self) -> bool:
        """Whether it is being trained; a run that was deleted meanwhile is not."""
        try:
            return self.status["state"] in LIVE
        except EpochscopeError:
            return False

    def check(self) -> Self:
        """Itself. Raises EpochscopeError where what it stores cannot be shown (any more)."""
        _ = self.status, self.info, self.epochs()
        return self

    def epochs(self) -> list[dict[str, Any]]:
        """The table of finished epochs, one dict each, in order."""
        return self.journal.lines()

    def marks(self) -> list[dict[str, Any]]:
        """Parameter changes: epoch, name, symbol, old, new."""
        return [{key: value for key, value in mark.items() if key != "at"} for mark in self._marks.lines()]

    def array(self, epoch: int, name: str) -> np.ndarray | None:
        """One array of one epoch (labels: all points; others: the drawn points), or None where the epoch has none."""
        line = self.epochs()[epoch]
        if name not in line["has"]:
            return None
        return load_file(self.folder / "arrays" / f"{line['has'][name]:06d}.safetensors")[name]

    def row(self, epoch: int, name: str, point: int) -> np.ndarray | None:
        """The row of one drawn point of an array over the drawn points, read alone; None where there is none."""
        since = self.epochs()[epoch]["has"].get(name)
        if since is None:
            return None
        with safe_open(self.folder / "arrays" / f"{since:06d}.safetensors", "np") as file:
            rows = file.get_slice(name)
            return rows[point] if 0 <= point < rows.get_shape()[0] else None

    def points(self) -> dict[str, np.ndarray]:
        """`index` of the drawn points in the data set, `truth` of all points (-1 where there is none)."""
        return load_file(self.folder / "points.safetensors")


class RunWriter:
    """Creates a run folder, which belongs to the visitor, and fills it. Holds the folder's lock until `finish`."""

    def __init__(self, spec: RunSpec, visitor: Visitor) -> None:
        rights.require(visitor, Action.START, rights.NEW)
        root = runs_folder()
        self.id = new_id(spec)
        self.folder = folder_of(self.id)
        new = root / f".new-{self.id}"
        try:
            (new / "arrays").mkdir(parents=True)
            rights.write_owner(visitor, new / rights.OWNER)  # first: nobody ever finds the run without it
            write_whole(
                new / "run.json", json.dumps({"spec": spec.as_dict(), "created": time.time(), "pid": os.getpid()})
            )
            write_whole(new / "status.json", json.dumps({"state": "queued", "message": "", "epochs": 0}))
            self._lock = FileLock(self.folder / "lock", timeout=5, thread_local=False)
            new.rename(self.folder)
            self._lock.acquire()
        except OSError as error:
            shutil.rmtree(new, ignore_errors=True)
            raise EpochscopeError(
                f"The folder for runs {root} cannot be written ({error.strerror}); "
                "set EPOCHSCOPE_RUNS to a folder that can."
            ) from None
        self._start(spec)

    def _start(self, spec: RunSpec) -> None:
        """Nothing of the run is written yet; the lock is held."""
        self.spec = spec
        self.threads: int | None = None  # of torch, where the run needs a certain number
        self.journal = Journal(self.folder, "epochs")
        self._marks = Journal(self.folder, "marks", "marks.bin")
        self._stored: dict[str, tuple[np.ndarray, int]] = {}  # name -> (the array, epoch whose file has it)
        self._drawn = Drawn(np.arange(0), 0)
        self._packer = Packer()
        self._digest = Digest()
        self._count = 0
        self._status: dict[str, Any] = {}

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turns what goes wrong on the disk into one sentence."""
        try:
            yield
        except OSError as error:
            lost = not self.folder.is_dir()
            why = "is no longer there" if lost else f"cannot be written ({error.strerror or error})"
            then = "" if lost else "; make room or give the right to write, then continue the run"
            raise StorageError(f"The folder of this run, {self.folder}, {why}{then}.") from None

    def begin(
        self,
        info: Mapping[str, Any],
        index: np.ndarray,
        truth: np.ndarray | None,
        sprites: bytes | None,
        gray: Gray | None = None,
    ) -> None:
        """What is known once the data are loaded. `index`: the drawn points, in drawing order."""
        n = info["n"]
        self._drawn = Drawn(index, n)
        self._packer = Packer(gray)
        truth = np.full(n, -1) if truth is None else truth
        points = {"index": index.astype(np.int32), "truth": truth.astype(np.int16)}
        with self._writing():
            self._open(info, points, sprites)

    def _open(self, info: Mapping[str, Any], points: dict[str, np.ndarray], sprites: bytes | None) -> None:
        write_whole(self.folder / "reserve", bytes(_RESERVE))
        write_whole(self.folder / "points.safetensors", save(points))
        if sprites:
            write_whole(self.folder / "sprites.png", sprites)
        write_whole(self.folder / "info.json", json.dumps(info))

    def provide(self, names: Iterable[str]) -> None:
        """Says that the run shows more than was known when it began."""
        info = json.loads((self.folder / "info.json").read_bytes())
        info["provides"] = sorted({*info["provides"], *names})
        write_whole(self.folder / "info.json", json.dumps(info))

    def append(self, arrays: Mapping[str, np.ndarray], line: Mapping[str, Any]) -> int:
        """One epoch: arrays by name over ALL points, cluster ids already matched, and its line. Returns its number."""
        epoch = self._count
        files, has = {}, {}
        drawn = {name: self._drawn(name, array) for name, array in arrays.items()}
        for name, array in arrays.items():
            kept, since = self._stored.get(name, (None, epoch))
            if not same(kept, array):  # what a method hands out again (k-means: the data) is stored once
                since = epoch
                files[name] = small(name, array if name == "labels" else drawn[name])
            self._stored[name] = (array, since)
            has[name] = since
        parts, held = self._packer(epoch, drawn)
        whole = {"epoch": epoch, **line, "has": has, "held": held, "digest": self._digest(arrays)}
        with self._writing():
            self._keep(whole, files, parts)
        self._count += 1
        return epoch

    def _keep(self, line: Mapping[str, Any], files: dict[str, np.ndarray], parts: Mapping[str, bytes]) -> None:
        if files:
            write_whole(self.folder / "arrays" / f"{line['epoch']:06d}.safetensors", save(files))
        self.journal.append(line, parts)

    def mark(self, epoch: int, name: str, symbol: str, old: Any, new: Any) -> None:
        """Notes that a parameter changed after `epoch`."""
        with self._writing():
            self._marks.append({"epoch": epoch, "name": name, "symbol": symbol, "old": old, "new": new}, {})

    def driven(self, drive: Callable[[], str]) -> str:
        """What `drive` returns, which records into this folder from the first epoch on."""
        return drive()

    def marked(self, epoch: int) -> dict[str, Any] | None:
        """The changes after `epoch` if they are already settled, as when a run is computed again; else None."""
        return None

    def status(self, **changes: Any) -> None:
        """Updates status.json; what is not named keeps its value."""
        self._status = {"message": "", **self._status, "epochs": self._count, **changes, "updated": time.time()}
        with self._writing():
            write_whole(self.folder / "status.json", json.dumps(self._status))

    def finish(self, state: str, message: str = "", **more: Any) -> None:
        """The last word; releases the lock. Never raises: a run whose folder is gone has nobody left to tell."""
        try:
            (self.folder / "reserve").unlink(missing_ok=True)
            self.status(state=state, message=message, **more)
        except (OSError, StorageError):
            pass
        finally:
            self._lock.release()


def runs() -> Iterator[Run]:
    """All readable runs, newest first."""
    root = runs_folder()
    names = sorted((path.name for path in root.iterdir() if path.is_dir()), reverse=True) if root.is_dir() else []
    for name in names:
        try:
            yield Run(name)
        except EpochscopeError:
            continue  # a folder of something else, or of a newer version


def remove(run: Run, visitor: Visitor) -> None:
    """Deletes a run's folder. Refuses while it is being trained, and where the visitor may not."""
    rights.require(visitor, Action.DELETE, thing_of_run(run.id))
    if run.live:
        raise EpochscopeError(f"{run.spec.title} is still training; stop it first.")
    erase(run.folder)


def erase(folder: Path) -> None:
    """Deletes a folder that somebody was allowed to delete: out of sight at once, so that it is never seen in part."""
    hidden = folder.with_name(f".gone-{secrets.token_hex(6)}")
    with suppress(OSError):
        folder = folder.rename(hidden)
    shutil.rmtree(folder, ignore_errors=True)
