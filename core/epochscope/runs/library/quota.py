"""The disk space of stored runs: what they take, and what a quota would delete. Nothing is deleted here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from epochscope import rights
from epochscope.files import read_bytes, reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format.spec import runs_folder, thing_of_run
from epochscope.runs.library.catalog import Entry, age
from epochscope.types import EpochscopeError

_SETTINGS = ".settings.json"


class Room(NamedTuple):
    """The disk space of the runs, and what would have to be deleted to stay within a quota."""

    used: int  # bytes
    most: int | None  # bytes; None: no quota
    to_delete: tuple[Entry, ...]  # oldest first
    freed: int  # bytes


def room(entries: Sequence[Entry], most: int | None, visitor: Visitor) -> Room:
    """The oldest ended runs go first. Never proposed: those with a name, tags or notes, those that train, and those
    that the visitor may not delete.
    """
    sizes = {one.id: one.bytes for one in entries}
    used, chosen, freed = sum(sizes.values()), [], 0
    for one in sorted(entries, key=age):
        if most is None or used - freed <= most:
            break
        mine = rights.may(visitor, Action.DELETE, thing_of_run(one.id))
        if mine and not one.live and not one.metadata.kept:
            chosen.append(one)
            freed += sizes[one.id]
    return Room(used, most, tuple(chosen), freed)


def quota() -> float | None:
    """The quota of stored runs in gigabytes; None: no limit."""
    try:
        value = json.loads(read_bytes(runs_folder() / _SETTINGS))["quota_gb"]
        return float(value) if 0 < float(value) < 1e6 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def set_quota(gigabytes: float | None, visitor: Visitor) -> None:
    """Stores the quota for all who use this folder. Nothing is deleted: the Runs page only proposes what to delete.

    Raises EpochscopeError where it cannot be written, or the visitor does not run this server.
    """
    rights.require(visitor, Action.QUOTA, rights.QUOTA)
    try:
        runs_folder().mkdir(parents=True, exist_ok=True)
        write_whole(runs_folder() / _SETTINGS, json.dumps({"quota_gb": gigabytes}))
    except OSError as error:
        raise EpochscopeError(f"{runs_folder()} cannot be written ({reason(error)}).") from None
