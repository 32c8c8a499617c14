"""A plane with points, centers and arrows, drawn under the handles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.labs.shared.figures.plotly_json import FigureDict, Trace, figure, scatter
from epochscope.language import tr

REACH = 4.0
"""Half width of the plane: all points lie within it."""
CLUSTERS = tuple(theme.PALETTE[place] for place in (1, 4, 9, 5, 2, 7))
"""Colors of the clusters of a lab, distinct from those of the arrows."""
OF_POINTS, OF_CENTERS, WRONG = theme.PALETTE[3], theme.PALETTE[0], theme.PALETTE[6]
"""Colors of arrows at points, at centers, and of a derivation that is wrong: the same in formulas."""


def cluster_color(j: int) -> str:
    """The color of cluster j, counted from 0."""
    return CLUSTERS[j % len(CLUSTERS)]


def mixed(w: Float[np.ndarray, "n k"]) -> list[str]:
    """For each row the colors of the clusters mixed by its weights: the more certain, the more saturated."""
    tones = np.array([[int(cluster_color(j)[at : at + 2], 16) for at in (1, 3, 5)] for j in range(w.shape[1])])
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in (w @ tones).round().clip(0, 255).astype(int).tolist()]


def plane(title: str, data: Sequence[Trace] = (), **layout: object) -> FigureDict:
    """A figure of the plane with equal axes and `data`."""
    axis = {"range": [-0.9 * REACH, 0.9 * REACH], "dtick": 1}
    look = {"xaxis": axis, "yaxis": {**axis, "scaleanchor": "x"}, "legend": theme.LEGEND_ABOVE, "margin": {"t": 52}}
    return figure(title, tr("first coordinate"), tr("second coordinate"), data, **look, **layout)


def arrows(
    start: Float[np.ndarray, "m 2"], way: Float[np.ndarray, "m 2"], name: str, color: str, *, dash: str | None = None
) -> Trace:
    """Arrows, one from each start along its way."""
    end = start + way
    gap = np.full(len(start), np.nan)
    return scatter(
        x=np.stack([start[:, 0], end[:, 0], gap], axis=1).ravel(),
        y=np.stack([start[:, 1], end[:, 1], gap], axis=1).ravel(),
        mode="lines+markers",
        name=name,
        line={"color": color, "width": 2, "dash": dash},
        marker={
            "symbol": "arrow",
            "angleref": "previous",
            "size": np.tile([0, 10, 0], len(start)),
            "color": color,
            "line": {"width": 0},
        },
        hoverinfo="name",
    )


def dots(xy: Float[np.ndarray, "m 2"], name: str, colors: Sequence[str], *, center: bool = False) -> Trace:
    """Points, or centers as diamonds with an edge."""
    marker = {"color": list(colors), "size": 11 if center else 9, "symbol": "diamond" if center else "circle"}
    if center:
        marker["line"] = {"width": 2, "color": theme.GUIDE_COLOR}
    return scatter(
        x=xy[:, 0],
        y=xy[:, 1],
        mode="markers",
        name=name,
        marker=marker,
        showlegend=False,
        hovertemplate="%{x:.2f}, %{y:.2f}",
    )


def arrow_scale(ways: Sequence[Float[np.ndarray, "m 2"]], longest: float = 1.2) -> float:
    """The factor that scales the longest of all ways to `longest`; 1 if nothing moves."""
    size = max((float(np.linalg.norm(way, axis=1).max()) for way in ways if len(way)), default=0.0)
    return longest / size if size > 1e-12 else 1.0
