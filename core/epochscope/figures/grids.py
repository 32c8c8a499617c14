"""Square grids as heat maps: the output of a discriminator on the plane of the codes, and affinity."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.figures.base import Figure, Scene


class View(NamedTuple):
    """Values on a grid, and its box: left, right, bottom, top."""

    values: Float[np.ndarray, "g g"]
    box: tuple[float, float, float, float]


def view(values: Float[np.ndarray, "g g"], box: tuple[float, float, float, float] | None = None) -> View:
    """The view of a grid in a box; without a box, of a matrix with row 0 at the top."""
    return View(values, box or (-0.5, values.shape[1] - 0.5, len(values) - 0.5, -0.5))


def figure(v: View, title: str, x: str, y: str, **map_: Any) -> go.Figure:
    """A heat map in its box."""
    left, right, bottom, top = v.box
    xs, ys = np.linspace(left, right, v.values.shape[1]), np.linspace(bottom, top, len(v.values))
    bar = {"thickness": 7, "len": 1.0, "x": 1.01, "xpad": 2, "tickfont": {"size": 10}}
    trace = go.Heatmap(z=v.values, x=xs, y=ys, hoverinfo="skip", colorbar=bar, **map_)
    made = theme.figure(title, x, y, [trace], margin={"l": 34, "r": 34, "t": 32, "b": 62})
    return made.update_xaxes(range=[left, right], showgrid=False).update_yaxes(range=[bottom, top], showgrid=False)


def _figure(
    key: str, labels: tuple[str, str, str], needs: set[str], rank: int, panel: dict[str, Any], **map_: Any
) -> Figure:
    title, x, y = labels

    def empty(_: Scene) -> go.Figure:
        made = figure(view(np.zeros((1, 1)), (0, 1, 0, 1)), title, x, y, **map_)
        return made.update_traces(z=[[None]], x=None, y=None)

    return Figure(key, title, frozenset(needs), empty, {"kind": "grid", "value": key, **panel}, rank)


FIELD = _figure(
    "field",
    ("D(z): field", "first direction", "second direction"),
    {"field", "field_box"},
    10,
    {
        "missing": "No field of a discriminator",
        "box": "field_box",
        "points": {"fill": "field_codes", "ring": "field_prior"},
    },
    zmin=0,
    zmax=1,
    colorscale=list(theme.DIFFERENCE_SCALE),
)
AFFINITY = _figure(
    "affinity",
    ("Affinity", "points, by cluster", "points, by cluster"),
    {"affinity"},
    12,
    {"missing": "No affinity", "caption": ["points in the order of", "their clusters; bright: strong"]},
    colorscale=theme.PROBABILITY_SCALE,
)
