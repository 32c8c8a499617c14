"""One cluster over the epochs: how large, how pure, of which classes, come from where, and its clearest members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer


class Growth(NamedTuple):
    """A cluster at each epoch that has clusters. Purity is the share of its largest class; None without classes."""

    epochs: list[int]
    share: list[float]  # of all points
    purity: list[float | None]
    largest: list[int | None]  # the class that is the largest in it


def growth(
    labels: Sequence[Integer[np.ndarray, " n"] | None], j: int, truth: Integer[np.ndarray, " n"] | None, classes: int
) -> Growth:
    """`labels`: those of every epoch, None where it has none. An empty cluster has no purity."""
    found = Growth([], [], [], [])
    for epoch, now in enumerate(labels):
        if now is None:
            continue
        members = now == j
        found.epochs.append(epoch)
        found.share.append(float(members.mean()))
        counts = mix(members, truth, classes)
        known = counts is not None and counts.sum() > 0
        found.purity.append(float(counts.max() / counts.sum()) if known and counts is not None else None)
        found.largest.append(int(counts.argmax()) if known and counts is not None else None)
    return found


def mix(members: np.ndarray, truth: Integer[np.ndarray, " n"] | None, classes: int) -> np.ndarray | None:
    """Points of each class among the members (a mask over all points); None without classes."""
    if truth is None:
        return None
    own = truth[members]
    return np.bincount(own[own >= 0], minlength=classes)


class Origin(NamedTuple):
    """Where the members of a cluster were at an earlier epoch, and where those went that were in it then."""

    came: list[tuple[int, int]]  # (cluster then, points), the most first; its own number: those who stayed
    went: list[tuple[int, int]]  # (cluster now, points), without those who stayed


def origin(before: Integer[np.ndarray, " n"], after: Integer[np.ndarray, " n"], j: int, k: int) -> Origin:
    """Every member counted once."""
    came = np.bincount(before[after == j], minlength=k)
    went = np.bincount(after[before == j], minlength=k)
    went[j] = 0

    def ranked(counts: np.ndarray) -> list[tuple[int, int]]:
        order = np.argsort(-counts, kind="stable")
        return [(int(c), int(counts[c])) for c in order if counts[c]]

    return Origin(ranked(came), ranked(went))


class Ends(NamedTuple):
    """Members by how sure they are, as places among the drawn points, with that number."""

    most: list[tuple[int, float]]
    least: list[tuple[int, float]]
    by: str  # what "sure" is measured by


def ends(
    labels: Integer[np.ndarray, " m"],
    j: int,
    most: int,
    *,
    q: Float[np.ndarray, "m k"] | None,
    z: Float[np.ndarray, "m d"] | None,
    centers: Float[np.ndarray, "k d"] | None,
) -> Ends:
    """The members with the largest and the smallest q_ij; without Q, those nearest to the center and farthest off."""
    members = np.flatnonzero(labels == j)
    if q is not None:
        value, by, sign = np.nan_to_num(q[members, j].astype(np.float64)), "qᵢⱼ", -1
    elif z is not None and centers is not None and z.shape[1] == centers.shape[1]:
        value = np.linalg.norm(z[members].astype(np.float64) - centers[j], axis=1)
        by, sign = "distance to the center", 1
    else:
        return Ends([], [], "")
    order = members[np.argsort(sign * value, kind="stable")]
    number = dict(zip(members.tolist(), value.tolist(), strict=True))
    first, last = order[:most].tolist(), order[::-1][:most].tolist()
    return Ends([(p, number[p]) for p in first], [(p, number[p]) for p in last], by)
