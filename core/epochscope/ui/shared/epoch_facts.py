"""What the Inspect page knows of all points of a run at an epoch, beside an earlier one: for changes and queries."""

from __future__ import annotations

import numpy as np

from epochscope.inspect.changes import Changes, Facts, Verdict, changes, spread_out, turned_over, verdict
from epochscope.ui.shared.epoch_view import EpochView


def facts_of(view: EpochView, since: int) -> Facts:
    """The facts at the epoch of the view and at the epoch `since`; NaN where something is not stored."""
    n, drawn = view.info["n"], view.drawn
    q, before_q = view.array("q"), view.run.array(since, "q")
    z, before_z = view.array("z"), view.run.array(since, "z")
    confidence = entropy = moved = turned = None
    if q is not None:
        rows = np.nan_to_num(q.astype(np.float64))
        confidence = rows.max(axis=1)
        entropy = -(rows * np.log(rows.clip(1e-12, 1))).sum(axis=1)
        if before_q is not None and before_q.shape == q.shape:
            turned = turned_over(before_q, q)
    if z is not None and before_z is not None and z.shape == before_z.shape:
        moved = np.linalg.norm(z.astype(np.float64) - before_z.astype(np.float64), axis=1)
    return Facts(
        _verdict(view, view.epoch),
        _verdict(view, since),
        view.truth,
        view.classes,
        *(spread_out(values, drawn, n) for values in (confidence, entropy, moved, turned)),
    )


def _verdict(view: EpochView, epoch: int) -> Verdict | None:
    labels = view.labels(epoch)
    return None if labels is None else verdict(labels, view.truth, classes=len(view.classes), k=view.k)


def changes_of(facts: Facts) -> Changes | None:
    """The points that changed cluster; None where one of the epochs has no clusters."""
    if facts.before is None or facts.after is None:
        return None
    return changes(facts.before, facts.after, facts.truth, facts.turned, facts.confidence)
