"""The path of one point through the plane over the epochs, drawn over all points at the cursor's epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Integer

from epochscope.figures import theme


class View(NamedTuple):
    """Positions of the point by epoch, its cluster at each (-1: none), and other points at the cursor's epoch."""

    epochs: Sequence[int]
    xy: Float[np.ndarray, "e 2"]
    clusters: Sequence[int]
    cloud: Float[np.ndarray, "m 2"]
    cloud_clusters: Integer[np.ndarray, " m"] | None
    now: int  # the cursor's epoch


def figure(v: View, projection: str) -> go.Figure:
    """A line with a dot per epoch, in the color of the point's cluster then; a ring marks the cursor's epoch."""
    around = np.full(len(v.cloud), -1) if v.cloud_clusters is None else v.cloud_clusters
    traces = [
        go.Scatter(
            x=v.cloud[:, 0],
            y=v.cloud[:, 1],
            mode="markers",
            marker={"size": 4, "opacity": 0.22, **theme.GROUP_MARKER, "color": theme.group_steps(around)},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=v.xy[:, 0],
            y=v.xy[:, 1],
            mode="lines+markers",
            line={"width": 1.2, "color": theme.GUIDE_COLOR},
            marker={"size": 6, **theme.GROUP_MARKER, "color": theme.group_steps(v.clusters)},
            text=[
                f"epoch {epoch}" + (f", cluster {c}" if c >= 0 else "")
                for epoch, c in zip(v.epochs, v.clusters, strict=True)
            ],
            hoverinfo="text",
        ),
    ]
    at = [place for place, epoch in enumerate(v.epochs) if epoch == v.now]
    if at:
        ring = {"size": 14, "symbol": "circle-open", "line": {"width": 2}, "color": theme.GUIDE_COLOR}
        x, y = v.xy[at[0]]
        traces.append(go.Scatter(x=[x], y=[y], mode="markers", marker=ring, hoverinfo="skip"))
    return theme.figure(
        f"Path through the plane ({projection})",
        "",
        "",
        traces,
        showlegend=False,
        annotations=_ends(v),
        **theme.plane_axes(),
    )


def _ends(v: View) -> list[dict[str, Any]]:
    """Labels of the first and the last epoch."""
    arrow = {"showarrow": True, "ax": 18, "ay": -18, "arrowwidth": 1, "font": {"size": 10}}
    places = (0, len(v.epochs) - 1) if len(v.epochs) else ()
    return [
        {"x": float(v.xy[place, 0]), "y": float(v.xy[place, 1]), "text": f"epoch {v.epochs[place]}", **arrow}
        for place in places
    ]
