"""Entries of the runs that ship with epochscope: no list has them, but families and trials that belong to them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from epochscope.runs.format.bundled import bundled_folder, bundled_ids
from epochscope.runs.library.catalog import Entry, read_entry


@functools.cache
def bundled_entries() -> tuple[Entry, ...]:
    """The runs that ship with epochscope, which no list has; they never change."""
    found = [read_entry(folder, name) for name in sorted(bundled_ids()) if (folder := _folder_of_run(name))]
    return tuple(one for one in found if one is not None)


def _folder_of_run(run_id: str) -> Path | None:
    """The folder of a bundled run; None where something else is bundled under this id."""
    folder = bundled_folder(run_id)
    return folder if folder and (folder / "run.json").is_file() else None


def with_bundled(run_id: str, listed: Sequence[Entry]) -> Sequence[Entry]:
    """What is listed, with the bundled runs behind it where this run, or one that it descends from, is one of them."""
    if not bundled_ids():
        return listed
    parents, above = {one.id: one.parent for one in listed}, run_id
    for _ in range(len(parents) + 1):
        if above in bundled_ids():
            return [*listed, *bundled_entries()]
        above = parents.get(above, "")
    return listed
