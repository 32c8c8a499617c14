"""Q, P, pi and their differences as heat maps: one row per point, grouped by cluster, most certain first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Integer

from epochscope.figures import theme
from epochscope.figures.base import Figure, Scene

DIFFERENCE_LIMIT = 0.5
"""Differences are drawn on a scale from -0.5 to 0.5 and clipped to it."""


class View(NamedTuple):
    """Rows in drawing order, and the row index at which each cluster's block ends."""

    rows: Float[np.ndarray, "m k"]
    borders: list[int]


def view(
    values: Float[np.ndarray, "m k"],
    q: Float[np.ndarray, "m k"],
    labels: Integer[np.ndarray, " m"] | None = None,
    *,
    limit: int = 1000,
) -> View:
    """The first `limit` rows of `values` (Q, P or P - Q), by cluster and its strength in Q, so that all three agree.

    labels: the cluster of each row (-1: none); the strongest in Q where there is none.
    """
    values, q = values[:limit], q[:limit]
    strongest = q.argmax(axis=1)
    cluster = strongest if labels is None else np.where(labels[:limit] >= 0, labels[:limit], strongest)
    order = np.lexsort((-q[np.arange(len(q)), cluster], cluster))
    return View(values[order], np.bincount(cluster, minlength=q.shape[1]).cumsum().tolist())


def figure(v: View, title: str, *, difference: bool = False) -> go.Figure:
    """Heat map on a scale from 0 to 1; of a difference, on a diverging scale around 0."""
    low, high = (-DIFFERENCE_LIMIT, DIFFERENCE_LIMIT) if difference else (0, 1)
    bar = {"thickness": 7, "len": 1.0, "x": 1.01, "xpad": 2, "tickfont": {"size": 10}}
    trace = go.Heatmap(
        z=v.rows,
        zmin=low,
        zmax=high,
        colorscale=list(theme.DIFFERENCE_SCALE) if difference else theme.PROBABILITY_SCALE,
        colorbar=bar,
        hoverinfo="skip",
    )
    m, k = v.rows.shape
    made = theme.figure(title, "cluster j", "point i", [trace], margin={"l": 46, "r": 34, "t": 32, "b": 46})
    for row in v.borders[:-1]:
        made.add_hline(y=row - 0.5, line_width=1)
    made.update_xaxes(range=[-0.5, k - 0.5], tick0=0, dtick=1 if k <= 12 else None, showgrid=False, title_standoff=14)
    return made.update_yaxes(range=[m - 0.5, -0.5], showgrid=False, nticks=6, title_standoff=24)


MATRICES = {
    "q": {"title": "soft assignments Q", "symbol": "q"},
    "p": {"title": "target distribution P", "symbol": "p"},
    "pi": {"title": "neighbors' prior π", "symbol": "π"},
}
"""Channels of one probability for each point and cluster; the first that an epoch has orders the rows of all maps."""


def _figure(key: str, title: str, needs: set[str], value: str, rank: int) -> Figure:
    difference = "-" in value

    def empty(scene: Scene) -> go.Figure:
        made = figure(View(np.zeros((1000, scene.k), np.float32), []), title, difference=difference)
        return made.update_traces(z=[[None]])

    panel = {"kind": "raster", "value": value, "matrices": MATRICES}
    return Figure(key, title, frozenset(needs), empty, panel, rank)


Q = _figure("q", "Q: assignment qᵢⱼ", {"q"}, "q", 0)
P = _figure("p", "P: target pᵢⱼ", {"p"}, "p", 40)
P_MINUS_Q = _figure("p-q", "P − Q: pull", {"q", "p"}, "p-q", 41)
PI = _figure("pi", "π: prior πᵢⱼ", {"pi"}, "pi", 44)
PI_MINUS_Q = _figure("pi-q", "π − Q: pull", {"q", "pi"}, "pi-q", 16)
