"""Copies a run that is trained on another machine into its folder here, epoch by epoch, so that it is watched live."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import Timeout

from epochscope import rights
from epochscope.files import advice, reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format import consistency, locks, schema
from epochscope.runs.format.journal import Journal
from epochscope.runs.format.news import INFO, Known, News, SentEpoch, hash_of
from epochscope.runs.format.run import Run
from epochscope.runs.training.writer import LostError, StorageError, remove_leftovers, stored_mark
from epochscope.types import EpochscopeError

_PLAIN = re.compile(r"points\.safetensors|sprites(-\d+)?\.png")  # what a worker may send beside epochs
_SURE = ("digest", "phase", "losses")


class Mirror:
    """Writes a run of this folder that is trained elsewhere. Holds the folder's lock until `finish`.

    `mark`: of the process in which the run waits, as `Resumed` takes it. Raises LostError where the run is no longer
    this one's to write, StorageError where it cannot be written, EpochscopeError where the visitor may not.
    """

    def __init__(self, run_id: str, visitor: Visitor, mark: str) -> None:
        self.run = Run(run_id)
        self.folder: Path = self.run.folder
        rights.require(visitor, Action.CONTINUE, rights.thing_of(self.folder / rights.OWNER))
        try:
            self._lock = locks.taken(self.folder / "lock", 1)
        except Timeout:
            raise LostError(f"{self.run.title} is being trained by another program; watch it there.") from None
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        self._journal = Journal(self.folder, "epochs", kind=schema.EPOCH_LINE, check=consistency.check_epoch)
        try:
            if stored_mark(self.folder) != mark:
                raise LostError(f"{self.run.title} was continued by another program meanwhile.")
            remove_leftovers(self.folder)
            self._journal.repair()
        except OSError as error:
            self._lock.release()
            raise _unwritable(self.folder, error) from None
        except LostError:
            self._lock.release()
            raise
        self._stored: list[Mapping[str, Any]] = list(self._journal.whole()[0])
        self._source, self._read, self._info = "", 0, ""
        self._status: dict[str, Any] = {}

    @property
    def known(self) -> Known:
        """What is here."""
        return Known(self._source, self._read, len(self._stored), self._info)

    def take(self, news: News) -> None:
        """Writes what is new. Epochs that are here already are compared, not written.

        Raises EpochscopeError at an epoch that differs from the one that is here.
        """
        if news.source != self._source:
            self._source, self._read, self._info = news.source, 0, ""
        try:
            for name, content in news.begun.items():
                if _PLAIN.fullmatch(name) and not (self.folder / name).exists():
                    write_whole(self.folder / name, content)
            for epoch in news.epochs:
                self._know(news.info)
                self._take(epoch)
            self._know(news.info)
            self._tell(news.status)
        except OSError as error:
            raise _unwritable(self.folder, error) from None

    def _know(self, info: bytes | None) -> None:
        """Replaces info.json, unless what is computed again has not got as far as what is here."""
        if (
            info is None
            or hash_of(info) == self._info
            or ((self.folder / INFO).exists() and self._read < len(self._stored))
        ):
            return
        write_whole(self.folder / INFO, info)
        self._info = hash_of(info)

    def _take(self, sent: SentEpoch) -> None:
        number = sent.line["epoch"]
        if number < len(self._stored):
            here = self._stored[number]
            if any(name in here and here[name] != sent.line.get(name) for name in _SURE):
                raise EpochscopeError(
                    f"Epoch {number}, computed again on another machine, is not the stored one: the run is left as it "
                    "was; run it again as a new run."
                )
        elif number == len(self._stored):
            if sent.arrays is not None:
                path = self.run.array_file(number)
                path.parent.mkdir(exist_ok=True)
                write_whole(path, sent.arrays)
            self._journal.append(sent.line, sent.parts)
            self._stored.append(sent.line)
        self._read = max(self._read, number + 1)

    def _tell(self, status: Mapping[str, Any]) -> None:
        """The state elsewhere, while it trains: what it ends with is written by `finish`."""
        self._status = {**status, "epochs": len(self._stored), "updated": time.time()}
        if self._read < len(self._stored):
            self._status["doing"] = f"computing again: epoch {self._read} of {len(self._stored)}"
        if status["state"] in ("loading", "running", "paused"):
            write_whole(self.folder / "status.json", json.dumps(self._status))

    def finish(self, state: str, message: str = "", **more: Any) -> None:
        """Writes the final status and releases the lock. Never raises: the folder may be gone."""
        said = {**self._status, "state": state, "message": message, "epochs": len(self._stored), "doing": ""} | more
        try:
            with suppress(OSError):
                (self.folder / "reserve").unlink(missing_ok=True)
                write_whole(self.folder / "status.json", json.dumps({**said, "updated": time.time()}))
        finally:
            self._lock.release()


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"The folder of this run, {folder}, cannot be written ({reason(error)}); {advice(error)}.")
