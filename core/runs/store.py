"""The run folder: the only channel between training and viewing. One writer, any number of readers.

    run.json               the RunSpec, when and with what it was made                     written once
    info.json              n, m, classes, scaling, plan ...: known once the data are loaded   replaced
    points.safetensors     index of the m drawn points; truth of all n points (-1: none)      written once
    sprites.png            thumbnails of the drawn points, if the data have pictures          written once
    arrays/000012.safetensors   epoch 12: labels (all n points), z q p (drawn points, float16), centers,
                           what else its method shows (core/types.py, EXTRAS; drawn points)   written once
    frames.bin             what the browser draws (core/runs/frames.py)                       append only
    epochs.jsonl           one line an epoch: phase, losses, measures, scores, sizes, where its bytes are   append only
    marks.jsonl            one line for each parameter changed on the way                     append only
    projections/<name>/    frames.bin, frames.jsonl, params.json of one projection            append only
    status.json            state, progress, message                                           replaced
    lock                   held by the writer while it lives

A line of epochs.jsonl is written last: an epoch exists when its line does. A reader takes whole lines only, so it never
sees half an epoch, and killing the writer at any instant loses at most the epoch in flight. Files "written once" or
"replaced" appear by renaming a finished temporary file.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from safetensors import safe_open
from safetensors.numpy import load_file, save

from core.files import write_whole
from core.runs.extras import Drawn, same, small
from core.runs.frames import Gray, Packer
from core.runs.spec import LIVE, RunSpec, folder_of, new_id, runs_folder
from core.types import EpochscopeError


class Journal:
    """An append-only pair of files: JSON lines, and the bytes the lines point into."""

    def __init__(self, folder: Path, name: str) -> None:
        self.lines_path, self.bytes_path = folder / f"{name}.jsonl", folder / "frames.bin"
        self._read = 0
        self._lines: list[dict[str, Any]] = []
        self._reading = threading.Lock()

    def append(self, line: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
        """Bytes first, then the line that makes them exist. Only one writer."""
        at = {}
        if parts:
            with self.bytes_path.open("ab") as file:
                for key, data in parts.items():
                    at[key] = (file.tell(), len(data))
                    file.write(data)
        with self.lines_path.open("ab") as file:
            file.write(json.dumps({**line, "at": at}, allow_nan=False, separators=(",", ":")).encode() + b"\n")

    def repair(self) -> None:
        """Cuts off a line that a killed writer left unfinished."""
        if self.lines_path.exists():
            content = self.lines_path.read_bytes()
            with self.lines_path.open("r+b") as file:
                file.truncate(content.rfind(b"\n") + 1)

    def lines(self) -> list[dict[str, Any]]:
        """All whole lines so far; reads only what is new since the last call. The list only grows: do not change it."""
        with self._reading:
            try:
                with self.lines_path.open("rb") as file:
                    file.seek(self._read)
                    new = file.read()
            except FileNotFoundError:
                return self._lines
            whole = new[: new.rfind(b"\n") + 1]
            for text in whole.splitlines():
                try:
                    self._lines.append(json.loads(text))
                except ValueError:
                    raise EpochscopeError(
                        f"{self.lines_path} is damaged at line {len(self._lines) + 1}; "
                        "delete that line and all after it, then reload."
                    ) from None
            self._read += len(whole)
            return self._lines

    def read(self, at: tuple[int, int]) -> bytes:
        """The bytes a line points to. Empty if the file was cut."""
        with self.bytes_path.open("rb") as file:
            file.seek(at[0])
            return file.read(at[1])


class Run:
    """A run folder, read only. Cheap to keep: it remembers what it has read."""

    def __init__(self, run_id: str) -> None:
        self.id, self.folder = run_id, folder_of(run_id)
        self.spec = RunSpec(**self._json("run.json")["spec"])
        self.journal = Journal(self.folder, "epochs")
        self._marks = Journal(self.folder, "marks")

    def _json(self, name: str) -> dict[str, Any]:
        try:
            return json.loads((self.folder / name).read_bytes())
        except FileNotFoundError:
            raise EpochscopeError(
                f"There is no run {self.id!r} here (no {name} in its folder); choose another run."
            ) from None
        except (OSError, ValueError) as error:
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
        found = self._json("status.json")
        if found["state"] in LIVE and not self._writer_lives() and self._json("status.json") == found:
            found = {**found, "state": "interrupted", "message": "The program that trained this run has ended."}
        return found

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
        return self.status["state"] in LIVE

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
    """Creates a run folder and fills it. Holds the folder's lock until `finish`."""

    def __init__(self, spec: RunSpec) -> None:
        root = runs_folder()
        self.id = new_id(spec)
        self.folder = folder_of(self.id)
        new = root / f".new-{self.id}"
        try:
            (new / "arrays").mkdir(parents=True)
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
        self.spec = spec
        self.journal = Journal(self.folder, "epochs")
        self._marks = Journal(self.folder, "marks")
        self._stored: dict[str, tuple[np.ndarray, int]] = {}  # name -> (the array, epoch whose file has it)
        self._drawn = Drawn(np.arange(0), 0)
        self._packer = Packer()
        self._count = 0
        self._status: dict[str, Any] = {}

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
        write_whole(
            self.folder / "points.safetensors", save({"index": index.astype(np.int32), "truth": truth.astype(np.int16)})
        )
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
        if files:
            write_whole(self.folder / "arrays" / f"{epoch:06d}.safetensors", save(files))
        parts, held = self._packer(epoch, drawn)
        self.journal.append({"epoch": epoch, **line, "has": has, "held": held}, parts)
        self._count += 1
        return epoch

    def mark(self, epoch: int, name: str, symbol: str, old: Any, new: Any) -> None:
        """Notes that a parameter changed after `epoch`."""
        self._marks.append({"epoch": epoch, "name": name, "symbol": symbol, "old": old, "new": new}, {})

    def status(self, **changes: Any) -> None:
        """Updates status.json; what is not named keeps its value."""
        self._status = {"message": "", **self._status, "epochs": self._count, **changes, "updated": time.time()}
        write_whole(self.folder / "status.json", json.dumps(self._status))

    def finish(self, state: str, message: str = "") -> None:
        """The last word; releases the lock. Never raises: a run whose folder is gone has nobody left to tell."""
        try:
            self.status(state=state, message=message)
        except OSError:
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


def remove(run: Run) -> None:
    """Deletes a run's folder. Refuses while it is being trained."""
    if run.live:
        raise EpochscopeError(f"{run.spec.title} is still training; stop it first.")
    shutil.rmtree(run.folder, ignore_errors=True)
