"""What happened in a training, as answers to the questions of its lesson."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from epochscope.classroom.lesson import JOINS, SCORE, TREND, Outcome, Plan
from epochscope.classroom.scores import trend
from epochscope.formulas.alignment import match_clusters
from epochscope.futures.outcome import labelings
from epochscope.futures.plan import members_of
from epochscope.futures.store import Epoch, Futures
from epochscope.runs.format.spec import LIVE, RunSpec
from epochscope.types import EpochscopeError


def specs(plan: Plan) -> list[RunSpec]:
    """The settings of all members, variant by variant, each with all seeds."""
    return members_of(RunSpec(**plan.spec), plan.seeds, plan.values)


def members(plan: Plan, futures: Futures) -> Int[np.ndarray, "v s"]:
    """The places of the members of a lesson among those of its futures, variant by variant.

    Raises EpochscopeError where the futures are those of another lesson.
    """
    there = {_key(one.spec): place for place, one in enumerate(futures.members)}
    try:
        found = [there[_key(one)] for one in specs(plan)]
    except KeyError:
        raise EpochscopeError(f"The futures {futures.id} are not those of this lesson; press Train again.") from None
    return np.array(found).reshape(len(plan.variants), len(plan.seeds))


def _key(spec: RunSpec) -> tuple:
    return spec.dataset, spec.method, spec.k, spec.seed, tuple(sorted(spec.params.items()))


def curves(epochs: Sequence[Epoch], count: int) -> Float[np.ndarray, "s e"]:
    """ACC of each member at each epoch; NaN where there is none."""
    found = np.full((count, len(epochs)), np.nan)
    for place, epoch in enumerate(epochs):
        if "acc" in epoch.scores:
            found[epoch.members, place] = epoch.scores["acc"]
    return found


def last(curve: Float[np.ndarray, " e"]) -> float | None:
    """The last ACC of a member; None if it has none."""
    there = curve[~np.isnan(curve)]
    return float(there[-1]) if len(there) else None


def joined(reference: Int[np.ndarray, " n"], labels: Int[np.ndarray, " n"], point: int, k: int) -> int | None:
    """The group that a point has joined: its cluster, once clusters are matched to groups by the points they share.

    None if the point is in no cluster (label -1).
    """
    if labels[point] < 0:
        return None
    there = labels >= 0
    ids = match_clusters(previous=reference[there], labels=labels[there], k=k)
    return int(ids[labels[point]])


def outcome(plan: Plan, reference: Int[np.ndarray, " n"], futures: Futures) -> Outcome:
    """What happened. `reference`: the group of each point. Raises EpochscopeError while they train, and where they
    ended before there were clusters.
    """
    status = futures.status
    if status["state"] in LIVE:
        raise EpochscopeError("The training is still going on; what happened is shown when it has ended.")
    found = labelings(futures)
    if found is None:
        raise EpochscopeError(
            f"The training ended before there were clusters. {status['message']} Press Train again.".replace("  ", " ")
        )
    place = members(plan, futures)
    grown = curves(futures.epochs(), len(futures.members))
    ends = [[last(grown[member]) for member in row] for row in place]
    end_of = dict(zip(found.members.tolist(), found.end, strict=True))
    differences = [None if a is None or b is None else b - a for a, b in zip(ends[0], ends[-1], strict=True)]
    answers: dict[str, tuple[float | None, ...]] = {SCORE: tuple(ends[-1])}
    answers[TREND] = tuple(None if one is None else trend(one) for one in differences)
    if plan.point is not None:
        k = RunSpec(**plan.spec).k
        answers[JOINS] = tuple(
            joined(reference, end_of[member], plan.point, k) if member in end_of else None
            for member in place[-1].tolist()
        )
    return Outcome(
        {one.key: answers[one.key] for one in plan.questions},
        tuple(differences) if len(plan.variants) > 1 else (),
        tuple(tuple(tuple(_rounded(grown[member])) for member in row) for row in place.tolist()),
        tuple(tuple(_digest(end_of.get(member)) for member in row) for row in place.tolist()),
    )


def _rounded(curve: Float[np.ndarray, " e"]) -> list[float | None]:
    return [None if np.isnan(one) else round(float(one), 4) for one in curve]


def _digest(labels: Int[np.ndarray, " n"] | None) -> str:
    """SHA-256 of labels as int32, little-endian, renumbered by their first occurrence: ids of clusters mean nothing."""
    if labels is None:
        return ""
    _, first, ids = np.unique(labels, return_index=True, return_inverse=True)
    renumbered = np.argsort(np.argsort(first))[ids]
    return hashlib.sha256(np.where(labels < 0, -1, renumbered).astype("<i4").tobytes()).hexdigest()
