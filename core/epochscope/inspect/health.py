"""Findings: problems of a run and the epoch at which they start, one sentence each, with a named threshold.

All findings are computed from the lines of epochs.jsonl (epochscope.runs.format.run), so that they are available
during training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from epochscope.inspect.returned import returned

EMPTY_SHARE = 0.02
"""A cluster is unused if it has fewer points than this share of the mean size n / k."""
LARGE_SHARE = 0.5
"""A cluster has absorbed others if it has this share of all points and 1.5 times the share of the largest class."""
SHRUNK_FACTOR, GREW_FACTOR = 10.0, 20.0
"""Factors by which the spread of codes decreases or increases within the phase to be reported."""
WORSE_BY = 0.02
"""The final ACC is worse than the start if it is lower by this much."""
BELOW_BEST = 0.05
"""The best epoch is reported if the final ACC is lower by this much."""
FELL_BY = 0.1
"""A fall of ACC within one epoch is reported from this size on."""
MASS_MOVE = 0.3
"""Share of points that change cluster within one epoch to be reported, after the first three of the phase."""
QUIET_EPOCHS = 3
"""Number of final epochs without a label change to be reported."""
RESTLESS, RESTLESS_EPOCHS = 0.1, 5
"""Share of points that change cluster in each of this number of final epochs to be reported."""
FLAT_SHARE = 0.9
"""Q is nearly uniform if this share of points has an entropy in the top tenth of its range."""
SURE_SHARE, SURE_BELOW, RIGHT_BELOW = 0.9, 0.2, 0.7
"""Q is certain but wrong: share of points, their entropy as a share of ln k, and the ACC below which it counts."""
LOSS_GREW = 5.0
"""A loss has grown if it ends at this multiple of its smallest value in the phase."""
NEARBY_EPOCHS = 2
"""A parameter change is mentioned with a finding up to this number of epochs later."""

Line = Mapping[str, Any]
Level = Literal["bad", "odd", "fine"]
Shown = Literal["shares", "flow", "spread", "confusion", "scores", "losses", "changed", "entropy", "confidence"]
"""Keys of the figures that show findings (epochscope.ui.inspect.whole)."""


class Note(NamedTuple):
    """One finding."""

    kind: str
    level: Level
    epoch: int
    sentence: str
    shown_by: Shown
    rule: str  # the threshold in words


class Facts(NamedTuple):
    """The input of the rules."""

    lines: Sequence[Line]
    last_phase: Sequence[Line]  # the lines of the last phase, its start included
    n: int
    k: int
    one_cluster: float | None  # ACC with all points in a single cluster
    spreads: Sequence[float | None]  # root mean square distance of codes from their mean at each epoch, if known
    param_changes: Sequence[Line]


def notes(
    lines: Sequence[Line],
    *,
    n: int,
    k: int,
    one_cluster: float | None = None,
    spreads: Sequence[float | None] = (),
    param_changes: Sequence[Line] = (),
) -> list[Note]:
    """All findings, sorted by level, then epoch. `lines`: as in epochs.jsonl; `param_changes`: parameter changes."""
    if not lines:
        return []
    start = len(lines) - 1
    while start and lines[start - 1]["phase"] == lines[-1]["phase"]:
        start -= 1
    facts = Facts(lines, lines[start:], n, k, one_cluster, spreads, param_changes)
    findings = [_with_changes(note, param_changes) for rule in RULES for note in rule(facts)]
    return sorted(findings, key=lambda note: (("bad", "odd", "fine").index(note.level), note.epoch))


def _with_changes(note: Note, param_changes: Sequence[Line]) -> Note:
    """The finding, with the parameter change shortly before it, if any."""
    near = [change for change in param_changes if 0 <= note.epoch - change["epoch"] <= NEARBY_EPOCHS]
    if not near or note.level == "fine":
        return note
    change = near[-1]
    moved = f"{change['symbol']} was changed from {change['old']} to {change['new']} after epoch {change['epoch']}"
    return note._replace(sentence=f"{note.sentence} ({moved})")


def _since(lines: Sequence[Line], holds: Callable[[Line], bool]) -> int | None:
    """The epoch from which a condition holds in all epochs to the end; None if it does not hold at the end."""
    epoch = None
    for line in reversed(lines):
        if not holds(line):
            break
        epoch = line["epoch"]
    return epoch


def _sized(facts: Facts) -> list[Line]:
    return [line for line in facts.lines if line.get("sizes")]


def _scored(lines: Sequence[Line], name: str) -> list[Line]:
    return [line for line in lines if line.get("scores", {}).get(name) is not None]


def unused(facts: Facts) -> list[Note]:
    """Clusters with (almost) no points."""
    lines = _sized(facts)
    if not lines:
        return []
    least = EMPTY_SHARE * facts.n / facts.k
    empty = {j for j, size in enumerate(lines[-1]["sizes"]) if size < least}
    epoch = _since(lines, lambda line: all(line["sizes"][j] < least for j in empty)) if empty else None
    if epoch is None:
        return []
    level: Level = "bad" if len(empty) > 0.2 * facts.k else "odd"
    which = ", ".join(map(str, sorted(empty)[:8])) + (" ..." if len(empty) > 8 else "")
    rule = f"fewer than {EMPTY_SHARE:.0%} of n / k = {facts.n / facts.k:.0f} points"
    return [
        Note(
            "unused",
            level,
            epoch,
            f"{len(empty)} of {facts.k} clusters are unused since epoch {epoch}: {which}",
            "shares",
            rule,
        )
    ]


def swallowed(facts: Facts) -> list[Note]:
    """One cluster that has most of the points."""
    lines, least = _sized(facts), max(LARGE_SHARE, 1.5 * (facts.one_cluster or 0.0))
    if not lines or facts.k < 3 or max(lines[-1]["sizes"]) / facts.n < least:
        return []
    sizes = lines[-1]["sizes"]
    j = sizes.index(max(sizes))
    epoch = _since(lines, lambda line: line["sizes"][j] / facts.n >= least)
    share = sizes[j] / facts.n
    if epoch is None:
        return []
    rule = f"at least {least:.0%} of the points (the larger of {LARGE_SHARE:.0%} and 1.5 times the largest class)"
    sentence = f"Cluster {j} has {share:.0%} of the points; at least {least:.0%} since epoch {epoch}"
    return [Note("swallowed", "bad", epoch, sentence, "flow", rule)]


def codes_moved(facts: Facts) -> list[Note]:
    """Codes that shrink or spread out within the last phase."""
    first = facts.last_phase[0]["epoch"]
    known = [(first + i, value) for i, value in enumerate(facts.spreads[first:]) if value is not None]
    if len(known) < 2:
        return []
    top, bottom = max(known, key=lambda one: one[1]), min(known, key=lambda one: one[1])
    shrank = bottom[0] > top[0]
    factor = SHRUNK_FACTOR if shrank else GREW_FACTOR
    if top[1] <= 0 or (bottom[1] > 0 and top[1] / bottom[1] < factor):
        return []
    ratio = top[1] / bottom[1] if bottom[1] > 0 else float("inf")
    times = f"by a factor of {ratio:,.0f}" if ratio < 10_000 else "by a factor of more than 10,000"
    if shrank:
        epoch = next(epoch for epoch, value in known if epoch > top[0] and value * factor <= top[1])
        sentence = f"Codes shrink: their spread fell {times} from epoch {top[0]} to {bottom[0]}"
        return [Note("shrunk", "bad", epoch, sentence, "spread", f"a spread {factor:g} times smaller than before")]
    epoch = next(epoch for epoch, value in known if epoch > bottom[0] and value >= factor * bottom[1])
    sentence = f"Codes diverge: their spread grew {times} from epoch {bottom[0]} to {top[0]}"
    return [Note("grown", "bad", epoch, sentence, "spread", f"a spread {factor:g} times larger than before")]


def lost_accuracy(facts: Facts) -> list[Note]:
    """ACC below its start, below its best, at the baseline, or falling within one epoch."""
    lines = _scored(facts.last_phase, "acc")
    if len(lines) < 2:
        return []
    acc = {line["epoch"]: line["scores"]["acc"] for line in lines}
    first, last = lines[0]["epoch"], lines[-1]["epoch"]
    best = max(acc, key=lambda epoch: (acc[epoch], -epoch))
    findings = []
    steps = [(acc[b["epoch"]] - acc[a["epoch"]], b["epoch"]) for a, b in pairwise(lines)]
    change, at = min(steps)
    if change <= -FELL_BY:
        sentence = f"ACC fell from {acc[at] - change:.3f} to {acc[at]:.3f} at epoch {at}"
        findings.append(Note("fell", "bad", at, sentence, "confusion", f"a fall of {FELL_BY:g} within one epoch"))
    floor = facts.one_cluster
    if floor is not None and acc[last] <= floor + WORSE_BY:
        epoch = _since(lines, lambda line: line["scores"]["acc"] <= floor + WORSE_BY)
        sentence = f"ACC is no better than with all points in a single cluster ({floor:.3f}) since epoch {epoch}"
        rule = f"within {WORSE_BY:g} of that"
        findings.append(Note("floor", "bad", epoch if epoch is not None else last, sentence, "confusion", rule))
    elif acc[last] < acc[first] - WORSE_BY:
        epoch = _since(lines, lambda line: line["scores"]["acc"] < acc[first] - WORSE_BY)
        sentence = f"ACC ({acc[last]:.3f}) is below its start ({acc[first]:.3f}) since epoch {epoch}"
        rule = f"by more than {WORSE_BY:g}"
        findings.append(Note("below start", "bad", epoch if epoch is not None else last, sentence, "scores", rule))
    elif acc[last] < acc[best] - BELOW_BEST:
        sentence = f"ACC was best at epoch {best} ({acc[best]:.3f}) and ended at {acc[last]:.3f}"
        findings.append(Note("below best", "odd", best, sentence, "scores", f"by more than {BELOW_BEST:g}"))
    return findings


def broken_losses(facts: Facts) -> list[Note]:
    """A loss that is not finite, or grows."""
    findings = []
    for line in facts.lines:
        bad = [name for name, value in line.get("losses", {}).items() if value is None]
        if bad:
            sentence = f"Loss {bad[0]!r} is not finite (NaN or infinite) at epoch {line['epoch']}"
            return [Note("nan", "bad", line["epoch"], sentence, "losses", "not finite")]
    names = dict.fromkeys(name for line in facts.last_phase for name in line.get("losses", {}))
    for name in names:
        values = [
            (line["epoch"], line["losses"][name])
            for line in facts.last_phase
            if line.get("losses", {}).get(name) is not None
        ]
        # the first value of a phase may be smaller: an auxiliary loss can start at 0
        if len(values) < 5 or min(value for _, value in values) <= 0:
            continue
        low = min(values, key=lambda one: one[1])
        if values[-1][1] >= LOSS_GREW * low[1] and values[-1][1] >= 2 * values[0][1]:
            epoch = next(e for e, value in values if e > low[0] and value >= LOSS_GREW * low[1])
            sentence = f"Loss {name!r} grew by a factor of {values[-1][1] / low[1]:.0f} since epoch {low[0]}"
            rule = f"{LOSS_GREW:g} times its smallest and twice its first value in the phase"
            findings.append(Note("loss grew", "odd", epoch, sentence, "losses", rule))
    return findings


def movement(facts: Facts) -> list[Note]:
    """Many label changes in one epoch, label changes to the end, or none any more."""
    lines = _scored(facts.last_phase, "changed")
    if not lines:
        return []
    findings = []
    start = facts.last_phase[0]["epoch"]
    late = [line for line in lines if line["epoch"] > start + 3]
    most = max(late, key=lambda line: line["scores"]["changed"], default=None)
    if most is not None and most["scores"]["changed"] >= MASS_MOVE:
        sentence = f"{most['scores']['changed']:.0%} of the points changed cluster at epoch {most['epoch']}"
        rule = f"at least {MASS_MOVE:.0%} within one epoch"
        findings.append(Note("mass move", "bad", most["epoch"], sentence, "flow", rule))
    end = lines[-RESTLESS_EPOCHS:]
    least = min(line["scores"]["changed"] for line in end)
    if len(late) >= RESTLESS_EPOCHS and least >= RESTLESS:
        sentence = f"At least {least:.0%} of the points still change cluster in each epoch"
        rule = f"at least {RESTLESS:.0%} in each of the last {RESTLESS_EPOCHS} epochs"
        findings.append(Note("restless", "odd", end[0]["epoch"], sentence, "changed", rule))
    epoch = _since(lines, lambda line: line["scores"]["changed"] == 0)
    if epoch is not None and lines[-1]["epoch"] - epoch + 1 >= QUIET_EPOCHS:
        sentence = f"No label has changed since epoch {epoch}"
        findings.append(Note("quiet", "fine", epoch, sentence, "changed", f"{QUIET_EPOCHS} epochs or more"))
    return findings


def _between(line: Line, low: float, high: float) -> float:
    """Share of the points whose row of Q has an entropy between these shares of ln k."""
    counts = line["entropy"]
    bins = len(counts)
    return sum(counts[round(low * bins) : round(high * bins)]) / max(sum(counts), 1)


def flat_assignments(facts: Facts) -> list[Note]:
    """Rows of Q that are nearly uniform: the entropy of almost all points lies in the top tenth of its range."""
    lines = [line for line in facts.lines if line.get("entropy")]
    epoch = _since(lines, lambda line: _between(line, 0.9, 1) >= FLAT_SHARE)
    if epoch is None or facts.k < 2:
        return []
    share = _between(lines[-1], 0.9, 1)
    sentence = f"Q hardly distinguishes clusters since epoch {epoch}: {share:.0%} of its rows are nearly uniform"
    rule = f"at least {FLAT_SHARE:.0%} of the points with an entropy above 0.9 ln k"
    return [Note("flat", "odd", epoch, sentence, "entropy", rule)]


def sure_and_wrong(facts: Facts) -> list[Note]:
    """A Q that is certain of almost all points although ACC is low."""
    lines = [line for line in _scored(facts.lines, "acc") if line.get("entropy")]

    def holds(line: Line) -> bool:
        return _between(line, 0, SURE_BELOW) >= SURE_SHARE and line["scores"]["acc"] < RIGHT_BELOW

    epoch = _since(lines, holds)
    if epoch is None or facts.k < 2:
        return []
    share, acc = _between(lines[-1], 0, SURE_BELOW), lines[-1]["scores"]["acc"]
    sentence = f"Q is certain of {share:.0%} of the points since epoch {epoch}, but ACC is only {acc:.3f}"
    rule = (
        f"at least {SURE_SHARE:.0%} of the points with an entropy below {SURE_BELOW:g} ln k, ACC below {RIGHT_BELOW:g}"
    )
    return [Note("sure and wrong", "odd", epoch, sentence, "confidence", rule)]


RULES: tuple[Callable[[Facts], list[Note]], ...] = (
    unused,
    swallowed,
    codes_moved,
    lost_accuracy,
    broken_losses,
    movement,
    flat_assignments,
    sure_and_wrong,
    returned,
)
"""All rules, to which new ones are added."""
