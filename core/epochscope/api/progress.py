"""One line on the terminal, or below a cell of a notebook, that says how far a training is."""

from __future__ import annotations

import sys
from collections.abc import Mapping


class Line:
    """Writes to stderr, in a notebook to stdout; neither there nor on a terminal, it writes only the last line."""

    def __init__(self, title: str, planned: int, *, on: bool) -> None:
        """`planned`: how many epochs there are at most, starts of phases included."""
        self.title, self.planned, self._on = title, planned, on
        notebook = "ipykernel" in sys.modules  # which shows stderr as an alarm
        self._out = sys.stdout if notebook else sys.stderr
        self._live = on and (notebook or self._out.isatty())
        self._length = 0

    def show(self, epoch: int, phase: str, losses: Mapping[str, float]) -> None:
        """The epoch that was trained last, in place of what the line said before."""
        if self._live:
            numbers = "".join(f", {name} {value:.4g}" for name, value in list(losses.items())[:2])
            self._write(f"{self.title}: epoch {epoch} of at most {self.planned - 1}, {phase}{numbers}")

    def end(self, words: str) -> None:
        """The outcome, and the end of the line."""
        if self._on:
            self._write(f"{self.title}: {words}")
            print(file=self._out, flush=True)

    def _write(self, text: str) -> None:
        start = "\r" if self._live else ""
        print(f"{start}{text.ljust(self._length)}", end="", file=self._out, flush=True)
        self._length = len(text)
