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

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int16

from epochscope import rights
from epochscope.futures import stored
from epochscope.rights import Action, Visitor
from epochscope.runs.format import locks, metadata, schema
from epochscope.runs.format.bundled import bundled_folder, bundled_ids
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.spec import LIVE, RunSpec, folder_of, runs_folder, thing_of_run
from epochscope.runs.library import trash
from epochscope.stored_sentences import told
from epochscope.text import sanitize
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
            content = stored.content(self.folder / FILE)
            if schema.parsed(content, stored.Format)["format"] > FORMAT:
                raise EpochscopeError(
                    f"The futures {futures_id} were written by a newer epochscope; update epochscope."
                )
            about = schema.parsed(content, stored.FuturesFile)
            self.title: str = sanitize(about["title"], 300)
            self.created: float = about["created"]
            self.spec = RunSpec(**about["spec"])
            self.members = [
                Member(
                    sanitize(one["label"], 300),
                    replace(self.spec, k=one["k"], seed=one["seed"], params={**self.spec.params, **one["params"]}),
                )
                for one in about["members"]
            ]
        except FileNotFoundError:
            raise EpochscopeError(f"There are no futures {futures_id!r} here.") from None
        except (OSError, ValueError, TypeError):
            raise EpochscopeError(
                f"The futures {futures_id} cannot be read: {self.folder / FILE} is damaged."
            ) from None
        self._counts: dict[int, int] = {}  # epoch -> how many members have it, where its line was read

    @property
    def status(self) -> dict[str, Any]:
        """State, message and number of epochs; "interrupted" if whoever trained them has ended."""
        status = {"message": "", "epochs": 0, **self._status()}
        if status["state"] in LIVE and locks.holder(self.folder / "lock") is locks.Holder.NOBODY:
            status = status | {"state": "interrupted", "message": "The program that trained them has ended."}
        return status

    def _status(self) -> dict[str, Any]:
        unknown = {"state": "failed", "message": "Its status cannot be read."}
        try:
            return stored.read(self.folder / "status.json", stored.Status) or unknown
        except EpochscopeError:
            return unknown

    @property
    def metadata(self) -> Metadata:
        """What people wrote about them."""
        return metadata.read(self.folder)

    @property
    def name(self) -> str:
        """What somebody called them, else their title."""
        return self.metadata.name or self.title

    @property
    def shown_name(self) -> str:
        """The same, in the language of the page; stored is the English title."""
        return self.metadata.name or told(self.title)

    @property
    def info(self) -> dict[str, Any] | None:
        """Sizes, classes and phases; None until the data are loaded. Raises EpochscopeError for a damaged file."""
        return stored.read(self.folder / "info.json", stored.Info)

    def _sizes(self) -> tuple[int | None, int | None]:
        """Number of points, and of drawn ones; None where they are not known."""
        known = self.info or {}
        return known.get("n"), known.get("m")

    def points(self) -> dict[str, np.ndarray]:
        """ "index" and "truth" (-1: no class) of the drawn points, and "classes", the truth of all points."""
        path, (n, m) = self.folder / "points.safetensors", self._sizes()
        found = stored.read_arrays(path, {"index": [m], "truth": [m], "classes": [n]})
        index = found["index"]
        if len(index) and (index.min() < 0 or index.max() >= len(found["classes"])):
            raise stored.damaged(path, ValueError("it names points that are not there"))
        return found

    def epochs(self, start: int = 0) -> list[Epoch]:
        """The epochs that are whole, from this number on. Raises EpochscopeError at a line that does not fit."""
        path = self.folder / "epochs.jsonl"
        try:
            text = stored.content(path)
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise stored.damaged(path, error) from None
        lines = text.split(b"\n")[:-1]  # what follows the last end of line is being written
        found = []
        for number, text in enumerate(lines[start:], start):
            try:
                line = schema.parsed(text, stored.EpochLine)
                stored.check_line(line, number, len(self.members))
            except ValueError as error:
                raise stored.damaged(path, ValueError(f"line {number + 1}: {error}")) from None
            self._counts[number] = len(line["members"])
            found.append(_epoch(line))
        return found

    def arrays(self, epoch: int) -> Arrays:
        """Labels and places of an epoch. Raises EpochscopeError if its file is damaged."""
        count, (n, m) = self._counts.get(epoch), self._sizes()
        shapes = {"labels": [count, n], "places": [count, m, 2]}
        found = stored.read_arrays(epoch_file(self.folder, epoch), shapes, optional=["labels"])
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
    state, message = futures.status["state"], futures.status.get("message", "")
    if futures.status.get("final"):
        return f"{futures.title} would fail again in the same way ({message}); train them with other settings."
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
