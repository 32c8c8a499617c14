"""One cluster over the epochs: size, purity, classes, origin of its members, most and least certain members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer

from epochscope.inspect.whole import cluster_sizes


class Growth(NamedTuple):
    """A cluster in each epoch that has clusters. Purity is the share of its largest class; None without classes."""

    epochs: list[int]
    share: list[float]  # of all points
    purity: list[float | None]
    largest: list[int | None]  # the class that is the largest in it


def growth(
    labels: Sequence[Integer[np.ndarray, " n"] | None], j: int, truth: Integer[np.ndarray, " n"] | None, classes: int
) -> Growth:
    """Growth of cluster j from the labels of each epoch (None where there are none). Empty clusters have no purity."""
    result = Growth([], [], [], [])
    for epoch, now in enumerate(labels):
        if now is None:
            continue
        members = now == j
        result.epochs.append(epoch)
        result.share.append(float(members.mean()))
        counts = mix(members, truth, classes)
        known = counts is not None and counts.sum() > 0
        result.purity.append(float(counts.max() / counts.sum()) if known and counts is not None else None)
        result.largest.append(int(counts.argmax()) if known and counts is not None else None)
    return result


def mix(members: np.ndarray, truth: Integer[np.ndarray, " n"] | None, classes: int) -> np.ndarray | None:
    """Number of members (a mask over all points) of each class; None without classes."""
    if truth is None:
        return None
    own = truth[members]
    return np.bincount(own[own >= 0], minlength=classes)


class Origin(NamedTuple):
    """Earlier clusters of the members of a cluster, and present clusters of its former members."""

    came: list[tuple[int, int]]  # (earlier cluster, points), largest first; its own id: those that stayed
    went: list[tuple[int, int]]  # (present cluster, points), without those that stayed


def origin(before: Integer[np.ndarray, " n"], after: Integer[np.ndarray, " n"], j: int, k: int) -> Origin:
    """Origin of the members of cluster j, from the labels of two epochs."""
    came = cluster_sizes(before[after == j], k)
    went = cluster_sizes(after[before == j], k)
    went[j] = 0

    def ranked(counts: np.ndarray) -> list[tuple[int, int]]:
        order = np.argsort(-counts, kind="stable")
        return [(int(c), int(counts[c])) for c in order if counts[c]]

    return Origin(ranked(came), ranked(went))


class Ends(NamedTuple):
    """Members by certainty: (index among the drawn points, value)."""

    most: list[tuple[int, float]]
    least: list[tuple[int, float]]
    by: str  # name of the value


def ends(
    labels: Integer[np.ndarray, " m"],
    j: int,
    most: int,
    *,
    q: Float[np.ndarray, "m k"] | None,
    z: Float[np.ndarray, "m d"] | None,
    centers: Float[np.ndarray, "k d"] | None,
) -> Ends:
    """The members with the largest and smallest q_ij; without Q, those nearest to and farthest from the center."""
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
