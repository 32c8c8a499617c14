"""Scores of several seeds: one row per method, best median first, a dot per seed, a bar at the median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

import plotly.graph_objects as go

from epochscope.figures import theme

_ROW = 21  # pixels: 28 methods and their axis fit a screen of 900


class View(NamedTuple):
    """Names from top to bottom; value i belongs to row rows[i]."""

    names: list[str]
    rows: list[int]
    values: list[float]
    medians: list[float]
    others: dict[str, list[tuple[int, float]]]  # by the name of another library: rows, and its median there


def view(scores: Mapping[str, Sequence[float]], others: Mapping[str, Mapping[str, float]] | None = None) -> View:
    """The view of scores by name; names without scores are left out.

    `others`: what other libraries reach, by library and name; without a row of that name it is not shown.
    """
    known = {name: list(values) for name, values in scores.items() if len(values)}
    scores = {name: known[name] for name in sorted(known, key=lambda name: -median(known[name]))}
    beside = {
        library: [(row, of[name]) for row, name in enumerate(scores) if name in of]
        for library, of in (others or {}).items()
    }
    return View(
        list(scores),
        [row for row, values in enumerate(scores.values()) for _ in values],
        [value for values in scores.values() for value in values],
        [median(values) for values in scores.values()],
        {library: marks for library, marks in beside.items() if marks},
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
        marker={"symbol": "line-ns", "size": 15, "line": {"width": 3, "color": theme.color(2)}},
        hovertemplate="median %{x:.1f}<extra></extra>",
    )
    theirs = [
        go.Scatter(
            x=[value for _, value in marks],
            y=[row for row, _ in marks],
            mode="markers",
            name=f"{library}, median",
            marker={"symbol": "diamond-open", "size": 10, "color": theme.color(1), "line": {"width": 2}},
            hovertemplate=f"{library}: median %{{x:.1f}}<extra></extra>",
        )
        for library, marks in v.others.items()
    ]
    margin = {"l": 8, "r": 10, "t": 28, "b": 40}
    height = 90 + _ROW * len(v.names)
    made = theme.figure(title, x, "", [dots, *theirs, bars], legend=theme.LEGEND_ABOVE, margin=margin, height=height)
    made.update_yaxes(tickvals=places, ticktext=v.names, range=[len(v.names) - 0.4, -0.6], automargin=True)
    return made.update_xaxes(showgrid=True)
