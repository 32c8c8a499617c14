"""Computes the first epochs of a stored run again, and compares each with the stored one; nothing is written.

For whoever wants to look at what is not stored: weights, gradient steps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from epochscope.data import Dataset
from epochscope.runs.format.bundled import bundled_ids
from epochscope.runs.format.run import Run
from epochscope.runs.training.branch import Spans
from epochscope.runs.training.control import Control
from epochscope.runs.training.epoch_recorder import Observer, Recorded
from epochscope.runs.training.manager import train
from epochscope.runs.training.packing import Gray
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.runs.training.resume import Resumed
from epochscope.types import EpochscopeError

TellHow = Callable[[int], None]
"""Told of the number of epochs that are done, several times a second."""
_TRIED = 2  # epochs by which it is seen whether a run is the same here
_found: dict[Path, str] = {}  # folder of a bundled run -> in what it differs here
_trying = threading.Lock()


class _Compared(Resumed):
    """Follows a run as `Resumed` does, without its folder: no lock, no file."""

    def __init__(self, run: Run, tell: TellHow) -> None:
        self.id, self.folder, self._lock, self._tell = run.id, run.folder, None, tell
        self._mark, self._was, self._info = "", run.status["state"], run.info
        self.ended, self.why = "", ""
        self._start(resolve(run.spec))

    def claim(self) -> None:
        """Nothing is claimed."""

    def _open(self, info: Mapping[str, Any], points: dict[str, np.ndarray], sprites: Iterable[bytes]) -> None:
        self._made_here = info["made_with"]
        stored = self._info or {}
        if any(stored.get(name) != info[name] for name in ("n", "f", "m")):
            raise self._difference("The data of this run are no longer the same ones")

    def append(self, arrays: Mapping[str, np.ndarray], line: Mapping[str, Any]) -> int:
        """Compares the digest of the epoch; returns its number."""
        epoch, digest = self._count, self._digest(arrays)
        if epoch < len(self._before) and self._before[epoch].get("digest", digest) != digest:
            raise self._difference(f"Epoch {epoch}, computed again, is not the stored one")
        self.course.verify(epoch, digest)
        self._count += 1
        return epoch

    def begin(
        self,
        info: Mapping[str, Any],
        index: np.ndarray,
        truth: np.ndarray | None,
        sprites: Iterable[bytes],
        gray: Gray | None = None,
    ) -> None:
        """Nothing is packed: the points alone are compared."""
        self._open(info, {}, sprites)

    def note_change(self, epoch: int, name: str, symbol: str, old: Any, new: Any) -> None:
        """Nothing is noted."""

    def note_reads(self, spans: Spans) -> None:
        """Nothing is noted."""

    def amend(self, **changes: Any) -> None:
        """Nothing is noted."""

    def status(self, **changes: Any) -> None:
        """Tells how far it is."""
        self._tell(self._count)

    def finish(self, state: str, message: str = "", **more: Any) -> None:
        """Keeps how it ended."""
        self.ended, self.why = state, self._differs or message


def recompute(
    run: Run, last: int, control: Control, observe: Observer, *, tell: TellHow, given: Dataset | None = None
) -> None:
    """Computes the epochs 0 to `last` again, in this thread; `observe` is told of each. `given`: the data, where they
    are in memory.

    Raises EpochscopeError where the run cannot be computed here, or an epoch differs from the stored one. Ends at once,
    without a word, when the control is stopped.
    """
    if given is None and (why := reason_not_repeatable(run.spec)):
        raise EpochscopeError(why)
    writer, reached = _Compared(run, tell), False

    def seen(recorded: Recorded) -> None:
        nonlocal reached
        if control.stopped:
            return
        observe(recorded)
        if recorded.epoch >= last:
            reached = True
            control.stop()

    train(writer, control, given=given, observe=seen)
    if not reached and not control.stopped:
        raise EpochscopeError(writer.why or f"{run.title} ended before epoch {last}.")


def difference_here(run: Run) -> str:
    """In what a run that ships with epochscope differs when it is computed here, in one sentence; empty where it does
    not, as far as its first epochs tell, and for runs that do not ship. Computes these epochs, once in a process: it
    takes about a second.
    """
    if run.id not in bundled_ids() or len(run.epochs()) <= _TRIED:
        return ""
    with _trying:
        if run.folder not in _found:
            try:
                recompute(run, _TRIED - 1, Control(), lambda recorded: None, tell=lambda epochs: None)
                _found[run.folder] = ""
            except EpochscopeError as error:
                _found[run.folder] = str(error)
        return _found[run.folder]
