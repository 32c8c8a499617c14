"""How many points each true class has: whether a method that likes even clusters will be at home here."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from epochscope.figures import theme

_BESIDE = 90  # so many letters of names find room beside each other


def figure(names: Sequence[str], counts: Sequence[int]) -> go.Figure:
    """One bar a class, in the class's colour."""
    places = list(range(len(names)))
    bars = go.Bar(x=places, y=list(counts), marker={"color": [theme.color(c) for c in places]}, hoverinfo="y")
    # Long names of many classes stand upright and must not eat the bars.
    upright = max(map(len, names), default=0) if sum(map(len, names)) > _BESIDE else 0
    made = theme.figure("Class balance", "true class", "points", [bars], height=260 + 5 * upright, showlegend=False)
    return made.update_xaxes(tickvals=places, ticktext=list(names))
