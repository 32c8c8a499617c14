"""The findings about a stored run, from everything that rules look at."""

from __future__ import annotations

import numpy as np

from epochscope.inspect.health import Note, notes
from epochscope.runs.format.run import Run
from epochscope.runs.library.history import history


def findings(run: Run, *, epochs: int | None = None, projection: str = "") -> list[Note]:
    """All findings about the first `epochs` epochs (None: all). `projection`: name of the one that is shown, if any.

    Raises EpochscopeError if the run is damaged.
    """
    lines, info, past = run.epochs()[:epochs], run.info, history(run)
    if info is None or not lines:
        return []
    truth = past.points["truth"]
    classes = info["classes"]
    return notes(
        lines,
        n=info["n"],
        k=info["k"],
        one_cluster=info["one_cluster"],
        spreads=past.spreads()[: len(lines)],
        codes=past.codes()[: len(lines)],
        kmeans=info["kmeans_acc"],
        class_sizes=np.bincount(truth[truth >= 0], minlength=len(classes)).tolist() if (truth >= 0).any() else (),
        classes=classes,
        framed=[line["epoch"] for line in run.frames(projection).lines()] if projection else None,
        live=run.live,
        param_changes=run.param_changes(),
    )
