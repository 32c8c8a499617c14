"""The embedding: all drawn points in the plane, colored by class or cluster."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Integer

from epochscope.figures import theme
from epochscope.figures.base import Figure, Scene


class View(NamedTuple):
    """Points in the plane by group; the name of group g is names[g]."""

    xy: Float[np.ndarray, "m 2"]
    group: Integer[np.ndarray, " m"]
    names: tuple[str, ...]
    projection: str
    legend: str  # title of the legend


def view(
    xy: np.ndarray, group: np.ndarray, names: tuple[str, ...], projection: str = "PCA", legend: str = "true class"
) -> View:
    """The view without points that have no group (below 0)."""
    seen = group >= 0
    return View(np.asarray(xy, np.float32)[seen], group[seen], names, projection, legend)


def figure(v: View) -> go.Figure:
    """One trace per group, which the legend hides and shows."""
    traces = [
        go.Scatter(
            x=v.xy[v.group == g, 0],
            y=v.xy[v.group == g, 1],
            name=name,
            mode="markers",
            marker={"size": 5, "color": theme.color(g)},
            hoverinfo="skip",
        )
        for g, name in enumerate(v.names)
    ]
    title, x, y = f"Embedding ({v.projection})", "first direction", "second direction"
    legend = {"title": {"text": v.legend}, "x": 1.01, "y": 1, "yanchor": "top"}
    margin = {"l": 26, "r": 8, "t": 30, "b": 26}
    made = theme.figure(title, x, y, traces, dragmode="pan", margin=margin, legend=legend)
    # Directions in the plane have no unit, and t-SNE and UMAP no scale either: ticks would be misleading.
    for update in (made.update_xaxes, made.update_yaxes):
        update(showticklabels=False, showgrid=False, ticks="")
    return made.update_yaxes(scaleanchor="x", constrain="domain")


def _empty(scene: Scene) -> go.Figure:
    names = tuple(f"cluster {j}" for j in range(scene.k))
    blank = figure(View(np.zeros((0, 2), np.float32), np.zeros(0, int), names, scene.projection, "true class"))
    return blank.update_traces(x=[None], y=[None]).update_layout(
        yaxis={"scaleanchor": None}, margin_b=62
    )  # room for the stage's legend


EMBEDDING = Figure("embedding", "Embedding", frozenset({"z"}), _empty, {"kind": "points"})
