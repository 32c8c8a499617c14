"""Histograms of the values of a data set, or of its row sums, before and after scaling."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from epochscope.figures import theme

BINS = 40
BEFORE, AFTER = theme.color(3), theme.color(0)
"""Bars of what the file holds, and of what a method sees."""


class View(NamedTuple):
    """Counts in equal bins, whose edges are one more."""

    counts: Int[np.ndarray, " b"]
    edges: Float[np.ndarray, " b+1"]


def view(values: Float[np.ndarray, "*s"]) -> View:
    """The view of finite numbers, from the smallest to the largest; all alike stand in one bin in the middle."""
    numbers = np.asarray(values, np.float64).ravel()
    low, high = float(numbers.min()), float(numbers.max())
    if high - low <= 1e-6 * max(abs(low), abs(high)):  # rounding of single precision
        beside = abs(low) / 2 or 0.5
        low, high = low - beside, high + beside
    counts, edges = np.histogram(numbers, BINS + (BINS + 1) % 2, (low, high))
    return View(counts, edges)


def figure(v: View, title: str, x: str, y: str, color: str) -> go.Figure:
    """One bar per bin; the counts are drawn as their logarithm, since in most data one value outnumbers all others."""
    bars = go.Bar(
        x=(v.edges[:-1] + v.edges[1:]) / 2,
        y=v.counts,
        width=np.diff(v.edges),
        marker={"color": color, "line": {"width": 0}},
        customdata=np.stack([v.edges[:-1], v.edges[1:]], axis=1),
        hovertemplate="%{customdata[0]:.4g} to %{customdata[1]:.4g}: %{y:,}<extra></extra>",
    )
    top = float(np.log10(max(int(v.counts.max()), 1))) + 0.15
    axis = {"type": "log", "range": [-0.3, top], "dtick": max(1, round(top / 4)), "exponentformat": "SI"}
    made = theme.figure(title, x, f"{y} (log scale)", [bars], height=250, showlegend=False, yaxis=axis)
    return made.update_xaxes(range=[float(v.edges[0]), float(v.edges[-1])], nticks=5)
