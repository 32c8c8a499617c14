"""How much of the disk one person may fill on a server that several share."""

from __future__ import annotations

import os

from epochscope import rights
from epochscope.runs.format.spec import runs_folder, thing_of_run
from epochscope.runs.library.catalog import entries, folder_bytes
from epochscope.runs.library.trash import trash_folder
from epochscope.types import EpochscopeError

EACH = "EPOCHSCOPE_DISK_GB_EACH"
"""Setting: what the runs of one person may take where EPOCHSCOPE_SHARED is set, in GB; their trash counts, too."""
_USUAL_GB = 5.0


def most_each() -> float:
    """The setting in bytes. Raises EpochscopeError where it is no number."""
    said = os.environ.get(EACH, "") or str(_USUAL_GB)
    try:
        most = float(said)
        if not 0 < most < 1e6:
            raise ValueError
    except ValueError:
        raise EpochscopeError(f"{EACH} must be a number of GB above 0, but is {said[:40]!r}.") from None
    return most * 1e9


def used_by(mark: str) -> int:
    """Bytes of the runs that the visitor with this mark owns, those in the trash included."""
    used = sum(one.bytes for one in entries() if thing_of_run(one.id).owner == mark)
    try:
        trash = [path for path in trash_folder().iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        trash = []
    mine = (path for path in trash if rights.thing_of(path / rights.OWNER).owner == mark)
    return used + sum(map(folder_bytes, mine))


def require_room(mark: str, more: int) -> None:
    """Raises EpochscopeError where the visitor with this mark would take more of a shared disk than one person may.

    Programs, which have no mark, and everybody where EPOCHSCOPE_SHARED is not set, are limited by the disk alone.
    """
    if not mark or not os.environ.get(rights.SHARED):
        return
    most, used = most_each(), used_by(mark)
    if used + more > most:
        raise EpochscopeError(
            f"These would take {more / 1e6:,.0f} MB more in {runs_folder().name}, where your runs take "
            f"{used / 1e6:,.0f} of {most / 1e6:,.0f} MB already; delete some of them, and empty the trash."
        )
