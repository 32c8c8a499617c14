"""A run's points in the plane, epoch by epoch, for pages and animations."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer

from epochscope import rights
from epochscope.inspect.whole import hues, match
from epochscope.projections import PROJECTIONS
from epochscope.rights import Action, Visitor
from epochscope.runs.format import schema
from epochscope.runs.format.points import plane_points, read_xy
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import thing_of_run
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.types import EpochscopeError

PCA = ProjectionSpec("pca", {})
MOST_POINTS = 5_000
"""Points of a page or an animation, which draw each as a shape of its own: the first ones, a random sample."""


class Groups(NamedTuple):
    """Groups that color the drawn points: the name of group j is names[j]; -1: no group."""

    group: Integer[np.ndarray, " m"]
    names: tuple[str, ...]
    about: str  # what the groups are
    hues: tuple[int, ...]  # the number in the palette of each group


def known_projections(run: Run) -> list[ProjectionSpec]:
    """PCA, which is fast, and the projections already computed for all epochs, of earlier versions where there is no
    other of their kind.
    """
    known, earlier, count = [PCA], [], sum("z" in line["has"] for line in run.epochs())
    for path in sorted((run.folder / "projections").glob("*/params.json")):
        try:
            about = schema.decoded(schema.read_bytes(path), schema.ProjectionParams, str(path))
            spec = ProjectionSpec(about["key"], about["params"])
            if spec.name != path.parent.name:
                spec = replace(spec, stored_as=path.parent.name)
            complete = len({line["epoch"] for line in run.frames(spec.name).lines()}) == count
        except (OSError, EpochscopeError):
            continue
        if complete and spec.name != PCA.name:
            (earlier if spec.stored_as else known).append(spec)
    keys = {spec.key for spec in known if run.frames(spec.name).lines()}
    return known + [spec for spec in earlier if spec.key not in keys]


def title_of(spec: ProjectionSpec) -> str:
    """The projection's name, for captions."""
    return PROJECTIONS[spec.key].title


def positions(run: Run, visitor: Visitor, spec: ProjectionSpec = PCA) -> dict[int, Float[np.ndarray, "m 2"]]:
    """Coordinates of the first MOST_POINTS drawn points by epoch; a visitor who may project has missing PCA frames
    computed first. Raises EpochscopeError if there are none.
    """
    may = rights.may(visitor, Action.PROJECT, thing_of_run(run.id))
    if may and not run.live and spec.key == PCA.key:
        compute_frames(run, spec)
    journal = run.frames(spec.name)
    by_epoch = {line["epoch"]: read_xy(journal, line)[:MOST_POINTS].copy() for line in journal.lines()}
    if not by_epoch:
        raise EpochscopeError(f"{run.title} has no {title_of(spec)} frames yet; open it on the Train page first.")
    return dict(sorted(by_epoch.items()))


def centers(run: Run, spec: ProjectionSpec = PCA) -> dict[int, Float[np.ndarray, "k 2"]]:
    """Coordinates of the centers by epoch, of the frames that have centers; NaN for an empty cluster."""
    journal = run.frames(spec.name)
    lines = (line for line in journal.lines() if "centers" in line["at"])
    return {line["epoch"]: plane_points(journal.read(line["at"]["centers"]), line) for line in lines}


def sample_words(run: Run, shown: int) -> str:
    """That only some of the points are shown, where it is so."""
    n = (run.info or {}).get("n", shown)
    return f"{shown:,} of {n:,} points, a random sample" if shown < n else ""


def groups(run: Run, epoch: int, color: str = "class") -> Groups:
    """True classes of the drawn points; clusters, in the colors of the classes they are matched to, if there are no
    classes or `color` is "cluster".
    """
    points, info = run.points(), run.info or {}
    index = points["index"]
    truth = points["truth"][index]
    if color != "cluster" and (truth >= 0).any():
        names = tuple(map(str, info.get("classes", ())))
        return Groups(truth.astype(int), names, "true class", tuple(range(len(names))))
    labels = run.array(epoch, "labels")
    none = np.full(len(index), -1)
    k = info.get("k", run.spec.k)
    names = tuple(f"cluster {j}" for j in range(k))
    if labels is None:
        return Groups(none, names, "cluster", tuple(range(k)))
    of = match(truth=points["truth"], labels=labels, classes=len(info.get("classes", ())), k=k)
    return Groups(labels[index].astype(int), names, "cluster", hues(of) if (of >= 0).any() else tuple(range(k)))
