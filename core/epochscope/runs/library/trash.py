"""Deleted runs: moved to a folder `.trash` beside the others, from which they can be restored until it is emptied."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypedDict

from epochscope import rights
from epochscope.files import read_bytes, reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format import locks, schema
from epochscope.runs.format.disk import TRASH
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import folder_of, runs_folder, thing_of_run
from epochscope.types import EpochscopeError

KEPT_DAYS = 7.0
_DAY = 86400.0  # seconds
_LOOKS = ".looks.json"
_clock, _stopwatch = time.time, time.monotonic
_looked: dict[Path, float] = {}  # trash -> when this process looked, by its stopwatch


class TrashLooks(TypedDict):
    """.looks.json in the trash: when it was last looked at; of each run, when it came and for how many seconds it was
    seen.
    """

    at: float
    runs: dict[str, tuple[int, float]]


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
        # what cannot be read, or is no run, can still be thrown away
        live = locks.holder(folder / "lock") is locks.Holder.SOMEBODY
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
        os.utime(target, follow_symlinks=os.utime not in os.supports_follow_symlinks)  # the time of deletion
    except OSError as error:
        raise EpochscopeError(f"{folder} cannot be moved to the trash ({reason(error)}).") from None


def thrown_away(visitor: Visitor) -> list[str]:
    """Ids in the trash that the visitor may restore or delete, the latest first."""
    try:
        folders = [path for path in trash_folder().iterdir() if path.is_dir()]
        folders = [path for path in folders if not path.name.startswith(".") and _may(visitor, Action.RESTORE, path)]
        return [path.name for path in sorted(folders, key=lambda path: path.lstat().st_mtime, reverse=True)]
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
    """Deletes runs for good that were seen in the trash for so long and that the visitor may delete; returns how many.

    The days are those that programs which called this saw go by: a clock that is wrong deletes nothing. Raises
    EpochscopeError where it is not known who asks.
    """
    rights.require(visitor, Action.EMPTY, rights.EACH)
    gone = 0
    seconds = _seconds_seen() if older_than_days else {}
    for run_id in thrown_away(visitor):
        path = trash_folder() / run_id
        try:
            if seconds.get(run_id, 0.0) >= _DAY * older_than_days and _may(visitor, Action.EMPTY, path):
                erase(path)
                gone += not path.exists()
        except OSError:
            continue
    return gone


def _seconds_seen() -> dict[str, float]:
    """For how long each run was seen in the trash, up to now.

    What has passed since anybody looked is what the clock says, but no more than this process has been running since it
    looked itself, and no more than a day where it has just started.
    """
    before, now, running = _last_look(), _clock(), _stopwatch()
    most = running - _looked[trash_folder()] if trash_folder() in _looked else _DAY
    passed = min(max(now - before.get("at", now), 0.0), most)
    seen: dict[str, list[float]] = {}
    for path in trash_folder().iterdir() if trash_folder().is_dir() else ():
        if path.name.startswith("."):
            continue
        thrown = path.lstat().st_mtime_ns
        known = before.get("runs", {}).get(path.name)
        seen[path.name] = [thrown, known[1] + passed if known and known[0] == thrown else 0.0]
    if seen:
        write_whole(trash_folder() / _LOOKS, json.dumps({"at": now, "runs": seen}))
    _looked[trash_folder()] = running
    return {name: seconds for name, (_, seconds) in seen.items()}


def _last_look() -> dict[str, Any]:
    """When somebody last looked, and for how long each run had been seen then; nothing if that is not known."""
    try:
        return schema.parsed(read_bytes(trash_folder() / _LOOKS), TrashLooks)
    except (OSError, ValueError):
        return {}


def remove(run: Run, visitor: Visitor) -> None:
    """Deletes a run's folder. Refuses while it is being trained, and where the visitor may not."""
    rights.require(visitor, Action.DELETE, thing_of_run(run.id))
    if run.live:
        raise EpochscopeError(f"{run.title} is still training; stop it first.")
    erase(run.folder)


def erase(folder: Path) -> None:
    """Deletes a folder, after the rights were checked: renamed first, so that no reader sees half of it. Of a link to a
    folder the link is deleted, not what it leads to.
    """
    if folder.is_symlink():
        return folder.unlink()
    hidden = folder.with_name(f".gone-{secrets.token_hex(6)}")
    with suppress(OSError):
        folder = folder.rename(hidden)
    shutil.rmtree(folder, ignore_errors=True)
