"""Deleted runs: moved to a folder `.trash` beside the others, from where they come back, and emptied later."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from epochscope import rights
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import folder_of, owner_file, runs_folder
from epochscope.types import EpochscopeError

KEPT_DAYS = 7.0


def trash_folder() -> Path:
    """Where deleted runs lie until the trash is emptied."""
    return runs_folder() / ".trash"


def throw_away(run_id: str) -> None:
    """Moves a run into the trash.

    Raises EpochscopeError while it trains, where it is somebody else's, or where it cannot be moved.
    """
    folder = folder_of(run_id)
    rights.require(owner_file(run_id))
    try:
        live = Run(run_id).live
    except EpochscopeError:
        if not folder.is_dir():
            raise
        live = False  # what cannot be read can still be thrown away
    if live:
        raise EpochscopeError(f"{run_id} is still training; stop it first.")
    try:
        trash_folder().mkdir(parents=True, exist_ok=True)
        target = trash_folder() / run_id
        if target.exists():
            target.rename(trash_folder() / f"{run_id[:100]}-{secrets.token_hex(4)}")  # it may be somebody else's
        folder.rename(target)
        os.utime(target)  # the day it was thrown away
    except OSError as error:
        raise EpochscopeError(f"{folder} cannot be moved to the trash ({error.strerror}).") from None


def thrown_away() -> list[str]:
    """Ids in the trash that whoever asks may bring back or delete, the last thrown away first."""
    try:
        found = [path for path in trash_folder().iterdir() if path.is_dir() and not path.is_symlink()]
        found = [path for path in found if not rights.why_not(path / rights.OWNER)]
        return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)]
    except OSError:
        return []


def restore(run_ids: Iterable[str]) -> list[str]:
    """Brings runs back, somebody else's excepted; returns the ids that are there again."""
    back = []
    for run_id in run_ids:
        folder, source = folder_of(run_id), trash_folder() / run_id
        if rights.why_not(source / rights.OWNER):
            continue
        try:
            if not folder.exists():
                source.rename(folder)
                back.append(run_id)
        except OSError:
            continue
    return back


def empty(*, older_than_days: float = 0.0) -> int:
    """Deletes for good what has lain in the trash for so long, somebody else's excepted; returns how many runs."""
    limit, gone = time.time() - 86400 * older_than_days, 0
    for run_id in thrown_away():
        path = trash_folder() / run_id
        try:
            if path.stat().st_mtime <= limit:
                shutil.rmtree(path, ignore_errors=True)
                gone += not path.exists()
        except OSError:
            continue
    return gone


def remove(run: Run) -> None:
    """Deletes a run's folder. Refuses while it is being trained, and where it is somebody else's."""
    rights.require(owner_file(run.id))
    if run.live:
        raise EpochscopeError(f"{run.title} is still training; stop it first.")
    shutil.rmtree(run.folder, ignore_errors=True)
