"""The folder of a run or of futures, as it comes into being: at once, with its owner, and locked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from epochscope import rights
from epochscope.files import advice, reason
from epochscope.rights import Action, Visitor
from epochscope.runs.format import locks
from epochscope.types import EpochscopeError

_PATIENCE = 5.0  # seconds for a lock that nobody else can want yet


def new_folder(folder: Path, visitor: Visitor, fill: Callable[[Path], None], *, locked: bool) -> FileLock | None:
    """Creates a folder that belongs to the visitor; returns its lock, held, if it is to be `locked`.

    `fill` writes into it before anybody sees it. Nothing is left behind where that or the lock fails. Raises
    EpochscopeError where it cannot be written, or the visitor may not.
    """
    rights.require(visitor, Action.START, rights.NEW)
    made = folder.with_name(f".new-{folder.name}")
    try:
        made.mkdir(parents=True)
        rights.write_owner(visitor, made / rights.OWNER)  # first: it is never visible without its owner
        fill(made)
        made = made.rename(folder)
        return locks.taken(folder / "lock", _PATIENCE) if locked else None
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        raise EpochscopeError(
            f"The folder for runs {folder.parent} cannot be written ({reason(error)}); {advice(error)}, "
            "or set EPOCHSCOPE_RUNS to another folder."
        ) from None
