"""Number of points in each true class."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.language import marked

_BESIDE = 90  # characters of class names that fit on one horizontal line


def figure(names: Sequence[str], counts: Sequence[int]) -> go.Figure:
    """One bar per class, in the color of the class."""
    places = list(range(len(names)))
    bars = go.Bar(x=places, y=list(counts), marker={"color": [theme.color(c) for c in places]}, hoverinfo="y")
    # Long names of many classes are drawn vertically; the figure grows so that the bars keep their height.
    upright = max(map(len, names), default=0) if sum(map(len, names)) > _BESIDE else 0
    title, high = marked("Class balance"), 260 + 5 * upright
    made = theme.figure(title, "true class", "points", [bars], height=high, showlegend=False)
    return made.update_xaxes(tickvals=places, ticktext=list(names), showgrid=False)
