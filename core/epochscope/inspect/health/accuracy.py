"""Rules about the accuracy: below its start, its best, one cluster, or k-means on the data."""

from __future__ import annotations

from itertools import pairwise

from epochscope.inspect.health.base import Facts, Line, Note, scored, since

WORSE_BY = 0.02
"""The final ACC is worse than the start if it is lower by this much."""
BELOW_BEST = 0.05
"""The best epoch is reported if the final ACC is lower by this much."""
FELL_BY = 0.1
"""A fall of ACC within one epoch is reported from this size on."""
BELOW_KMEANS = 0.1
"""The final ACC is below that of k-means on the data if it is lower by this much."""

_STOP_EARLIER = (
    "Keep the epoch with the best label-free sign (settled labels), lower the learning rate, or stop earlier."
)


def lost_accuracy(facts: Facts) -> list[Note]:
    """ACC below its start, below its best, at the baseline, or falling within one epoch."""
    lines = scored(facts.last_phase, "acc")
    if len(lines) < 2:
        return []
    return [*_fall(lines), *_end(lines, facts.one_cluster)]


def _fall(lines: list[Line]) -> list[Note]:
    acc = {line["epoch"]: line["scores"]["acc"] for line in lines}
    change, at = min((acc[b["epoch"]] - acc[a["epoch"]], b["epoch"]) for a, b in pairwise(lines))
    if change > -FELL_BY:
        return []
    sentence = f"ACC fell from {acc[at] - change:.3f} to {acc[at]:.3f} at epoch {at}"
    advice = "Compare the flow between these epochs: which clusters merged? Lower the learning rate."
    return [Note("fell", "bad", at, sentence, "confusion", f"a fall of {FELL_BY:g} within one epoch", advice)]


def _end(lines: list[Line], floor: float | None) -> list[Note]:
    acc = {line["epoch"]: line["scores"]["acc"] for line in lines}
    start, last = lines[0]["epoch"], lines[-1]["epoch"]
    best = max(acc, key=lambda epoch: (acc[epoch], -epoch))

    def below(limit: float) -> int:
        epoch = since(lines, lambda line: line["scores"]["acc"] <= limit)
        return last if epoch is None else epoch

    if floor is not None and acc[last] <= floor + WORSE_BY:
        epoch = below(floor + WORSE_BY)
        sentence = f"ACC has been no better than with all points in a single cluster ({floor:.3f}) since epoch {epoch}"
        advice = "Look at the cluster sizes and at the spread of the codes: one of them has collapsed."
        return [Note("floor", "bad", epoch, sentence, "confusion", f"within {WORSE_BY:g} of that", advice)]
    if acc[last] < acc[start] - WORSE_BY:
        later = since(lines, lambda line: line["scores"]["acc"] < acc[start] - WORSE_BY)
        epoch = last if later is None else later
        sentence = f"ACC ({acc[last]:.3f}) has been below its start ({acc[start]:.3f}) since epoch {epoch}"
        return [Note("below start", "bad", epoch, sentence, "scores", f"by more than {WORSE_BY:g}", _STOP_EARLIER)]
    if acc[last] < acc[best] - BELOW_BEST:
        sentence = f"ACC was best at epoch {best} ({acc[best]:.3f}) and ended at {acc[last]:.3f}"
        return [Note("below best", "odd", best, sentence, "scores", f"by more than {BELOW_BEST:g}", _STOP_EARLIER)]
    return []


def below_kmeans(facts: Facts) -> list[Note]:
    """ACC clearly below that of k-means on the same data: the codes are worse than none. Only once a run has ended."""
    lines = scored(facts.last_phase, "acc")
    if facts.kmeans is None or facts.live or not lines:
        return []
    if facts.one_cluster is not None and lines[-1]["scores"]["acc"] <= facts.one_cluster + WORSE_BY:
        return []  # that is said already
    limit = facts.kmeans - BELOW_KMEANS
    epoch = since(lines, lambda line: line["scores"]["acc"] < limit)
    if epoch is None:
        return []
    sentence = f"ACC ({lines[-1]['scores']['acc']:.3f}) is below k-means on the same data ({facts.kmeans:.3f})"
    rule = f"by more than {BELOW_KMEANS:g}, since epoch {epoch}; k-means: the best of several starts"
    advice = "Check the scaling of the data, pretrain for longer, or cluster with another number of dimensions."
    return [Note("below k-means", "odd", epoch, sentence, "scores", rule, advice)]
