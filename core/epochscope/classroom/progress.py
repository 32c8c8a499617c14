"""How the training of a lesson gets on, for projector and phones: read from its futures, each epoch once."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int8, Int16

from epochscope.classroom.lesson import Plan
from epochscope.classroom.outcomes import members
from epochscope.futures.store import Epoch, Futures
from epochscope.runs.format.spec import LIVE

POINTS = 150
"""Points of the picture on a phone."""


class Dots(NamedTuple):
    """The codes of one member in the plane: places in 127ths of the picture's half, clusters (-1: none)."""

    places: Int8[np.ndarray, "m 2"]
    labels: Int16[np.ndarray, " m"] | None


class Progress:
    """Read again by `refresh`; every method may be called in any thread."""

    def __init__(self, plan: Plan, futures_id: str) -> None:
        self.futures = Futures(futures_id)
        self.place = members(plan, self.futures)
        self.state: dict[str, Any] = {"state": "queued", "message": "", "epochs": 0}
        self.grown: Float[np.ndarray, "s e"] = np.zeros((len(self.futures.members), 0))
        self._dots: dict[int, Dots] = {}
        self._index: np.ndarray | None = None
        self._reading = threading.Lock()

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return self.state["state"] in LIVE

    @property
    def epochs(self) -> int:
        """How many epochs there are."""
        return self.grown.shape[1]

    def refresh(self) -> bool:
        """Reads what is new; whether there was anything. Raises EpochscopeError for damaged futures."""
        with self._reading:
            before = self.state["state"], self.epochs
            self.state = self.futures.status
            self._read()
            return before != (self.state["state"], self.epochs)

    def _read(self) -> None:
        new = self.futures.epochs(self.epochs)
        if not new:
            return
        grown = np.full((len(self.grown), len(new)), np.nan)
        for place, epoch in enumerate(new):
            if "acc" in epoch.scores:
                grown[epoch.members, place] = epoch.scores["acc"]
        if self._index is None:
            self._index = self.futures.points()["index"]
        self._see(new, self._index[:POINTS])
        self.grown = np.concatenate([self.grown, grown], axis=1)  # last: who looks meanwhile sees the old one whole

    def _see(self, new: list[Epoch], index: np.ndarray) -> None:
        """Takes the newest picture of each member: some end before others."""
        seen: set[int] = set()
        for epoch in reversed(new):
            rows = [(row, one) for row, one in enumerate(epoch.members.tolist()) if one not in seen]
            if not rows:
                continue
            found = self.futures.arrays(epoch.number)
            for row, member in rows:
                own = None if found.labels is None else found.labels[row, index].astype(np.int16)
                self._dots[member] = Dots((found.places[row, :POINTS] >> 8).astype(np.int8), own)
                seen.add(member)

    def dots(self, seed: int) -> Dots | None:
        """The newest picture of the last variant with a seed, by its place; None before there is one."""
        return self._dots.get(int(self.place[-1, seed]))

    def curves(self, seed: int) -> Float[np.ndarray, "v e"]:
        """ACC of all variants with a seed."""
        return self.grown[self.place[:, seed]]

    def range(self) -> Float[np.ndarray, "2 e"]:
        """The lowest and the highest ACC of the last variant, of all seeds; those that have ended keep their last one.

        NaN before there is any.
        """
        shown = self.grown[self.place[-1]]
        there = np.where(np.isnan(shown), -1, np.arange(shown.shape[1]))
        newest = np.maximum.accumulate(there, axis=1)
        kept = np.where(newest < 0, np.nan, np.take_along_axis(shown, np.maximum(newest, 0), axis=1))
        none = np.isnan(kept).all(axis=0)
        low, high = np.where(np.isnan(kept), np.inf, kept), np.where(np.isnan(kept), -np.inf, kept)
        return np.where(none, np.nan, np.stack([low.min(axis=0), high.max(axis=0)]))
