"""Writes the folder of futures (store.py describes it), anew or from where a training of them was cut off."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from safetensors.numpy import save

from epochscope import rights
from epochscope.files import advice, append_to, reason, write_whole
from epochscope.futures.store import FILE, FORMAT, Arrays, Epoch, Futures, Member, epoch_file, reason_not_resumable
from epochscope.futures.stored import content
from epochscope.rights import Action, Visitor
from epochscope.runs.format import locks
from epochscope.runs.format.new_folder import new_folder
from epochscope.runs.format.spec import RunSpec, folder_of, new_id, thing_of_run
from epochscope.types import EpochscopeError


class FuturesWriter:
    """Creates the folder of futures, which belongs to the visitor, and fills it. Holds its lock until `finish`.

    `root`: where, by default among the runs.
    """

    _was, _differs = "", ""  # where they are computed again: their former state, and why it is not what is stored

    def __init__(self, title: str, members: Sequence[Member], visitor: Visitor, *, root: Path | None = None) -> None:
        rights.require(visitor, Action.START, rights.NEW)
        self.title, self.members, base = title, list(members), members[0].spec
        self.id = new_id(base)
        self.folder = root / self.id if root else folder_of(self.id)
        self._status: dict[str, Any] = {"state": "queued", "message": "", "epochs": 0}
        about = {
            "format": FORMAT,
            "title": title,
            "created": time.time(),
            "spec": base.as_dict(),
            "members": [
                {"label": one.label, "k": one.spec.k, "seed": one.spec.seed, "params": _changed(one.spec, base)}
                for one in members
            ],
        }

        def fill(new: Path) -> None:
            (new / "epochs").mkdir()
            write_whole(new / FILE, json.dumps(about))
            write_whole(new / "status.json", json.dumps(self._status))

        self._lock: FileLock | None = new_folder(self.folder, visitor, fill, locked=True)

    def begin(self, info: Mapping[str, Any], index: np.ndarray, truth: np.ndarray | None) -> None:
        """Stores what is known once the data are loaded. `index`: the drawn points."""
        truth = np.full(info["n"], -1, np.int16) if truth is None else truth.astype(np.int16)
        points = {"index": index.astype(np.int32), "truth": truth[index], "classes": truth}
        self._guarded(lambda: write_whole(self.folder / "points.safetensors", save(points)))
        self._guarded(lambda: write_whole(self.folder / "info.json", json.dumps(info)))

    def append(self, epoch: Epoch, arrays: Arrays) -> None:
        """One epoch; its number is that of the epochs before it."""
        named = {"places": arrays.places}
        if arrays.labels is not None:
            named["labels"] = arrays.labels
        line = {
            "epoch": epoch.number,
            "phase": epoch.phase,
            "members": epoch.members.tolist(),
            "scores": {name: _without_nan(values) for name, values in epoch.scores.items()},
            "digests": list(epoch.digests),
        }
        self._guarded(lambda: self._keep(line, named))
        self._status["epochs"] = max(self._status["epochs"], epoch.number + 1)  # stored ones may be computed again

    def _keep(self, line: Mapping[str, Any], named: dict[str, np.ndarray]) -> None:
        write_whole(epoch_file(self.folder, line["epoch"]), save(named))
        append_to(self.folder / "epochs.jsonl", json.dumps(line).encode() + b"\n")

    @property
    def message(self) -> str:
        """The message of their status."""
        return self._status["message"]

    def status(self, **changes: Any) -> None:
        """Updates status.json; fields not named keep their values."""
        self._status |= {**changes, "updated": time.time(), "pid": os.getpid()}
        self._guarded(lambda: write_whole(self.folder / "status.json", json.dumps(self._status)))

    def finish(self, state: str, message: str = "", *, final: bool = False) -> None:
        """Writes the final state and releases the lock. Never raises: the folder may be gone.

        `final`: they would fail again in the same way. What could not be recomputed keeps its former state.
        """
        if self._differs:
            state, message, final = self._was, self._differs, False
        try:
            self.status(state=state, message=message, progress=None, final=final)
        except EpochscopeError:
            pass  # the lock that is let go says that nobody trains them
        finally:
            if self._lock:
                self._lock.release()

    def _guarded(self, write: Any) -> None:
        try:
            write()
        except OSError as error:
            raise EpochscopeError(f"{self.folder} cannot be written ({reason(error)}); {advice(error)}.") from None


class FuturesResumed(FuturesWriter):
    """Continues futures that were stopped or cut off: they are computed again from the beginning, as a run is. What is
    stored is compared, what is missing is written. At the first difference they end as they were.
    """

    def __init__(self, futures_id: str, visitor: Visitor) -> None:
        rights.require(visitor, Action.CONTINUE, thing_of_run(futures_id))
        futures = Futures(futures_id)
        if why := reason_not_resumable(futures):
            raise EpochscopeError(why)
        self.id, self.folder = futures.id, futures.folder
        self.title, self.members = futures.title, futures.members
        try:
            self._lock = locks.taken(self.folder / "lock", 1)
        except Timeout:
            raise EpochscopeError(f"{self.title} are being trained by another program; watch them there.") from None
        except OSError as error:
            raise EpochscopeError(f"{self.folder} cannot be written ({reason(error)}); {advice(error)}.") from None
        try:
            self._was, self._differs = futures.status["state"], ""
            self._before = futures.epochs()
            self._futures = futures
            self._guarded(self._cut)
            self._status = {**futures.status, "message": "", "epochs": len(self._before)}
            self.status(state="queued")
        except BaseException:
            self._lock.release()
            raise

    def _cut(self) -> None:
        """Drops the line that was being written when the training was cut off."""
        path = self.folder / "epochs.jsonl"
        found = content(path) if path.exists() else b""
        if found and not found.endswith(b"\n"):
            write_whole(path, found[: found.rfind(b"\n") + 1])

    def begin(self, info: Mapping[str, Any], index: np.ndarray, truth: np.ndarray | None) -> None:
        """As in the base class; raises EpochscopeError where the data are not those of the stored epochs."""
        if self._before:
            stored = self._futures.points()
            classes = np.full(info["n"], -1, np.int16) if truth is None else truth.astype(np.int16)
            self._require(
                np.array_equal(stored["index"], index) and np.array_equal(stored["classes"], classes), "the data"
            )
            return
        super().begin(info, index, truth)

    def _keep(self, line: Mapping[str, Any], named: dict[str, np.ndarray]) -> None:
        epoch = line["epoch"]
        if epoch >= len(self._before):
            super()._keep(line, named)
            return
        stored, before = self._futures.arrays(epoch), self._before[epoch]
        same = before.phase == line["phase"] and before.members.tolist() == line["members"]
        same = same and np.array_equal(stored.places, named["places"])
        same = same and (not before.digests or list(before.digests) == line["digests"])
        then, now = stored.labels, named.get("labels")
        alike = then is now if then is None or now is None else np.array_equal(then, now)
        self._require(same and alike, f"epoch {epoch}")

    def _require(self, same: bool, what: str) -> None:
        if not same:
            self._differs = (
                f"{what[0].upper()}{what[1:]} computed now differs from what is stored, as it may with other versions, "
                "another processor or changed data; what is stored stays as it was."
            )
            raise EpochscopeError(self._differs)


def _changed(spec: RunSpec, base: RunSpec) -> dict[str, Any]:
    return {name: value for name, value in spec.params.items() if base.params.get(name) != value}


def _without_nan(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(one) else round(float(one), 6) for one in values]
