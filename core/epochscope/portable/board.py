"""What a notebook or a file shows of a run: the points, and figures in places, in the order in which they suit it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from epochscope.figures import EMBEDDING, FIGURES, Figure, Scene, chosen, shown_by
from epochscope.figures.sent import empty_as_sent, translated
from epochscope.figures.theme import PALETTE
from epochscope.language import tr
from epochscope.projections import PROJECTIONS
from epochscope.runs.format.run import Run
from epochscope.runs.library.shown import points_settings
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.types import EpochscopeError

TALL, LOW = 1, 3
"""Places for figures: a cell is narrower than a page."""

OFFERED = tuple(ProjectionSpec(key, {}) for key in PROJECTIONS)
"""The projections to choose from; the first is shown at the start."""


def checked(panels: Sequence[str] | None) -> tuple[str, ...] | None:
    """The keys of figures that a person asks for. Raises EpochscopeError if one does not exist."""
    if panels is None:
        return None
    keys = (panels,) if isinstance(panels, str) else tuple(panels)
    names = [figure.key for figure in FIGURES.values() if _fits_a_place(figure)]
    for key in keys:
        if key not in names:
            raise EpochscopeError(f"There is no figure {key!r}; choose from {', '.join(names)}.")
    return keys


def board(
    run: Run,
    provided: frozenset[str],
    panels: Sequence[str] | None,
    projections: Sequence[ProjectionSpec] = OFFERED,
) -> dict[str, Any]:
    """The board as stage/hosts/board.js takes it; of `panels` those figures that the run can show so far."""
    figures = {figure.key: figure for figure in shown_by(FIGURES.values(), provided) if _fits_a_place(figure)}
    tall = min(TALL, max(0, len(figures) - LOW))
    if panels is None:
        shown = chosen(list(figures.values()), tall=tall, low=LOW)
        shapes = ["tall" if place < tall else "low" for place in range(len(shown))]  # whatever stands there
    else:
        shown = [figures[key] for key in panels if key in figures]
        shapes = [figure.shape for figure in shown]
    return {
        "run": run.id,
        "palette": PALETTE,
        "figures": {key: _figure(figure, run) for key, figure in figures.items()},
        "places": [{"figure": one.key, "shape": shape} for one, shape in zip(shown, shapes, strict=True)],
        "projections": [_points(run, projection) for projection in projections],
    }


def _fits_a_place(figure: Figure) -> bool:
    """All do but the points, which have their own place."""
    return figure.panel["kind"] != "points"


def _figure(figure: Figure, run: Run) -> dict[str, Any]:
    frame = translated(empty_as_sent(figure.key, Scene(run.spec.k)))
    return {"title": tr(figure.title), "panel": dict(figure.panel), "figure": frame}


def _points(run: Run, projection: ProjectionSpec) -> dict[str, Any]:
    """The points panel in one projection."""
    scene = Scene(run.spec.k, projection=projection.projection.title)
    return {
        "title": projection.projection.title,
        "panel": {**EMBEDDING.panel, **points_settings(run, projection)},
        "figure": translated(empty_as_sent(EMBEDDING.key, scene)),
    }
