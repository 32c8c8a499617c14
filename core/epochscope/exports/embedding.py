"""A run's points in the plane, epoch by epoch: what pages and animations draw."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer

from epochscope import rights
from epochscope.projections import PROJECTIONS
from epochscope.rights import Action, Visitor
from epochscope.runs.format.spec import thing_of_run
from epochscope.runs.format.store import Run
from epochscope.runs.training.projection_frames import ProjectionSpec, derive, frames
from epochscope.types import EpochscopeError

PCA = ProjectionSpec("pca", {})


class Groups(NamedTuple):
    """What colours the drawn points: group j is called names[j]; -1: none."""

    group: Integer[np.ndarray, " m"]
    names: tuple[str, ...]
    about: str  # what the groups are


def known_projections(run: Run) -> list[ProjectionSpec]:
    """PCA, which takes no time, and what was computed for every epoch already."""
    found, count = [PCA], len(run.epochs())
    for path in sorted((run.folder / "projections").glob("*/params.json")):
        try:
            about = json.loads(path.read_bytes())
            spec = ProjectionSpec(about["key"], about["params"])
        except (OSError, ValueError, KeyError, TypeError, EpochscopeError):
            continue
        if spec.name != PCA.name and len({line["epoch"] for line in frames(run, spec.name).lines()}) == count:
            found.append(spec)
    return found


def title_of(spec: ProjectionSpec) -> str:
    """The projection's name, for captions."""
    return PROJECTIONS[spec.key].title


def positions(run: Run, visitor: Visitor, spec: ProjectionSpec = PCA) -> dict[int, Float[np.ndarray, "m 2"]]:
    """Epoch -> coordinates of the drawn points; missing frames of an ended run are computed first, for a known visitor.

    Raises EpochscopeError where there are none.
    """
    may = rights.may(visitor, Action.PROJECT, thing_of_run(run.id))
    if may and not run.live and spec.key == PCA.key:
        derive(run, spec)
    journal = frames(run, spec.name)
    found = {}
    for line in journal.lines():
        values = np.frombuffer(journal.read(line["at"]["xy"]), "<i2").reshape(-1, 2)
        found[line["epoch"]] = (values * (line["scale"] / 32767) + np.asarray(line["center"])).astype(np.float32)
    if not found:
        raise EpochscopeError(f"{run.spec.title} has no frames of {title_of(spec)} yet; look at it on the stage first.")
    return dict(sorted(found.items()))


def groups(run: Run, epoch: int, color: str = "class") -> Groups:
    """The true classes of the drawn points, where there are any and nobody asks for "cluster"; else their clusters."""
    points, info = run.points(), run.info or {}
    index = points["index"]
    truth = points["truth"][index]
    if color != "cluster" and (truth >= 0).any():
        return Groups(truth.astype(int), tuple(map(str, info.get("classes", ()))), "true class")
    labels = run.array(epoch, "labels")
    none = np.full(len(index), -1)
    names = tuple(f"cluster {j}" for j in range(run.spec.k))
    return Groups(none if labels is None else labels[index].astype(int), names, "cluster")
