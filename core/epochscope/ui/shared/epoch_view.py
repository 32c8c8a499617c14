"""One run at one epoch, as the views of the Inspect page show it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from epochscope.inspect.whole import hues, match
from epochscope.runs.format.run import Run
from epochscope.runs.library.history import History, history
from epochscope.ui.shared.text import plain


class EpochView(NamedTuple):
    """A run at the cursor's epoch. Labels and classes cover all points; z, q and p the drawn points."""

    run: Run
    info: dict[str, Any]
    epoch: int

    @property
    def history(self) -> History:
        return history(self.run)

    @property
    def k(self) -> int:
        return self.info["k"]

    @property
    def line(self) -> dict[str, Any]:
        return self.run.epochs()[self.epoch]

    @property
    def phase(self) -> str:
        """The phase of this epoch, escaped for Markdown: a run from elsewhere may contain any name."""
        return plain(self.line["phase"])

    @property
    def drawn(self) -> np.ndarray:
        """Row of each drawn point in the data set."""
        return self.history.points["index"]

    @property
    def place(self) -> np.ndarray:
        """Place of each point among the drawn ones; -1 where it is not drawn."""
        return self.history.points["place"]

    @property
    def truth(self) -> np.ndarray | None:
        """The class of every point, or None where there are no classes."""
        truth = self.history.points["truth"]
        return truth if (truth >= 0).any() else None

    @property
    def classes(self) -> list[str]:
        return self.info["classes"]

    def labels(self, epoch: int | None = None) -> np.ndarray | None:
        """The cluster of every point; None where the epoch has no clusters."""
        return self.run.array(self.epoch if epoch is None else epoch, "labels")

    def array(self, name: str) -> np.ndarray | None:
        """An array over the drawn points (or another one) at this epoch."""
        return self.run.array(self.epoch, name)

    @property
    def matched(self) -> np.ndarray | None:
        """The class matched to each cluster at this epoch (-1: none); None without classes or clusters."""
        labels, truth = self.labels(), self.truth
        if labels is None or truth is None:
            return None
        return match(truth=truth, labels=labels, classes=len(self.classes), k=self.k)

    @property
    def hues(self) -> tuple[int, ...]:
        """The number in the palette of each cluster at this epoch."""
        of = self.matched
        return tuple(range(self.k)) if of is None else hues(of)

    def first_with(self, name: str) -> int | None:
        """The first epoch that has an array of this name."""
        return next((line["epoch"] for line in self.run.epochs() if name in line["has"]), None)

    def class_name(self, c: int) -> str:
        return self.classes[c] if 0 <= c < len(self.classes) else "–"
