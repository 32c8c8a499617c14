"""Numbers that tell whether the rows of a recorded loop's z have the order of x, of truth, and of the log before."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Integer

from epochscope.formulas.neighborhoods import (
    NEIGHBORS,
    nearest_rows,
    same_class_chance,
    same_class_share,
    shared_neighbors,
    structure,
)

SAMPLE = 400
"""Number of points that are looked at: enough to tell a random order, and a few milliseconds a log."""
_FEWEST = 60
_MOST_VALUES = 20_000_000  # of the sample of x


class OrderCheck:
    """Compares the neighborhoods of z, log by log, with those of x (if given), of the log before, and with truth."""

    def __init__(
        self,
        index: Integer[np.ndarray, " m"],
        x: Float[np.ndarray, "n f"] | None,
        truth: Integer[np.ndarray, " n"] | None,
    ) -> None:
        """`index`: the drawn points, in random order. Values of x that are not finite, or too many: as if not given."""
        self._rows = np.asarray(index[:SAMPLE])
        self._truth = None if truth is None else truth[self._rows]
        self._near_x: np.ndarray | None = None
        self._before: np.ndarray | None = None  # neighbors at the log before
        self._phase = ""
        if x is not None and len(self._rows) >= _FEWEST and len(self._rows) * x.shape[1] <= _MOST_VALUES:
            some = x[self._rows]
            if np.isfinite(some).all() and (some != some[0]).any():
                self._near_x = nearest_rows(some)

    def __call__(self, z: Float[np.ndarray, "n d"], phase: str) -> dict[str, float]:
        """The numbers of one log; none for few points, or codes that are not finite or all equal.

        chance: share of shared neighbors in a random order; structure: of z; x, before: shares of shared neighbors;
        class, class_x, class_chance: shares of neighbors in z, of those in x and of random pairs with the same class.
        """
        some = z[self._rows]
        if len(some) < _FEWEST or not np.isfinite(some).all() or not (some != some[0]).any():
            self._before = None
            return {}
        near = nearest_rows(some)
        found = {
            "chance": NEIGHBORS / (len(some) - 1),
            "structure": structure(some, near, np.random.default_rng(0)),
        }
        if self._near_x is not None:
            found["x"] = shared_neighbors(near, self._near_x)
        if self._before is not None and self._phase == phase:
            found["before"] = shared_neighbors(near, self._before)
        if self._truth is not None:
            found["class"], found["class_chance"] = same_class_share(near, self._truth), same_class_chance(self._truth)
            if self._near_x is not None:
                found["class_x"] = same_class_share(self._near_x, self._truth)
        self._before, self._phase = near, phase
        return {name: round(value, 6) for name, value in found.items() if np.isfinite(value)}
