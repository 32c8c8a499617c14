"""What a run is called, on every page alike."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from epochscope.runs.format import metadata
from epochscope.runs.format.run import Run

_END = 4  # letters of an id, by which runs of one name are told apart


def name_of(run: Run) -> str:
    """The name that a person gave it, else its title."""
    return metadata.read(run.folder).name or run.title


def when(created: float) -> str:
    """When a run was started, as every list says it. `created`: seconds since 1970; 0 where it is not known."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(created)) if created else ""


def dated(name: str, created: float) -> str:
    """A run in a list of several: its name, and when it was started."""
    return " · ".join(part for part in (name, when(created)) if part)


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Names of runs by id; those that are alike with the end of the id, so that nobody takes one for the other.

    Where the ends are alike, too, as those of bundled runs may be, with all of it.
    """
    count = Counter(names.values())
    ends = Counter((name, run[-_END:]) for run, name in names.items())
    return {
        run: f"{name} · {run[-_END:] if ends[name, run[-_END:]] == 1 else run}" if count[name] > 1 else name
        for run, name in names.items()
    }
