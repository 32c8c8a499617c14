"""How many points each true class has: whether a method that likes even clusters will be at home here."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures import theme


def figure(names: Sequence[str], counts: Sequence[int]) -> go.Figure:
    """One bar a class, in the class's colour."""
    places = list(range(len(names)))
    bars = go.Bar(x=places, y=list(counts), marker={"color": [theme.color(c) for c in places]}, hoverinfo="y")
    made = theme.figure("Class balance", "true class", "points", [bars], height=260, showlegend=False)
    return made.update_xaxes(tickvals=places, ticktext=list(names))
