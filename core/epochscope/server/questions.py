"""What viewers ask of a run by name, one answer each: the same over HTTP and in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from epochscope.runs.format.run import Run
from epochscope.runs.library.features import column
from epochscope.server import bands, edges, live, of_points, trust
from epochscope.server.messages import (
    BandsRequest,
    ColumnRequest,
    EpochRequest,
    FrameRequest,
    GraphRequest,
    PointRequest,
    RunRequest,
    asked,
)
from epochscope.types import EpochscopeError


class Question(NamedTuple):
    """The kind of numbers that it is asked with, and the function of the run and of them that answers."""

    kind: type[msgspec.Struct]
    answer: Callable[..., dict[str, Any]]


QUESTIONS: Mapping[str, Question] = {
    "neighbors": Question(PointRequest, of_points.neighbors),  # the drawn graph may show only some of its edges
    "hues": Question(EpochRequest, of_points.point_colors),  # mistakes and entropies of one epoch
    "bands": Question(BandsRequest, bands.matrix_bands),  # heat maps of all points
    "graph": Question(GraphRequest, edges.graph),  # all edges in a part of the plane
    "trust": Question(FrameRequest, trust.picture_trust),  # of the points of one frame
    "feature": Question(ColumnRequest, column),  # one column of the data at the drawn points
    "findings": Question(RunRequest, live.problems),  # how many problems the Inspect page has found
}


def reply(run: Run, name: str, query: Mapping[str, str]) -> dict[str, Any]:
    """The answer as JSON takes it. Raises EpochscopeError if there is no such question or answer."""
    if name not in QUESTIONS:
        raise EpochscopeError(f"A viewer cannot ask for {name[:40]!r}; it can ask for {', '.join(QUESTIONS)}.")
    kind, found = QUESTIONS[name]
    return found(run, *msgspec.structs.astuple(asked(query, kind)))
