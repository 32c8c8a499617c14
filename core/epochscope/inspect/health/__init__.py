"""Findings: problems of a run and the epoch at which they start, one sentence each, with a named threshold.

Findings are computed from the lines of epochs.jsonl (epochscope.runs.format.run) and a few numbers about the codes, so
that they are available during training. A module here is a family of rules; RULES lists them all.
"""

from __future__ import annotations

from collections.abc import Sequence

from epochscope.formulas.dispersion import CodeShape
from epochscope.inspect.health import accuracy, assignments, clusters, codes, losses, order, projection, returned
from epochscope.inspect.health.base import Facts, Line, Note, Rule, Shown

__all__ = ["RULES", "Note", "Shown", "last_phase_start", "notes"]

NEARBY_EPOCHS = 2
"""A parameter change is mentioned with a finding up to this number of epochs later."""

RULES: tuple[Rule, ...] = (
    order.wrong_order,  # first: it is the reason of others
    order.wrong_order_of_truth,
    clusters.unused,
    clusters.swallowed,
    clusters.lost_classes,
    clusters.movement,
    codes.not_finite,
    codes.moved,
    codes.flattened,
    codes.posterior_collapse,
    accuracy.lost_accuracy,
    accuracy.below_kmeans,
    losses.broken_losses,
    assignments.flat,
    assignments.sure_and_wrong,
    projection.outdated,
    returned.returned,
)
"""All rules, to which new ones are added."""


def last_phase_start(lines: Sequence[Line]) -> int:
    """The first epoch of the last phase of a run. `lines`: as in epochs.jsonl, at least one."""
    start = len(lines) - 1
    while start and lines[start - 1]["phase"] == lines[-1]["phase"]:
        start -= 1
    return start


def notes(
    lines: Sequence[Line],
    *,
    n: int,
    k: int,
    one_cluster: float | None = None,
    spreads: Sequence[float | None] = (),
    codes: Sequence[CodeShape | None] = (),
    kmeans: float | None = None,
    class_sizes: Sequence[int] = (),
    classes: Sequence[str] = (),
    framed: Sequence[int] | None = None,
    live: bool = False,
    param_changes: Sequence[Line] = (),
) -> list[Note]:
    """All findings, sorted by level, then epoch. `lines`: as in epochs.jsonl; the others: see `Facts`."""
    if not lines:
        return []
    start = last_phase_start(lines)
    facts = Facts(
        lines,
        lines[start:],
        n,
        k,
        one_cluster,
        spreads=spreads[: len(lines)],  # read later, there may be more
        codes=codes[: len(lines)],
        kmeans=kmeans,
        class_sizes=class_sizes,
        classes=classes,
        framed=framed,
        live=live,
        param_changes=param_changes,
    )
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
