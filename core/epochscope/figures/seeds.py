"""Scores of several seeds: one row per method, a dot per seed, a bar at the median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

import plotly.graph_objects as go

from epochscope.figures import theme


class View(NamedTuple):
    """Names from top to bottom; value i belongs to row rows[i]."""

    names: list[str]
    rows: list[int]
    values: list[float]
    medians: list[float]


def view(scores: Mapping[str, Sequence[float]]) -> View:
    """The view of scores by name; names without scores are left out."""
    scores = {name: list(values) for name, values in scores.items() if len(values)}
    return View(
        list(scores),
        [row for row, values in enumerate(scores.values()) for _ in values],
        [value for values in scores.values() for value in values],
        [median(values) for values in scores.values()],
    )


def figure(v: View, title: str, x: str) -> go.Figure:
    """Dots for seeds and bars for medians on a common axis."""
    places = list(range(len(v.names)))
    dots = go.Scatter(
        x=v.values,
        y=v.rows,
        mode="markers",
        name="one seed",
        marker={"size": 9, "color": theme.color(0), "opacity": 0.65},
        hovertemplate="%{x:.1f}<extra></extra>",
    )
    bars = go.Scatter(
        x=v.medians,
        y=places,
        mode="markers",
        name="median",
        marker={"symbol": "line-ns", "size": 20, "line": {"width": 3, "color": theme.color(2)}},
        hovertemplate="median %{x:.1f}<extra></extra>",
    )
    margin = {"l": 8, "r": 10, "t": 40, "b": 40}
    made = theme.figure(
        title, x, "", [dots, bars], legend=theme.LEGEND_ABOVE, margin=margin, height=100 + 30 * len(v.names)
    )
    made.update_yaxes(tickvals=places, ticktext=v.names, range=[len(v.names) - 0.4, -0.6], automargin=True)
    return made.update_xaxes(showgrid=True)
