"""What many futures say together: how far they agree, whether they end in basins, and what their starts decided."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from epochscope.formulas.metrics import ari
from epochscope.futures.store import Epoch, Futures
from epochscope.language import tr

SAME_BASIN = 0.8
"""Labelings whose average ARI is at least this are in one basin."""
_ALIKE = 1e-9  # distances below it are none


class Labelings(NamedTuple):
    """The first and the last labels of each member."""

    members: Int[np.ndarray, " s"]
    start: Int[np.ndarray, "s n"]
    end: Int[np.ndarray, "s n"]


class Outcome(NamedTuple):
    """What can be said of them; `start` and `end` are epochs with labels."""

    members: Int[np.ndarray, " s"]
    between_ends: Float[np.ndarray, "s s"]  # ARI of the last labels of two members
    between_starts: Float[np.ndarray, "s s"]
    own: Float[np.ndarray, " s"]  # ARI of the first and the last labels of each
    basin: Int[np.ndarray, " s"]  # number of the basin of each end, the largest 0
    places: Float[np.ndarray, "2 s 2"]  # of starts and ends on a map whose distances are about 1 - ARI


def labelings(futures: Futures, last: int | None = None) -> Labelings | None:
    """The first and last labels of the members, up to the epoch `last`; None before there are any."""
    start: dict[int, np.ndarray] = {}
    end: dict[int, np.ndarray] = {}
    epochs = futures.epochs()
    for epoch in _first_and_lasts(epochs if last is None else epochs[: last + 1]):
        labels = futures.arrays(epoch.number).labels
        for row, member in enumerate(epoch.members.tolist()):
            if labels is not None:
                start.setdefault(member, labels[row])
                end[member] = labels[row]
    members = np.array(sorted(end))
    if not len(members):
        return None
    return Labelings(members, np.stack([start[i] for i in members]), np.stack([end[i] for i in members]))


def _first_and_lasts(epochs: list[Epoch]) -> list[Epoch]:
    """The first epoch with labels, and those after which a member has none."""
    labeled = [one for one in epochs if one.phase == epochs[-1].phase] if epochs else []
    ends = [one for one, after in pairwise(labeled) if len(after.members) < len(one.members)]
    return [*labeled[:1], *ends, *labeled[-1:]]


def outcome(found: Labelings) -> Outcome:
    """Agreement of all starts and ends, the basins of the ends, and a map of both."""
    whole = np.concatenate([found.start, found.end])
    agreement = pairwise_ari(whole)
    s = len(found.members)
    return Outcome(
        found.members,
        agreement[s:, s:],
        agreement[:s, :s],
        agreement[np.arange(s), np.arange(s) + s],
        basins(agreement[s:, s:]),
        placed(1 - agreement).reshape(2, s, 2),
    )


def pairwise_ari(labels: Int[np.ndarray, "s n"]) -> Float[np.ndarray, "s s"]:
    """ARI of each pair of labelings; points in no cluster (below 0) are a part of their own."""
    ids = labels.astype(np.int64)
    ids = np.where(ids < 0, ids.max() + 1, ids)
    agreement = np.eye(len(ids))
    for i in range(len(ids)):
        for j in range(i):
            agreement[i, j] = agreement[j, i] = ari(truth=ids[i], predicted=ids[j])
    return agreement


def basins(agreement: Float[np.ndarray, "s s"]) -> Int[np.ndarray, " s"]:
    """Groups of labelings that agree on average by SAME_BASIN at least (average linkage), numbered by size."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(agreement) < 2:
        return np.zeros(len(agreement), int)
    apart = squareform(np.clip(1 - agreement, 0, None), checks=False)
    found = fcluster(linkage(apart, "average"), 1 - SAME_BASIN, "distance")
    names, sizes = np.unique(found, return_counts=True)
    order = names[np.argsort(-sizes, kind="stable")]
    return np.array([int(np.flatnonzero(order == one)[0]) for one in found])


def placed(distance: Float[np.ndarray, "s s"]) -> Float[np.ndarray, "s 2"]:
    """Places in the plane whose distances are about these (metric MDS, from the classical one on)."""
    from sklearn.manifold import smacof

    distance = np.clip((distance + distance.T) / 2, 0, None)
    s = len(distance)
    if s < 2 or distance.max() < _ALIKE:
        return np.zeros((s, 2))
    middle = np.eye(s) - 1 / s
    sizes, axes = np.linalg.eigh(-0.5 * middle @ np.square(distance) @ middle)
    start = axes[:, -2:][:, ::-1] * np.sqrt(np.clip(sizes[-2:][::-1], 0, None))
    return smacof(distance, n_components=2, init=start, n_init=1, normalized_stress=False)[0]


def last_acc(futures: Futures, found: Labelings, last: int | None = None) -> Float[np.ndarray, " s"]:
    """The last ACC of each labeled member, up to the epoch `last`; NaN where there is none."""
    acc = dict.fromkeys(found.members.tolist(), np.nan)
    for epoch in futures.epochs()[: None if last is None else last + 1]:
        if "acc" in epoch.scores:
            acc |= dict(zip(epoch.members.tolist(), epoch.scores["acc"].tolist(), strict=True))
    return np.array([acc[i] for i in found.members.tolist()])


def told(found: Outcome, acc: Float[np.ndarray, " s"] | None) -> list[str]:
    """The outcome in sentences. `acc`: of the ends, where there are classes."""
    s, apart = len(found.members), ~np.eye(len(found.members), dtype=bool)
    if s < 2:
        return []
    ends, starts = float(np.median(found.between_ends[apart])), float(np.median(found.between_starts[apart]))
    own = float(np.median(found.own))
    sizes = np.bincount(found.basin)
    if len(sizes) == 1:
        basins = tr(
            "**Basins:** all {s} end in one: any two of them agree by an average ARI of {least} or more.",
            s=s,
            least=SAME_BASIN,
        )
    else:
        several = ", ".join(map(str, sizes[:4])) + (", ..." if len(sizes) > 4 else "")
        basins = tr(
            "**Basins:** {n}, of {several} members: within one, ends agree by an average ARI of {least} or more.",
            n=len(sizes),
            several=several,
            least=SAME_BASIN,
        )
    agreement = tr(
        "**Agreement:** two members agree by an ARI of {starts:.2f} at the start of clustering and {ends:.2f} at "
        "its end (medians).",
        starts=starts,
        ends=ends,
    )
    if own > ends:
        decided = tr(
            "An end agrees with its own start by {own:.2f}: more than with other ends, so much was decided by the "
            "start.",
            own=own,
        )
    else:
        decided = tr("An end agrees with its own start by {own:.2f}, no more than with other ends.", own=own)
    words = [basins, f"{agreement} {decided}"]
    if acc is not None and len(acc) == s:
        low, high, middle = float(acc.min()), float(acc.max()), float(np.median(acc))
        words.append(
            tr(
                "**One seed proves nothing:** ACC from {low:.3f} to {high:.3f}, median {middle:.3f}.",
                low=low,
                high=high,
                middle=middle,
            )
        )
    return words
