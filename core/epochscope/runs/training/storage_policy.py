"""Which epochs store the arrays of the points: all of them, unless these are too large."""

from __future__ import annotations

import math
from collections.abc import Mapping


class StoragePolicy:
    """Every epoch while its new arrays of points (codes, Q, P ...) have at most `most_bytes`; None: whatever they have.

    Of larger ones, those of every s-th epoch of a phase are stored, with the smallest s for which that is `most_bytes`
    an epoch on average, and those of the last epoch that its `plan` allows. So what is stored does not depend on time,
    and a run that is computed again stores the same. Labels are stored at every epoch.
    """

    def __init__(self, most_bytes: int | None, plan: Mapping[str, int]) -> None:
        self.every = 1
        """The largest s so far."""
        self._most_bytes, self._plan = most_bytes, plan
        self._in_phase: dict[str, int] = {}  # phase -> epochs of it, its start among them

    def __call__(self, phase: str, size: int) -> bool:
        """Whether to store the arrays of the next epoch, which have `size` bytes. To be called once for each epoch."""
        place = self._in_phase.get(phase, 0)
        self._in_phase[phase] = place + 1
        if self._most_bytes is None or size <= self._most_bytes:
            return True
        every = math.ceil(size / self._most_bytes)
        self.every = max(self.every, every)
        return place % every == 0 or place == self._plan.get(phase)
