"""Findings that test their cure: branches from before a problem, with what might help, and what came of them.

Each cure, and no change at all, goes on with the same few seeds, other than that of the run: everything random is
seeded anew from the branch on. What is said afterwards is counted, not believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from epochscope.formulas.dispersion import MedianRange, median_range
from epochscope.inspect.health import Note
from epochscope.params import Range
from epochscope.runs.format.lineage import NO_CHANGE, changed_words
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.catalog import Entry
from epochscope.runs.library.findings import findings
from epochscope.runs.training.branch import branch_spec, changeable, reason_not_branchable, values_at
from epochscope.runs.training.request import resolve
from epochscope.types import EpochscopeError

SEEDS = 3
MOST_CURES = 3
_TOGETHER = 2
"""Findings of which each follows another one by at most this number of epochs are taken to be one fall."""

_Made = Callable[[Mapping[str, Range], Mapping[str, Any]], dict[str, Any]]
"""From ranges and present values, by dotted name, to the changes; none where the method has nothing of the kind."""


def _times(factor: float, *names: str) -> _Made:
    """The first of these parameters that the method has, times a factor, within its range."""

    def made(ranges: Mapping[str, Range], now: Mapping[str, Any]) -> dict[str, Any]:
        name = next((name for name in names if name in ranges and now[name]), None)
        if name is None:
            return {}
        about, value = ranges[name], now[name] * factor
        value = min(max(value, about.low or 0.0), about.high or value)
        return {name: about.kind(float(f"{value:.6g}"))}

    return made


def _right(ranges: Mapping[str, Range], now: Mapping[str, Any]) -> dict[str, Any]:
    """Switches that are set to a common mistake, set right."""
    names = ("cluster.p_is", "cluster.p_from", "cluster.mu_gradient")
    return {name: ranges[name].default for name in names if name in ranges and now[name] != ranges[name].default}


_SLOWER = _times(0.1, "cluster.lr")
_LARGER_BATCHES = _times(4, "cluster.batch")
_MORE_DATA = _times(4, "reconstruction", "lambda_r")
"""The codes are held by what they have to reconstruct."""
_LESS_CLUSTERING = _times(0.1, "gamma", "lam")
_HEAVIER_TAILS = _times(0.5, "nu")
_PRETRAINED_SLOWER = _times(0.1, "pretrain.lr", "variational.lr", "siamese.lr")

_FALL: tuple[_Made, ...] = (_right, _SLOWER, _LESS_CLUSTERING, _MORE_DATA, _LARGER_BATCHES)
_CURES: Mapping[str, tuple[_Made, ...]] = {
    **dict.fromkeys(("fell", "floor", "below start", "below best", "swallowed", "unused", "lost class"), _FALL),
    **dict.fromkeys(("shrunk", "grown", "flattened", "posterior collapse"), _FALL),
    **dict.fromkeys(("mass move", "restless"), (_right, _SLOWER, _LARGER_BATCHES)),
    **dict.fromkeys(("flat", "sure and wrong"), (_right, _SLOWER, _HEAVIER_TAILS)),
    **dict.fromkeys(("nan", "codes not finite", "loss grew"), (_SLOWER, _PRETRAINED_SLOWER, _LARGER_BATCHES)),
}
"""What is tried, by the kind of a finding, in this order. "outdated" and the like are no matter of training."""


class Cure(NamedTuple):
    """One thing to try; without changes, none."""

    changes: Mapping[str, Any]
    words: str


def has_cures(note: Note) -> bool:
    """Whether something is known that might help against such a finding."""
    return note.level != "fine" and note.kind in _CURES


def start_of(note: Note, found: Sequence[Note]) -> int:
    """The epoch from which cures are tried: the last one before the finding, and before those that led up to it."""
    others, at = {one.epoch for one in found if has_cures(one)}, note.epoch if note.began is None else note.began
    while earlier := [epoch for epoch in others if at - _TOGETHER <= epoch < at]:
        at = min(earlier)
    return max(at - 1, 0)


def cures(run: Run, note: Note, epoch: int) -> list[Cure]:
    """What can be tried from an epoch of this run against a finding; none while it trains or if it cannot, here."""
    if not has_cures(note) or run.live or reason_not_branchable(run):
        return []
    request = resolve(run.spec)
    ranges, now, why = dict(request.algorithm.params.ranges()), values_at(run, epoch), changeable(run, epoch)
    free = {name: about for name, about in ranges.items() if not why[name]}
    found: list[Cure] = []
    for make in _CURES[note.kind]:
        changes = make(free, now)
        try:
            spec = branch_spec(run, epoch, changes)
        except EpochscopeError:
            continue  # such as a batch larger than the data
        kept = spec.course[-1]["changes"]
        if kept:
            found.append(Cure(kept, changed_words(spec, request.display["params"])))
    return found[:MOST_CURES]


def trial(run: Run, epoch: int, tried: Sequence[Cure]) -> list[RunSpec]:
    """The branches of a trial: no change and each cure, each with the same other seeds."""
    seeds = [(run.spec.seed + step) % 2**31 for step in range(1, SEEDS + 1)]
    each = [{}, *(cure.changes for cure in tried)]
    return [branch_spec(run, epoch, changes, seed=seed) for changes in each for seed in seeds]


def trial_title(epoch: int) -> str:
    """The title of the group of these branches. Findings that came together share a trial: it tells of each."""
    return f"Cures tried from epoch {epoch}"


class Outcome(NamedTuple):
    """What came of one cure, or of no change."""

    words: str
    runs: int
    ended: int
    failed: int  # of those that ended
    free: int  # of those that ended well: how many do not have the finding
    acc: MedianRange | None  # of those that ended well, where there are classes

    @property
    def well(self) -> int:
        return self.ended - self.failed


def members_of(run: Run, epoch: int, listed: Iterable[Entry]) -> list[Entry]:
    """The runs of the latest trial from an epoch of a run, among those that are listed (newest first)."""
    title = trial_title(epoch)
    found = [one for one in listed if one.parent == run.id and one.metadata.group_title == title]
    return [one for one in found if one.metadata.group == found[0].metadata.group]


def outcomes(note: Note, members: Sequence[Entry]) -> list[Outcome]:
    """What a trial has shown so far, no change first."""
    by_words: dict[str, list[Entry]] = {}
    for one in reversed(members):
        by_words.setdefault(_words(one), []).append(one)
    return sorted((_outcome(words, some, note) for words, some in by_words.items()), key=lambda o: o.words != NO_CHANGE)


def _words(one: Entry) -> str:
    """What a branch of a trial changed, without its seed."""
    return one.changed.rpartition("seed ")[0].rstrip(", ") or NO_CHANGE


def _outcome(words: str, some: Sequence[Entry], note: Note) -> Outcome:
    ended = [one for one in some if not one.live]
    well = [one for one in ended if one.state == "done"]
    free = sum(note.kind not in _kinds(one.id, one.epochs) for one in well)
    acc = [one.acc for one in well if one.acc is not None]
    return Outcome(words, len(some), len(ended), len(ended) - len(well), free, median_range(acc) if acc else None)


@lru_cache(maxsize=512)
def _kinds(run_id: str, epochs: int) -> frozenset[str]:
    """The kinds of findings about a run that has ended with so many epochs."""
    return frozenset(one.kind for one in findings(Run(run_id), epochs=epochs))


def helped(found: Sequence[Outcome]) -> list[Outcome]:
    """The cures after which the finding is absent in more of the runs than without a change, the best first."""
    plain = next((one for one in found if one.words == NO_CHANGE), None)
    base = plain.free if plain else 0
    better = [one for one in found if one is not plain and one.free > base]
    return sorted(better, key=lambda one: (-one.free, -(one.acc.median if one.acc else 0.0)))


def verdict(found: Sequence[Outcome]) -> str:
    """One sentence on what a trial has shown, once all of it has ended."""
    if any(one.ended < one.runs for one in found):
        done, whole = sum(one.ended for one in found), sum(one.runs for one in found)
        return f"Being tried: {done} of {whole} branches have ended"
    if not any(one.well for one in found):
        return f"Tried: all {sum(one.runs for one in found)} branches failed"
    better = helped(found)
    if not better:
        return "Tried: nothing made this rarer than no change did"
    best, plain = better[0], next((one for one in found if one.words == NO_CHANGE), None)
    gone = f"gone in {best.free} of {best.runs} branches, else in {plain.free if plain else 0}"
    acc = f"; ACC {best.acc.median:.3f}, else {plain.acc.median:.3f}" if best.acc and plain and plain.acc else ""
    return f"Tried: {best.words}: {gone}{acc}"
