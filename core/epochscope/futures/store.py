"""The folder of futures, beside those of runs: what they are, and of each epoch the labels, scores and places of all.

    owner              who started them, as of a run
    futures.json       title, settings, what differs between the members
    status.json        state, message, number of epochs
    info.json          sizes, classes and phases, once the data are loaded
    points.safetensors index and class of the drawn points
    epochs.jsonl       one line an epoch: the members that have it, their scores
    epochs/000012.safetensors  labels [member, n] and places [member, m, 2] of that epoch
    lock               held by who trains them

An epoch is written when all members that have not ended have come to it; its line is written last.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from filelock import FileLock
from jaxtyping import Float, Int, Int16
from safetensors import SafetensorError
from safetensors.numpy import load, save

from epochscope import rights
from epochscope.files import advice, append_to, reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format import locks
from epochscope.runs.format.spec import LIVE, RunSpec, folder_of, new_id, runs_folder, thing_of_run
from epochscope.types import EpochscopeError

_FORMAT = 1
_FILE = "futures.json"
SCORES = ("acc", "nmi", "ari", "changed")
"""Numbers of a member at an epoch: as the scores of a run."""


class Member(NamedTuple):
    """One of the futures."""

    label: str  # what tells it from the others
    spec: RunSpec


class Epoch(NamedTuple):
    """One epoch of those members that have it; the others have ended before."""

    number: int
    phase: str
    members: Int[np.ndarray, " s"]
    scores: Mapping[str, Float[np.ndarray, " s"]]  # by name; NaN where there is none


class Arrays(NamedTuple):
    """What an epoch holds of the points, a row for each member of the epoch."""

    labels: Int[np.ndarray, "s n"] | None  # of all points; None before there are clusters
    places: Int16[np.ndarray, "s m 2"]  # of the drawn points; 32767 is `EXTENT` standard deviations


EXTENT = 3.0
"""Places reach so many standard deviations of a member's codes in its plane, and lie at the edge beyond."""


class Futures:
    """Stored futures. Raises EpochscopeError if there are none of this id, or if they cannot be read."""

    def __init__(self, futures_id: str) -> None:
        self.id, self.folder = futures_id, folder_of(futures_id)
        try:
            about = json.loads((self.folder / _FILE).read_bytes())
            if about["format"] > _FORMAT:
                raise EpochscopeError(
                    f"The futures {futures_id} were written by a newer epochscope; update epochscope."
                )
            self.title: str = about["title"]
            self.created: float = about["created"]
            self.spec = RunSpec(**about["spec"])
            self.members = [
                Member(
                    one["label"],
                    replace(self.spec, k=one["k"], seed=one["seed"], params={**self.spec.params, **one["params"]}),
                )
                for one in about["members"]
            ]
        except FileNotFoundError:
            raise EpochscopeError(f"There are no futures {futures_id!r} here.") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EpochscopeError(
                f"The futures {futures_id} cannot be read: {self.folder / _FILE} is damaged."
            ) from error

    @property
    def status(self) -> dict[str, Any]:
        """State, message and number of epochs; "interrupted" if whoever trained them has ended."""
        status = _read(self.folder / "status.json") or {"state": "failed", "message": "Its status cannot be read."}
        if status["state"] in LIVE and locks.holder(self.folder / "lock") is locks.Holder.NOBODY:
            status = status | {"state": "interrupted", "message": "The program that trained them has ended."}
        return status

    @property
    def info(self) -> dict[str, Any] | None:
        """Sizes, classes and phases; None until the data are loaded."""
        return _read(self.folder / "info.json")

    def points(self) -> dict[str, np.ndarray]:
        """ "index" and "truth" (-1: no class) of the drawn points, and "classes", the truth of all points."""
        return _arrays(self.folder / "points.safetensors")

    def epochs(self, start: int = 0) -> list[Epoch]:
        """The epochs that are whole, from this number on."""
        try:
            text = (self.folder / "epochs.jsonl").read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise EpochscopeError(f"{self.folder / 'epochs.jsonl'} cannot be read ({reason(error)}).") from None
        lines = text.split(b"\n")[:-1]  # what follows the last end of line is being written
        return [_epoch(json.loads(line)) for line in lines[start:]]

    def arrays(self, epoch: int) -> Arrays:
        """Labels and places of an epoch. Raises EpochscopeError if its file is damaged."""
        found = _arrays(_epoch_file(self.folder, epoch))
        return Arrays(found.get("labels"), found["places"])


def every() -> list[Futures]:
    """All futures of the folder of runs that can be read, the newest first."""
    root, found = runs_folder(), []
    names = [path.name for path in root.iterdir() if (path / _FILE).is_file()] if root.is_dir() else []
    for name in sorted(names, reverse=True):
        try:
            found.append(Futures(name))
        except EpochscopeError:
            continue
    return found


def delete(futures_id: str, visitor: Visitor) -> None:
    """Deletes futures for good. Raises EpochscopeError while they train, and where the visitor may not."""
    rights.require(visitor, Action.DELETE, thing_of_run(futures_id))
    futures = Futures(futures_id)
    if futures.status["state"] in LIVE:
        raise EpochscopeError(f"{futures.title} is still training; stop it first.")
    try:
        shutil.rmtree(futures.folder)
    except OSError as error:
        raise EpochscopeError(f"{futures.folder} cannot be deleted ({reason(error)}); {advice(error)}.") from None


class FuturesWriter:
    """Creates the folder of futures, which belongs to the visitor, and fills it. Holds its lock until `finish`."""

    def __init__(self, title: str, members: Sequence[Member], visitor: Visitor) -> None:
        rights.require(visitor, Action.START, rights.NEW)
        self.title, self.members, base = title, list(members), members[0].spec
        self.id = new_id(base)
        self.folder = folder_of(self.id)
        self._status: dict[str, Any] = {"state": "queued", "message": "", "epochs": 0}
        about = {
            "format": _FORMAT,
            "title": title,
            "created": time.time(),
            "spec": base.as_dict(),
            "members": [
                {"label": one.label, "k": one.spec.k, "seed": one.spec.seed, "params": _changed(one.spec, base)}
                for one in members
            ],
        }
        new = self.folder.with_name(f".new-{self.id}")
        try:
            (new / "epochs").mkdir(parents=True)
            rights.write_owner(visitor, new / rights.OWNER)  # first: they are never visible without their owner
            write_whole(new / _FILE, json.dumps(about))
            write_whole(new / "status.json", json.dumps(self._status))
            new.rename(self.folder)
            new = self.folder  # a lock that fails leaves nothing behind
            self._lock: FileLock = locks.taken(self.folder / "lock", 5)
        except OSError as error:
            shutil.rmtree(new, ignore_errors=True)
            raise EpochscopeError(
                f"The folder for runs {self.folder.parent} cannot be written ({reason(error)}); {advice(error)}, "
                "or set EPOCHSCOPE_RUNS to another folder."
            ) from None

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
        }
        self._guarded(lambda: write_whole(_epoch_file(self.folder, epoch.number), save(named)))
        self._guarded(lambda: append_to(self.folder / "epochs.jsonl", json.dumps(line).encode() + b"\n"))
        self._status["epochs"] = epoch.number + 1

    def status(self, **changes: Any) -> None:
        """Updates status.json; fields not named keep their values."""
        self._status |= {**changes, "updated": time.time(), "pid": os.getpid()}
        self._guarded(lambda: write_whole(self.folder / "status.json", json.dumps(self._status)))

    def finish(self, state: str, message: str = "") -> None:
        """Writes the final state and releases the lock. Never raises: the folder may be gone."""
        try:
            self.status(state=state, message=message, progress=None)
        except EpochscopeError:
            pass  # the lock that is let go says that nobody trains them
        finally:
            self._lock.release()

    def _guarded(self, write: Any) -> None:
        try:
            write()
        except OSError as error:
            raise EpochscopeError(f"{self.folder} cannot be written ({reason(error)}); {advice(error)}.") from None


def _changed(spec: RunSpec, base: RunSpec) -> dict[str, Any]:
    return {name: value for name, value in spec.params.items() if base.params.get(name) != value}


def _epoch_file(folder: Path, epoch: int) -> Path:
    return folder / "epochs" / f"{epoch:06d}.safetensors"


def _epoch(line: Mapping[str, Any]) -> Epoch:
    scores = {
        name: np.array([np.nan if one is None else one for one in values]) for name, values in line["scores"].items()
    }
    return Epoch(line["epoch"], line["phase"], np.array(line["members"]), scores)


def _without_nan(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(one) else round(float(one), 6) for one in values]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        return load(path.read_bytes())
    except (OSError, SafetensorError, ValueError) as error:
        raise EpochscopeError(f"{path} is missing or damaged; train these futures again.") from error
