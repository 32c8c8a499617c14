"""Rules about clusters: unused, absorbing others, without a place for a small class, moving too much or no more."""

from __future__ import annotations

from epochscope.inspect.health.base import Facts, Level, Line, Note, scored, since, size_of, sized

EMPTY_SHARE = 0.02
"""A cluster is unused if it has fewer points than this share of the mean size n / k."""
LARGE_SHARE = 0.5
"""A cluster has absorbed others if it has this share of all points and 1.5 times the share of the largest class."""
SMALL_CLASS = 0.5
"""A class is small if it has less than this share of the mean class size."""
MASS_MOVE = 0.3
"""Share of points that change cluster within one epoch to be reported, after the first three of the phase."""
QUIET_EPOCHS = 3
"""Number of final epochs without a label change to be reported."""
RESTLESS, RESTLESS_EPOCHS = 0.1, 5
"""Share of points that change cluster in each of this number of final epochs to be reported."""


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")


def unused(facts: Facts) -> list[Note]:
    """Clusters with (almost) no points. In an epoch with fewer clusters than others, those that it lacks are not."""
    lines = sized(facts)
    if not lines or not any(lines[-1]["sizes"]):  # all points are in no cluster
        return []
    k = int(lines[-1].get("measures", {}).get("clusters") or facts.k)
    least = EMPTY_SHARE * facts.n / k
    empty = {j for j in range(facts.k) if size_of(lines[-1], j) < least}
    count = len(empty) - (facts.k - k)
    epoch = since(lines, lambda line: all(size_of(line, j) < least for j in empty)) if count > 0 else None
    if epoch is None:
        return []
    level: Level = "bad" if count > 0.2 * k else "odd"
    which = "" if k < facts.k else f": {_listed([str(j) for j in sorted(empty)])}"
    return [
        Note(
            "unused",
            level,
            epoch,
            f"{count} of {k} clusters unused since epoch {epoch}{which}",
            "shares",
            f"fewer than {EMPTY_SHARE:.0%} of n / k = {facts.n / k:.0f} points",
            "Start from the centers of k-means with several restarts, or choose a smaller k.",
            since(lines, lambda line: any(size_of(line, j) < least for j in empty)),
        )
    ]


def swallowed(facts: Facts) -> list[Note]:
    """One cluster that has most of the points."""
    lines, least = sized(facts), max(LARGE_SHARE, 1.5 * (facts.one_cluster or 0.0))
    if not lines or facts.k < 3 or max(lines[-1]["sizes"]) / facts.n < least:
        return []
    sizes = lines[-1]["sizes"]
    j = sizes.index(max(sizes))
    epoch = since(lines, lambda line: size_of(line, j) / facts.n >= least)
    if epoch is None:
        return []
    rule = f"at least {least:.0%} of the points (the larger of {LARGE_SHARE:.0%} and 1.5 times the largest class)"
    sentence = f"Cluster {j} has {sizes[j] / facts.n:.0%} of the points; at least {least:.0%} since epoch {epoch}"
    advice = "Lower the learning rate of the clustering, or add a term that keeps clusters equally large."
    return [Note("swallowed", "bad", epoch, sentence, "flow", rule, advice)]


def lost_classes(facts: Facts) -> list[Note]:
    """Small classes that are the largest class of no cluster: larger ones have taken them in."""
    counted = [line for line in facts.lines if line.get("lost_classes") is not None]
    sizes = facts.class_sizes
    if not counted or not sizes:
        return []
    mean = sum(sizes) / len(sizes)
    small = {c for c in counted[-1]["lost_classes"] if c < len(sizes) and 0 < sizes[c] < SMALL_CLASS * mean}
    if not small:
        return []
    epoch = since(counted, lambda line: small <= set(line["lost_classes"]))
    names = _listed([str(facts.classes[c] if c < len(facts.classes) else c) for c in sorted(small)])
    what = f"The small class {names} has" if len(small) == 1 else f"{len(small)} small classes ({names}) have"
    rule = f"fewer than {SMALL_CLASS:.0%} of the mean class size ({mean:,.0f} points), the largest class of no cluster"
    advice = "Try a larger k and merge clusters afterwards, or drop a term that makes clusters equally large."
    at = counted[-1]["epoch"] if epoch is None else epoch
    return [Note("lost class", "odd", at, f"{what} had no cluster since epoch {at}", "confusion", rule, advice)]


def movement(facts: Facts) -> list[Note]:
    """Many label changes in one epoch, label changes to the end, or none any more."""
    lines = scored(facts.last_phase, "changed")
    if not lines:
        return []
    late = [line for line in lines if line["epoch"] > facts.last_phase[0]["epoch"] + 3]
    return [*_mass_move(late), *_restless(lines, late), *_quiet(lines)]


def _mass_move(late: list[Line]) -> list[Note]:
    most = max(late, key=lambda line: line["scores"]["changed"], default=None)
    if most is None or most["scores"]["changed"] < MASS_MOVE:
        return []
    sentence = f"{most['scores']['changed']:.0%} of the points changed cluster at epoch {most['epoch']}"
    rule = f"at least {MASS_MOVE:.0%} within one epoch"
    advice = "Lower the learning rate, or update the targets less often."
    return [Note("mass move", "bad", most["epoch"], sentence, "flow", rule, advice)]


def _restless(lines: list[Line], late: list[Line]) -> list[Note]:
    end = lines[-RESTLESS_EPOCHS:]
    least = min(line["scores"]["changed"] for line in end)
    if len(late) < RESTLESS_EPOCHS or least < RESTLESS:
        return []
    sentence = f"At least {least:.0%} of the points still change cluster in each epoch"
    rule = f"at least {RESTLESS:.0%} in each of the last {RESTLESS_EPOCHS} epochs"
    advice = "Train for longer, or with a learning rate that falls."
    return [Note("restless", "odd", end[0]["epoch"], sentence, "changed", rule, advice)]


def _quiet(lines: list[Line]) -> list[Note]:
    epoch = since(lines, lambda line: line["scores"]["changed"] == 0)
    if epoch is None or lines[-1]["epoch"] - epoch + 1 < QUIET_EPOCHS:
        return []
    rule = f"{QUIET_EPOCHS} epochs or more"
    return [Note("quiet", "fine", epoch, f"No label has changed since epoch {epoch}", "changed", rule)]
