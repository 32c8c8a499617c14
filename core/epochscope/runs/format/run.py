"""The run folder: the only channel between training and viewing. One writer, any number of readers.

    run.json               the RunSpec, when it was made, what pages call its parts           written once
    info.json              n, m, classes, scaling, plan ...: known once the data are loaded   replaced
    points.safetensors     index of the m drawn points; truth of all n points (-1: none)      written once
    sprites.png            thumbnails of the first 5,000 drawn points, if the data have pictures; sprites-1.png ...:
                           of the next 5,000, as many as info.json says                       written once
    arrays/000012.safetensors   epoch 12: labels (all n points), z q p (drawn points, float16), centers,
                           what else its method shows (epochscope.types, OPTIONAL_ARRAYS; drawn points)   written once
    frames.bin             what the browser draws (epochscope.runs.training.packing)                 append only
    epochs.jsonl           one line an epoch: phase, losses, measures, scores, sizes, where its bytes are   append only
    marks.jsonl            one line for each parameter changed on the way                     append only
    projections/<name>/    frames.bin, frames.jsonl, params.json (projector.safetensors: its network)   append only
    status.json            state, progress, message                                           replaced
    about.json             name, tags, notes, group (epochscope.runs.format.metadata)                replaced
    reserve                some bytes that are freed for the final status on a full disk; deleted when the run ends
    owner                  whose browser started it, as a hash (epochscope.rights)              written once
    lock                   held by the writer while it trains; a run that waits names the mark of the process instead
                           (epochscope.runs.format.locks)

A line of epochs.jsonl is written last: an epoch exists when its line does. A reader takes whole lines only, so it never
sees half an epoch, and killing the writer at any instant loses at most the epoch in flight. Files "written once" or
"replaced" appear by renaming a finished temporary file. What each file holds: epochscope.runs.format.schema.

All points are drawn, up to 1,000,000; of more a random sample, as info.json says (n, m). Their order is random, so that
any first part is a fair sample. Their arrays are stored at every epoch, or, if they are larger than `most_epoch_bytes`,
at some (epochscope.runs.training.storage_policy): a line says what its epoch `has`. Every epoch has labels of all.

This is the reader. It imports neither torch nor a method or data set: a run is shown without any of them.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np

from epochscope.runs.format import arrays, consistency, locks, schema
from epochscope.runs.format.journal import Journal
from epochscope.runs.format.locks import Holder
from epochscope.runs.format.memory_frames import frames_in_memory
from epochscope.runs.format.schema import DamagedError
from epochscope.runs.format.spec import LIVE, RunSpec, folder_of, runs_folder
from epochscope.runs.format.upgrade import upgrade_epoch, upgraded, written_in
from epochscope.text import sanitize
from epochscope.types import EpochscopeError

_NO_DATA: dict[str, Any] = {
    "one_cluster": None,
    "kmeans_acc": None,
    "numbers": [],
    "decodes": False,
    "tile": None,
    "made_with": {},
    "reads": {},
}
_PERHAPS = "It says that it is being trained; whether that program still lives cannot be told from here."
UNWRITTEN: dict[Path, dict[str, Any]] = {}
"""Final states that a writer of this process could not write, by run folder: a disk that is full to the last byte."""


class Run:
    """A run folder, read only; caches what it has read."""

    def __init__(self, run_id: str, folder: Path | None = None) -> None:
        """`folder`: its place, if not among the other runs. Raises EpochscopeError if it cannot be read."""
        self.id, self.folder = run_id, folder or folder_of(run_id)
        run_file = self._file("run.json", schema.RunFile)
        try:
            self.spec = RunSpec(**upgraded(run_file["spec"]))
        except TypeError:
            raise DamagedError(f"{self.folder / 'run.json'} is damaged (other settings); choose another run.") from None
        self.created: float = run_file["created"]
        self._display: schema.Display | None = run_file.get("display")
        self._info: tuple[tuple[int, int], schema.Info] | None = None
        written = written_in(run_file["spec"])
        self.journal = Journal(
            self.folder,
            "epochs",
            kind=schema.EPOCH_LINE,
            check=consistency.check_epoch,
            info=self._known_info,
            upgrade=lambda line: upgrade_epoch(line, written),
        )
        self._param_changes = self._journal(
            self.folder, "marks", schema.ParamChange, consistency.check_param_change, content="marks.bin"
        )
        self._frames: dict[str, Journal] = {}
        self._opening = threading.Lock()

    def _journal(self, folder: Path, name: str, kind: Any, check: Any, content: str = "frames.bin") -> Journal:
        return Journal(folder, name, content, kind=kind, check=check, info=self._known_info)

    def _file(self, name: str, kind: Any) -> Any:
        path = self.folder / name
        try:
            return schema.decoded(schema.read_bytes(path), kind, str(path))
        except FileNotFoundError:
            raise EpochscopeError(
                f"There is no run {self.id!r} here (no {name} in its folder); choose another run."
            ) from None

    @property
    def title(self) -> str:
        """The title: method and data set by the names they had when the run began, k, seed."""
        if self._display:
            return sanitize(self._display["title"], 300)
        try:
            title = (self.info or {}).get("title") or self.spec.title
        except EpochscopeError:
            title = self.spec.title
        return sanitize(title, 300)

    @functools.cached_property
    def display(self) -> schema.Display | None:
        """The names of the parts of this run on pages; None for a run of format 1, which did not store them."""
        return _clean(self._display) if self._display else None

    @property
    def info(self) -> dict[str, Any] | None:
        """What is known once the data are loaded; None before that. Raises DamagedError if it does not fit."""
        path = self.folder / "info.json"
        try:
            stat = path.stat()
        except OSError:
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        if self._info is None or self._info[0] != stamp:
            self._info = stamp, self._checked_info()
        return dict(self._info[1])

    def _checked_info(self) -> Any:
        info = {**_NO_DATA, **self._file("info.json", schema.Info)}
        try:
            grows = bool(self.spec.external) or info.get("finds_k", False)
            consistency.check_info(info, self.spec.k, grows=grows)  # type: ignore[arg-type]
        except ValueError as error:
            raise DamagedError(f"{self.folder / 'info.json'} is damaged ({error}); choose another run.") from None
        return {
            **info,
            "title": sanitize(info["title"], 300),
            "classes": [sanitize(name) for name in info["classes"]],
            "scaling": sanitize(info["scaling"], 300),
        }

    def _known_info(self) -> Any:
        """The info, for arrays and lines that cannot be checked without it. Raises DamagedError if there is none."""
        if (info := self.info) is None:
            raise DamagedError(f"{self.folder / 'info.json'} is missing; continue the run to write it again.")
        return info

    @property
    def status(self) -> dict[str, Any]:
        """State and progress; "interrupted" if the writer died without setting a final state."""
        status = self._status()
        if status["state"] in LIVE:
            holder = self._holder(status)
            if holder is Holder.NOBODY and self._status() == status:
                status = {**status, **self._last_word(status.pop("damage", ""))}
            elif holder is Holder.UNKNOWN and not status["message"]:
                status["message"] = _PERHAPS
        for ours in ("damage", "queue"):
            status.pop(ours, None)
        return status

    def _last_word(self, damage: str) -> dict[str, Any]:
        """The end of a run whose writer is gone: what it could not write, if that was in this process."""
        if known := UNWRITTEN.get(self.folder):
            return known
        return {"state": "interrupted", "message": damage or "The program that trained this run has ended."}

    def _status(self) -> dict[str, Any]:
        """The content of status.json; if it is damaged, only that the run began."""
        try:
            return {"message": "", **self._file("status.json", schema.Status)}
        except EpochscopeError as error:
            if not (self.folder / "run.json").exists():
                raise
            damage = str(error).replace("choose another run", "continue the run to mend it")
            return {"state": "running", "message": "", "damage": damage}

    def _holder(self, status: dict[str, Any]) -> Holder:
        """Whether the program lives that trains this run, or in which it waits."""
        if status["state"] == "queued" and "queue" in status:
            return locks.holder_of_mark(self.folder.parent, status["queue"])
        return locks.holder(self.folder / "lock")

    @property
    def live(self) -> bool:
        """Whether the run is being trained; False if it was deleted meanwhile."""
        try:
            return self.status["state"] in LIVE
        except EpochscopeError:
            return False

    def check(self) -> Self:
        """Returns itself. Raises EpochscopeError if its content cannot be shown (any longer)."""
        _ = self.status
        if self.info is not None:
            self.points()
        _ = self.epochs(), self.param_changes()
        return self

    def epochs(self) -> list[dict[str, Any]]:
        """The table of finished epochs, one dict each, in order (schema.EPOCH_LINE)."""
        return self.journal.lines()

    def param_changes(self) -> list[dict[str, Any]]:
        """Parameter changes: epoch, name, symbol, old, new."""
        return [{key: value for key, value in line.items() if key != "at"} for line in self._param_changes.lines()]

    def frames(self, projection: str) -> Journal:
        """The frames of one projection (schema.FrameLine; empty where nothing was computed yet)."""
        folder = self.folder / "projections" / projection
        if in_memory := frames_in_memory(folder):
            return in_memory
        with self._opening:
            if projection not in self._frames:
                self._frames[projection] = self._journal(folder, "frames", schema.FrameLine, consistency.check_frame)
            return self._frames[projection]

    def array(self, epoch: int, name: str, rows: slice | int | None = None) -> np.ndarray | None:
        """One array of one epoch, or some of its rows; None where the epoch has none.

        labels: all points (-1: in no cluster); others: the drawn points. Where a recorded loop got more clusters later,
        those are added: probability and weight 0, NaN otherwise. Raises DamagedError, and IndexError for a row beyond
        the end.
        """
        table = self.epochs()
        has = table[epoch]["has"] if 0 <= epoch < len(table) else {}
        if name not in has:
            return None
        sizes = self._sizes(has, name)
        own = table[has[name]].get("k", sizes["k"])
        made = arrays.read(self.array_file(has[name]), name, {**sizes, "k": own}, rows)
        return made if own == sizes["k"] else arrays.with_clusters(made, name, sizes["k"], one=isinstance(rows, int))

    def array_file(self, epoch: int) -> Path:
        """The file of the arrays that are new at an epoch."""
        return self.folder / "arrays" / f"{epoch:06d}.safetensors"

    def _sizes(self, has: dict[str, int], name: str) -> dict[str, int]:
        info = self._known_info()
        sizes = {"all": info["n"], "n": info["m"], "k": info["k"]}
        if not self.spec.external:  # an external loop may decode to another size than that of its data
            sizes["f"] = info["f"]
        for axis, leader in (("d", "z"), ("j", "neighbors")):
            if name != leader and axis in arrays.AXES.get(name, ()) and leader in has:
                sizes[axis] = arrays.shape_of(self.array_file(has[leader]), leader)[-1]
        return sizes

    def row(self, epoch: int, name: str, point: int) -> np.ndarray | None:
        """One row of an array over the drawn points, the only one that is read; None if the epoch has no such array."""
        try:
            return self.array(epoch, name, point)
        except IndexError:
            return None

    def points(self) -> dict[str, np.ndarray]:
        """`index` of the drawn points in the data set, `truth` of all points (-1 where there is none)."""
        info = self._known_info()
        path = self.folder / "points.safetensors"
        return arrays.read_points(path, n=info["n"], m=info["m"], classes=len(info["classes"]))


def _clean(value: Any) -> Any:
    """The value with every text in it reduced to one line without markup."""
    if isinstance(value, dict):
        return {name: _clean(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return sanitize(value, 300) if isinstance(value, str) else value


def runs() -> Iterator[Run]:
    """All readable runs, newest first."""
    root = runs_folder()
    folders = [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
    for path in sorted(folders, key=lambda path: (_created(path), path.name), reverse=True):
        try:
            yield Run(path.name)
        except EpochscopeError:
            continue  # not a run, of a newer version, or damaged


def _created(folder: Path) -> float:
    """When a run began, in seconds since 1970; 0 for a folder that is no run."""
    path = folder / "run.json"
    try:
        return _created_as_read(path, path.stat().st_mtime_ns)
    except OSError:
        return 0.0


@functools.lru_cache(maxsize=16_384)
def _created_as_read(path: Path, changed: int) -> float:
    try:
        return schema.decoded(schema.read_bytes(path), schema.RunFile, str(path))["created"]
    except EpochscopeError:
        return 0.0


def open_run(run_id: str) -> Run:
    """A run by id, shared by all viewers, so that its files are read once. A replaced run is read again."""
    folder = folder_of(run_id)
    try:
        stat = (folder / "run.json").stat()
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
    except OSError:
        stamp = (0, 0, 0)
    return _opened(run_id, str(folder), stamp)


@functools.lru_cache(maxsize=256)
def _opened(run_id: str, folder: str, stamp: tuple[int, int, int]) -> Run:
    return Run(run_id)
