"""What pages and notebooks may show of a run."""

from __future__ import annotations

from typing import Any

from epochscope.data import Dataset
from epochscope.methods import METHODS
from epochscope.runs.format.run import Run
from epochscope.runs.training.packing import gray_of
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.runs.training.request import display_of


def provides(run: Run, data: Dataset | None = None) -> frozenset[str]:
    """Everything that figures can use of this run. `data`: its data set, needed until the run has loaded its own."""
    info = run.info
    if info:
        provided = set(info["provides"])
        truth, pixels = info["one_cluster"] is not None, info.get("decodes", False)
    else:
        provided = set(display_of(run)["provides"])
        truth, pixels = (data.truth is not None, gray_of(data) is not None) if data else (True, False)
    if run.live or any(line.get("measures") for line in run.epochs()):  # a live run may get some later
        provided.add("measures")
    return frozenset(provided | {name for name, there in (("truth", truth), ("pictures", pixels)) if there})


def stored_words(run: Run) -> str:
    """What of the points this run stores, in one sentence."""
    info = run.info or {}
    n, m, every = info.get("n", 0), info.get("m", 0), info.get("every", 1)
    whose = f"all {n:,} points" if m == n else f"{m:,} of the {n:,} points, a random sample,"
    if every == 1:
        return f"Codes, Q and P of {whose} are stored at every epoch."
    stored = [line["epoch"] for line in run.epochs() if "z" in line["has"]]
    last = stored[-1] if stored else "none"
    return (
        f"Codes, Q and P of {whose} would take more than {info.get('most_epoch_bytes', 0) / 1e6:.0f} MB an epoch, so "
        f"they are stored at {len(stored)} of {len(run.epochs())} epochs, the last one {last}; "
        "labels of all points at every epoch."
    )


def points_settings(run: Run, projection: ProjectionSpec) -> dict[str, Any]:
    """What the points panel needs to know of a projection, and what lies over the points until somebody chooses."""
    method = None if run.spec.external else METHODS.get(run.spec.method)
    return {
        "projection": projection.name,
        "title": projection.projection.title,
        "note": f"of the {display_of(run)['space']}",
        "linear": projection.projection.linear,
        "exact": projection.projection.exact,
        **({"landmarks": projection.params["points"]} if "everything" in projection.params else {}),
        "overlay": method.overlay if method else "",
        "color": "class",  # the stage falls back to clusters where there are no labels
    }
