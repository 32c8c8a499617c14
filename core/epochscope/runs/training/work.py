"""What waits for its turn in the queue of this process, and is then trained: a run, or other work."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from epochscope.runs.training.control import Control
from epochscope.runs.training.turns import Place
from epochscope.runs.training.writer import RunWriter


class Work(Protocol):
    """Something that is trained in a turn of the queue and is no single run. Its owner is found as that of a run."""

    id: str
    title: str

    def finish(self, state: str, message: str = "") -> None:
        """Writes how it ended."""


class Job(NamedTuple):
    """A run or other work that waits or trains."""

    writer: RunWriter | Work
    control: Control
    place: Place
    train: Callable[[], None]
    counts: int = 1  # as so many runs, for the limits
