"""Deleted runs: moved to a folder `.trash` beside the others, from which they can be restored until it is emptied."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from epochscope import rights
from epochscope.rights import Action, Visitor
from epochscope.runs.format.disk import TRASH
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import folder_of, runs_folder, thing_of_run
from epochscope.types import EpochscopeError

KEPT_DAYS = 7.0


def trash_folder() -> Path:
    """Where deleted runs lie until the trash is emptied."""
    return runs_folder() / TRASH


def throw_away(run_id: str, visitor: Visitor) -> None:
    """Moves a run into the trash.

    Raises EpochscopeError while it trains, where the visitor may not, or where it cannot be moved.
    """
    folder = folder_of(run_id)
    rights.require(visitor, Action.DELETE, thing_of_run(run_id))
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
            target.rename(
                trash_folder() / f"{run_id[:100]}-{secrets.token_hex(4)}"
            )  # one already there is kept: it may be somebody else's
        folder.rename(target)
        os.utime(target)  # the time of deletion
    except OSError as error:
        raise EpochscopeError(f"{folder} cannot be moved to the trash ({error.strerror}).") from None


def thrown_away(visitor: Visitor) -> list[str]:
    """Ids in the trash that the visitor may restore or delete, the latest first."""
    try:
        folders = [path for path in trash_folder().iterdir() if path.is_dir() and not path.is_symlink()]
        folders = [path for path in folders if not path.name.startswith(".") and _may(visitor, Action.RESTORE, path)]
        return [path.name for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)]
    except OSError:
        return []


def _may(visitor: Visitor, action: Action, path: Path) -> bool:
    return rights.may(visitor, action, rights.thing_of(path / rights.OWNER))


def restore(run_ids: Iterable[str], visitor: Visitor) -> list[str]:
    """Restores runs, except those that the visitor may not; returns the ids of the restored ones.

    Raises EpochscopeError where it is not known who asks.
    """
    rights.require(visitor, Action.RESTORE, rights.EACH)
    back = []
    for run_id in run_ids:
        folder, source = folder_of(run_id), trash_folder() / run_id
        if not _may(visitor, Action.RESTORE, source):
            continue
        try:
            if not folder.exists():
                source.rename(folder)
                back.append(run_id)
        except OSError:
            continue
    return back


def empty(visitor: Visitor, *, older_than_days: float = 0.0) -> int:
    """Deletes runs for good that are at least so old in the trash and that the visitor may delete; returns how many.

    Raises EpochscopeError where it is not known who asks.
    """
    rights.require(visitor, Action.EMPTY, rights.EACH)
    limit, gone = time.time() - 86400 * older_than_days, 0
    for run_id in thrown_away(visitor):
        path = trash_folder() / run_id
        try:
            if path.stat().st_mtime <= limit and _may(visitor, Action.EMPTY, path):
                erase(path)
                gone += not path.exists()
        except OSError:
            continue
    return gone


def remove(run: Run, visitor: Visitor) -> None:
    """Deletes a run's folder. Refuses while it is being trained, and where the visitor may not."""
    rights.require(visitor, Action.DELETE, thing_of_run(run.id))
    if run.live:
        raise EpochscopeError(f"{run.title} is still training; stop it first.")
    erase(run.folder)


def erase(folder: Path) -> None:
    """Deletes a folder, after the rights were checked: renamed first, so that no reader sees half of it."""
    hidden = folder.with_name(f".gone-{secrets.token_hex(6)}")
    with suppress(OSError):
        folder = folder.rename(hidden)
    shutil.rmtree(folder, ignore_errors=True)
