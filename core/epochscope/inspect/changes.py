"""Which points changed between two epochs, and what each cost: accuracy first, then how far its Q was turned over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

from epochscope.inspect.query import Column
from epochscope.inspect.whole import class_of, match

LOST, NEITHER, GAINED = -1, 0, 1
_TINY = 1e-6  # stored in half precision, a q below is 0


class Verdict(NamedTuple):
    """The clusters of all points at one epoch, and the class each cluster is matched to (None without classes)."""

    labels: Integer[np.ndarray, " n"]
    of: Int[np.ndarray, " k"] | None

    def right(self, truth: Integer[np.ndarray, " n"]) -> np.ndarray:
        """Mask of the points in a cluster that is matched to their class."""
        if self.of is None:
            return np.zeros(len(truth), bool)
        return (truth >= 0) & (class_of(self.labels, self.of) == truth)


def verdict(
    labels: Integer[np.ndarray, " n"], truth: Integer[np.ndarray, " n"] | None, *, classes: int, k: int
) -> Verdict:
    """The labels of an epoch, with their match to classes."""
    if truth is None:
        return Verdict(labels, None)
    return Verdict(labels, match(truth=truth, labels=labels, classes=classes, k=k))


class Changes(NamedTuple):
    """The points that changed cluster, those that cost most first; and what else changed the accuracy."""

    rows: Int[np.ndarray, " c"]
    effect: Int[np.ndarray, " c"]  # LOST: was in a cluster of its class, is in none; GAINED: the other way round
    turned: Float[np.ndarray, " c"]  # KL(q before || q after) in nats; NaN where Q is not stored
    lost_in_place: Int[np.ndarray, " l"]  # stayed, but their cluster is matched to another class now
    gained_in_place: Int[np.ndarray, " g"]

    def count(self, effect: int) -> int:
        """Points that changed cluster with this effect."""
        return int((self.effect == effect).sum())


def changes(
    before: Verdict,
    after: Verdict,
    truth: Integer[np.ndarray, " n"] | None,
    turned: Float[np.ndarray, " n"],
    confidence: Float[np.ndarray, " n"],
) -> Changes:
    """The changes, ordered: accuracy lost, then neither, then gained; within these by how far Q was turned over, then
    by how sure the points are now. `turned` and `confidence` are NaN where they are not known.
    """
    n = len(before.labels)
    moved = before.labels != after.labels
    truth = np.full(n, -1) if truth is None else truth
    effect = after.right(truth).astype(int) - before.right(truth).astype(int)
    rows = np.flatnonzero(moved)
    keys = (rows, -_known(confidence[rows]), -_known(turned[rows]), effect[rows])
    rows = rows[np.lexsort(keys)]
    return Changes(
        rows,
        effect[rows],
        turned[rows],
        np.flatnonzero(~moved & (effect == LOST)),
        np.flatnonzero(~moved & (effect == GAINED)),
    )


def _known(values: Float[np.ndarray, " c"]) -> Float[np.ndarray, " c"]:
    return np.where(np.isnan(values), -1.0, values)


def turned_over(q: Float[np.ndarray, "m k"], later: Float[np.ndarray, "m k"]) -> Float[np.ndarray, " m"]:
    """KL(q || later) of each row in nats: how far the assignment of a point was turned over."""
    one, two = (np.nan_to_num(rows.astype(np.float64)).clip(_TINY, 1) for rows in (q, later))
    one, two = (rows / rows.sum(axis=1, keepdims=True) for rows in (one, two))
    return np.maximum((one * np.log(one / two)).sum(axis=1), 0.0)


def spread_out(values: Float[np.ndarray, " m"] | None, drawn: Integer[np.ndarray, " m"], n: int) -> np.ndarray:
    """Numbers of the drawn points as numbers of all points, NaN for the others."""
    whole = np.full(n, np.nan)
    if values is not None:
        whole[drawn] = values
    return whole


class Facts(NamedTuple):
    """What is known of all n points at an epoch and at the one it is compared with; None where nothing is."""

    after: Verdict | None
    before: Verdict | None
    truth: Integer[np.ndarray, " n"] | None
    classes: list[str]
    confidence: Float[np.ndarray, " n"]
    entropy: Float[np.ndarray, " n"]
    moved: Float[np.ndarray, " n"]
    turned: Float[np.ndarray, " n"]


NAMES: Mapping[str, str] = {
    "row": "row in the data set",
    "class": "true class, by its name",
    "cluster": "cluster now; -1: in none",
    "was": "cluster at the earlier epoch",
    "confidence": "largest q of the point, 0 to 1",
    "entropy": "how undecided its row of Q is, in nats",
    "moved": "how far its code moved since the earlier epoch",
    "turned": "how far its Q was turned over since then: KL in nats",
    "right": "in a cluster of its class",
    "wrong": "in a cluster of another class, or in none",
    "lost": "was right at the earlier epoch, is wrong now",
    "gained": "was wrong at the earlier epoch, is right now",
    "changed": "is in another cluster than at the earlier epoch",
}
"""What a line of epochscope.inspect.query may name, and what it is; from "right" on they stand for themselves."""


def columns(facts: Facts) -> dict[str, Column]:
    """The names that a line may use for these points: those of which something is known."""
    after, before, truth = facts.after, facts.before, facts.truth
    found: dict[str, np.ndarray | None] = {"row": np.arange(len(facts.moved), dtype=float)}
    found["class"] = None if truth is None else np.where(truth < 0, np.nan, truth.astype(float))
    found["cluster"] = None if after is None else after.labels.astype(float)
    found["was"] = None if before is None else before.labels.astype(float)
    for name in ("confidence", "entropy", "moved", "turned"):
        values = getattr(facts, name)
        found[name] = None if np.isnan(values).all() else values
    flags = _flags(facts)
    words = {"class": facts.classes}
    numbers = {name: Column(one, words.get(name, ())) for name, one in found.items() if one is not None}
    return numbers | {name: Column(one, flag=True) for name, one in flags.items()}


def _flags(facts: Facts) -> dict[str, np.ndarray]:
    """Whether something holds of each point."""
    after, before, truth = facts.after, facts.before, facts.truth
    found = {}
    if after is not None and truth is not None:
        right = after.right(truth)
        found |= {"right": right, "wrong": (truth >= 0) & ~right}
        if before is not None:
            then = before.right(truth)
            found |= {"lost": then & ~right, "gained": ~then & right}
    if after is not None and before is not None:
        found["changed"] = after.labels != before.labels
    return found
