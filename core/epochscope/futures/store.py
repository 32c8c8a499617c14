"""The folder of futures, beside those of runs: what they are, and of each epoch the labels, scores and places of all.

    owner              who started them, as of a run
    futures.json       title, settings, what differs between the members
    status.json        state, message, number of epochs
    info.json          sizes, classes and phases, once the data are loaded
    points.safetensors index and class of the drawn points
    epochs.jsonl       one line an epoch: the members that have it, their scores and digests
    epochs/000012.safetensors  labels [member, n] and places [member, m, 2] of that epoch
    lock               held by who trains them

An epoch is written when all members that have not ended have come to it; its line is written last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int16
from safetensors import SafetensorError
from safetensors.numpy import load

from epochscope import rights
from epochscope.files import reason
from epochscope.rights import Action, Visitor
from epochscope.runs.format import locks, metadata
from epochscope.runs.format.bundled import bundled_folder, bundled_ids
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.spec import LIVE, RunSpec, folder_of, runs_folder, thing_of_run
from epochscope.runs.library import trash
from epochscope.types import EpochscopeError

FORMAT = 1
"""The newest one that is known."""
FILE = "futures.json"
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
    digests: tuple[str, ...] = ()  # of each member, that of the epoch of the run alone; older futures have none


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
            about = json.loads((self.folder / FILE).read_bytes())
            if about["format"] > FORMAT:
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
                f"The futures {futures_id} cannot be read: {self.folder / FILE} is damaged."
            ) from error

    @property
    def status(self) -> dict[str, Any]:
        """State, message and number of epochs; "interrupted" if whoever trained them has ended."""
        status = _read(self.folder / "status.json") or {"state": "failed", "message": "Its status cannot be read."}
        if status["state"] in LIVE and locks.holder(self.folder / "lock") is locks.Holder.NOBODY:
            status = status | {"state": "interrupted", "message": "The program that trained them has ended."}
        return status

    @property
    def metadata(self) -> Metadata:
        """What people wrote about them."""
        return metadata.read(self.folder)

    @property
    def name(self) -> str:
        """What somebody called them, else their title."""
        return self.metadata.name or self.title

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
        found = _arrays(epoch_file(self.folder, epoch))
        return Arrays(found.get("labels"), found["places"])


def every() -> list[Futures]:
    """All futures of the folder of runs that can be read, the newest first."""
    root, found = runs_folder(), []
    names = [path.name for path in root.iterdir() if (path / FILE).is_file()] if root.is_dir() else []
    for name in sorted(names, reverse=True):
        try:
            found.append(Futures(name))
        except EpochscopeError:
            continue
    return found


def bundled() -> list[Futures]:
    """The futures that ship with epochscope."""
    folders = {name: bundled_folder(name) for name in sorted(bundled_ids())}
    return [Futures(name) for name, folder in folders.items() if folder and (folder / FILE).is_file()]


def throw_away(futures_id: str, visitor: Visitor) -> None:
    """Moves futures into the trash of the runs, from which `epochscope.runs.library.trash.restore` brings them back.

    Raises EpochscopeError while they train, and where the visitor may not.
    """
    rights.require(visitor, Action.DELETE, thing_of_run(futures_id))
    futures = Futures(futures_id)
    if futures.status["state"] in LIVE:
        raise EpochscopeError(f"{futures.name} is still training; stop it first.")
    trash.throw_away(futures_id, visitor)


def are_futures(some_id: str) -> bool:
    """Whether the folder of this id is that of futures, and not of a run."""
    return (folder_of(some_id) / FILE).is_file()


def reason_not_resumable(futures: Futures) -> str:
    """Why these futures cannot be continued, in one sentence; empty if they can."""
    state = futures.status["state"]
    if state in LIVE:
        return f"{futures.title} are being trained right now, here or by another program."
    return f"{futures.title} have come to their end: there is nothing to continue." if state == "done" else ""


def epoch_file(folder: Path, epoch: int) -> Path:
    """Where the arrays of an epoch are."""
    return folder / "epochs" / f"{epoch:06d}.safetensors"


def _epoch(line: Mapping[str, Any]) -> Epoch:
    scores = {
        name: np.array([np.nan if one is None else one for one in values]) for name, values in line["scores"].items()
    }
    return Epoch(line["epoch"], line["phase"], np.array(line["members"]), scores, tuple(line.get("digests", ())))


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
